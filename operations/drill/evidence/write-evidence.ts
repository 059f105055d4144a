import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DrillEvidence } from "./evidence";
import { junitReport } from "./junit";
import { type AlertBound, pictureName, reportPage } from "./report-page";
import { timelinePicture } from "./timeline-picture";

/** Writes `evidence.json`, `junit.xml`, `report.md` and a timeline picture for each run. @returns the directory */
export function writeEvidence(directory: string, evidence: DrillEvidence, alert: AlertBound | undefined): string {
  mkdirSync(directory, { recursive: true });
  const write = (name: string, text: string) => writeFileSync(join(directory, name), text);
  write("evidence.json", `${JSON.stringify(evidence, undefined, 2)}\n`);
  write("junit.xml", junitReport(evidence));
  write("report.md", reportPage(evidence, alert));
  for (const run of evidence.runs) write(pictureName(run), timelinePicture(run));
  return directory;
}
