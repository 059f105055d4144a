import { mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { writeAtomically } from "../../../lib/atomic-file";

/** Where an agent keeps what it has to remember, and what it tells the others. @example stateFile(root, "role.json") */
export function stateFile(root: string, name: string): string {
  return join(root, "state", name);
}

/** Replaces the file by one rename, so that a reader, or a crash, sees the old one or the new one. */
export function writeState(file: string, value: unknown): void {
  mkdirSync(dirname(file), { recursive: true });
  writeAtomically(file, `${JSON.stringify(value, undefined, 2)}\n`, { severalWriters: true });
}

/** The file's document, or `undefined` when there is none or when it is damaged: an agent's memory can always be made anew. */
export function readState(file: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : undefined;
  } catch {
    return undefined;
  }
}
