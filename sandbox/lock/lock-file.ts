import { linkSync, mkdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { isRunning, ownIdentity, type ProcessIdentity } from "./process-identity";

/** Who holds a lock, as its file says. */
export interface LockOwner extends ProcessIdentity {
  /** What the owner is doing, for the person who meets the lock: `up dev`. */
  readonly purpose: string;
  /** ISO 8601. */
  readonly since: string;
}

/**
 * Takes a lock without waiting: the owner when somebody alive holds it, undefined when it is ours now.
 *
 * The file appears complete or not at all (written aside, then linked), so that nobody reads half an owner. A lock whose owner is
 * dead is broken; which of two breakers wins is decided by the link.
 */
export function tryLock(path: string, purpose: string): LockOwner | undefined {
  mkdirSync(dirname(path), { recursive: true });
  const aside = `${path}.${process.pid}`;
  writeFileSync(aside, JSON.stringify({ ...ownIdentity(), purpose, since: new Date().toISOString() }), { mode: 0o600 });
  try {
    for (;;) {
      try {
        linkSync(aside, path);
        return undefined;
      } catch (error) {
        if (!hasCode(error, "EEXIST")) throw error;
      }
      const owner = readOwner(path);
      if (owner !== undefined && isRunning(owner)) return owner;
      removeIfOwnedBy(path, owner);
    }
  } finally {
    rmSync(aside, { force: true });
  }
}

/** Gives a lock back. Only its owner calls this. */
export function unlock(path: string): void {
  rmSync(path, { force: true });
}

/** The owner a lock file names, or undefined when there is none or it says nothing readable. */
export function readOwner(path: string): LockOwner | undefined {
  try {
    const owner: unknown = JSON.parse(readFileSync(path, "utf8"));
    return isOwner(owner) ? owner : undefined;
  } catch {
    return undefined;
  }
}

function isOwner(value: unknown): value is LockOwner {
  return (
    typeof value === "object" &&
    value !== null &&
    "pid" in value &&
    typeof value.pid === "number" &&
    "host" in value &&
    typeof value.host === "string" &&
    "started" in value &&
    typeof value.started === "string" &&
    "purpose" in value &&
    "since" in value
  );
}

/** Removes a dead owner's file, unless another breaker was faster and it names somebody new. */
function removeIfOwnedBy(path: string, dead: LockOwner | undefined): void {
  const current = readOwner(path);
  if (current !== undefined && (dead === undefined || current.pid !== dead.pid || current.since !== dead.since)) return;
  try {
    unlinkSync(path);
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error;
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
