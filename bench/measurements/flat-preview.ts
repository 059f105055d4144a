import { readFileSync, writeFileSync } from "node:fs";
import { loadProjectSdk } from "../../sandbox/engine/program/project-sdk";
import { type Measurement, measured } from "../measurement";
import { prodPreview } from "./alai-preview";
import { flatProgram } from "./flat-program";
import { PolicyStopwatch } from "./policy-stopwatch";
import { type Recording, recordRegistrations } from "./registrations";
import { root, runShownToNobody } from "./sandbox-preview";

export async function previewFlat(request: {
  readonly recording: string;
  readonly policies: boolean;
  readonly again?: string;
}): Promise<Measurement> {
  const recording: Recording = JSON.parse(readFileSync(request.recording, "utf8"));
  const operation = await prodPreview(flatProgram(recording), request.policies, new PolicyStopwatch());
  const { again } = request;
  if (again === undefined) return measured(() => runShownToNobody(operation));
  const made: Recording = [];
  recordRegistrations(loadProjectSdk(root), made);
  const measurement = await measured(() => runShownToNobody(operation));
  writeFileSync(again, JSON.stringify(made));
  return measurement;
}
