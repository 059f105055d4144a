import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
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
      breakLock(path, owner);
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

/**
 * Removes a dead owner's file. It is moved aside first, which only one breaker can do, and put back if by then it named somebody
 * else: a faster breaker that now holds the lock.
 */
function breakLock(path: string, dead: LockOwner | undefined): void {
  const broken = `${path}.${process.pid}.broken`;
  try {
    renameSync(path, broken);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return;
    throw error;
  }
  const owner = readOwner(broken);
  const isTheDead = owner === undefined || (owner.pid === dead?.pid && owner.since === dead.since);
  if (!isTheDead) linkSync(broken, path);
  rmSync(broken, { force: true });
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
