import { readFileSync } from "node:fs";
import { type Measurement, measured } from "../measurement";
import { prodPreview } from "./alai-preview";
import { flatProgram } from "./flat-program";
import { PolicyStopwatch } from "./policy-stopwatch";
import type { Recording } from "./registrations";
import { runShownToNobody } from "./sandbox-preview";

export async function previewFlat(request: {
  readonly recording: string;
  readonly policies: boolean;
}): Promise<Measurement> {
  const recording: Recording = JSON.parse(readFileSync(request.recording, "utf8"));
  const operation = await prodPreview(flatProgram(recording), request.policies, new PolicyStopwatch());
  return measured(() => runShownToNobody(operation));
}
