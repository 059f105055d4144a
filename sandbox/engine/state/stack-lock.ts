import { readFileSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { z } from "zod";
import { StackLocked, StateNotWritable } from "../../../deployment/state-errors";
import { breakLock, removeAbandoned, writeFirst } from "../../../lib/lock/lock-file";
import { isNumberInUse, startTime } from "../../../lib/lock/process-identity";

const ownerSchema = z.object({
  pid: z.number(),
  host: z.string(),
  user: z.string(),
  command: z.string(),
  /** When it took the lock. */
  since: z.string(),
  /** When the process began, as the system counts it: tells a dead owner from a new process with its number. */
  processStart: z.string().optional(),
});

type LockOwner = z.infer<typeof ownerSchema>;

/**
 * Takes the lock on a stack. A lock whose owner is known to be dead is taken over; one of another host, or that cannot be
 * read, is not.
 * @returns gives the lock back
 */
export async function takeStackLock(path: string, stack: string, command: string): Promise<() => Promise<void>> {
  const owner = thisProcess(command);
  removeAbandoned(path);
  if (!tryCreate(path, owner)) {
    const holder = readOwner(path);
    if (holder === undefined || !isDead(holder)) throw new StackLocked(lockedMessage(path, stack, holder));
    // Of two that both found it dead, the exclusive create below decides.
    breakLock(path, (broken) => readOwner(broken)?.since === holder.since);
    if (!tryCreate(path, owner)) throw new StackLocked(lockedMessage(path, stack, readOwner(path)));
  }
  return async () => {
    if (readOwner(path)?.since === owner.since) rmSync(path, { force: true });
  };
}

function tryCreate(path: string, owner: LockOwner): boolean {
  try {
    return writeFirst(path, `${JSON.stringify(owner)}\n`);
  } catch (error) {
    throw new StateNotWritable(path, error);
  }
}

function readOwner(path: string): LockOwner | undefined {
  try {
    return ownerSchema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return undefined;
  }
}

function isDead({ pid, host, processStart }: LockOwner): boolean {
  if (host !== hostname()) return false;
  if (!isNumberInUse(pid)) return true;
  const start = startTime(pid);
  return processStart !== undefined && start !== "" && start !== processStart;
}

function thisProcess(command: string): LockOwner {
  const processStart = startTime(process.pid);
  return {
    pid: process.pid,
    host: hostname(),
    user: process.env.USER ?? process.env.USERNAME ?? "unknown",
    command,
    since: new Date().toISOString(),
    ...(processStart === "" ? {} : { processStart }),
  };
}

function lockedMessage(path: string, stack: string, owner: LockOwner | undefined): string {
  const holder =
    owner === undefined
      ? "an owner that cannot be read from it"
      : `${owner.command}, by ${owner.user}@${owner.host} (pid ${owner.pid}) since ${owner.since}`;
  return (
    `the stack ${stack} is currently locked by ${holder}. Wait for it to end; if that process is gone for certain, ` +
    `delete ${path}`
  );
}
