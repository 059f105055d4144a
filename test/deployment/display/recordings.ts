import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { OperationLog } from "../../../deployment/display/operation-log";
import type { EngineEvent } from "../../../deployment/engine-event";

const root = join(__dirname, "../../fixtures/real-engine");

/** Every recorded run that has events, as `recordings/02-create`. */
export const recordedRuns: readonly string[] = ["recordings", "recordings-2"].flatMap((folder) =>
  readdirSync(join(root, folder))
    .map((run) => `${folder}/${run}`)
    .filter((run) => existsSync(join(root, run, "events.jsonl"))),
);

export function recordedEvents(run: string): EngineEvent[] {
  const lines = readFileSync(join(root, run, "events.jsonl"), "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line));
}

export function recordedLog(run: string): OperationLog {
  const log = new OperationLog();
  for (const event of recordedEvents(run)) log.record(event);
  return log;
}
