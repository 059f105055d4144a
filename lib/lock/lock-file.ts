import { linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { isNumberInUse, isRunning, ownIdentity, type ProcessIdentity } from "./process-identity";

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
  const text = JSON.stringify({ ...ownIdentity(), purpose, since: new Date().toISOString() });
  for (;;) {
    if (writeFirstAnywhere(path, text)) return undefined;
    const owner = readOwner(path);
    if (owner !== undefined && isRunning(owner)) return owner;
    breakLock(path, (broken) => isSameOwner(broken, owner));
  }
}

/** Locks are taken often and their directory made once, so it is only made when it turns out to be missing. */
function writeFirstAnywhere(path: string, text: string): boolean {
  try {
    return writeFirst(path, text);
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error;
    mkdirSync(dirname(path), { recursive: true });
    return writeFirst(path, text);
  }
}

/** Makes a file whole or not at all. False when it is there already. */
export function writeFirst(path: string, text: string): boolean {
  const aside = `${path}.${process.pid}`;
  try {
    writeFileSync(aside, text, { mode: 0o600 });
    linkSync(aside, path);
    return true;
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
    throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

/** Removes what processes that were killed in the middle of {@link writeFirst} or {@link breakLock} left beside a file. */
export function removeAbandoned(path: string): void {
  const prefix = `${basename(path)}.`;
  for (const name of readdirSync(dirname(path))) {
    const pid = name.startsWith(prefix) ? /^(\d+)(\.broken)?$/.exec(name.slice(prefix.length))?.[1] : undefined;
    if (pid !== undefined && !isNumberInUse(Number(pid))) rmSync(join(dirname(path), name), { force: true });
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

function isSameOwner(path: string, dead: LockOwner | undefined): boolean {
  const owner = readOwner(path);
  return owner === undefined || (owner.pid === dead?.pid && owner.since === dead.since);
}

/**
 * Removes a dead owner's file. It is moved aside first, which only one breaker can do, and put back if by then it named somebody
 * else: a faster breaker that now holds the lock.
 *
 * @param isTheDeads whether the file at the path it is given still names the dead owner
 */
export function breakLock(path: string, isTheDeads: (path: string) => boolean): void {
  const broken = `${path}.${process.pid}.broken`;
  try {
    renameSync(path, broken);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return;
    throw error;
  }
  if (!isTheDeads(broken)) linkSync(broken, path);
  rmSync(broken, { force: true });
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
