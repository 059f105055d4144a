import { rmSync } from "node:fs";
import type { ReplicationProcess } from "../../host-settings";
import { captureDirectory } from "../litestream";
import { readState, stateFile, writeState } from "../state-file";

/**
 * Makes Litestream begin a path with a full copy of each database.
 *
 * It numbers transactions by what it captured on the host, and would look for the numbers of the earlier path in the new one, where they
 * are not.
 */
export function beginPath(root: string, process: ReplicationProcess, path: string): void {
  if (begunPath(root, process) === path) return;
  for (const database of process.databases) rmSync(captureDirectory(database), { recursive: true, force: true });
  writeState(pathFile(root, process), { path });
}

/** Leaves nothing that another program's Litestream would go on from, and makes ours begin its path anew afterwards. */
export function forgetPath(root: string, process: ReplicationProcess): void {
  rmSync(pathFile(root, process), { force: true });
  for (const database of process.databases) rmSync(captureDirectory(database), { recursive: true, force: true });
}

/** The path whose numbers Litestream has captured on this host last. */
export function begunPath(root: string, process: ReplicationProcess): string | undefined {
  const path = readState(pathFile(root, process))?.path;
  return typeof path === "string" ? path : undefined;
}

function pathFile(root: string, { policy }: ReplicationProcess): string {
  return stateFile(root, `replica-path-${policy}.json`);
}
