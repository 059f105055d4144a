import { readFileSync } from "node:fs";
import { hostname } from "node:os";

/** Tells one run of a process from any other, also after its number was given to another process. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly host: string;
  /** The kernel's start time of the process where `/proc` tells it, empty elsewhere. */
  readonly started: string;
}

let own: ProcessIdentity | undefined;

export function ownIdentity(): ProcessIdentity {
  own ??= { pid: process.pid, host: hostname(), started: startTime(process.pid) };
  return own;
}

/** Whether the process still runs. One on another host cannot be asked and counts as running. */
export function isRunning(identity: ProcessIdentity): boolean {
  if (identity.host !== hostname()) return true;
  return isNumberInUse(identity.pid) && startTime(identity.pid) === identity.started;
}

/** Whether a process of this number, be it the one that is meant or a later one, runs on this host. */
export function isNumberInUse(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it runs, under another user.
    if (!(error instanceof Error && "code" in error && error.code === "EPERM")) return false;
  }
  return !isZombie(pid);
}

/** Empty where the system does not tell. */
export function startTime(pid: number): string {
  return statFields(pid)[19] ?? "";
}

/** A killed child that its parent has not waited for yet still has a number, but does nothing any more. */
function isZombie(pid: number): boolean {
  return statFields(pid)[0] === "Z";
}

/** The fields of `/proc/<pid>/stat` after the command name, which may itself hold spaces and brackets. */
function statFields(pid: number): readonly string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return [];
  }
}
