import { closeSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { hostname } from "node:os";
import { z } from "zod";
import { errorCode, StackLocked, StateNotWritable } from "./state-errors";

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
  if (!tryCreate(path, owner)) {
    const holder = readOwner(path);
    if (holder === undefined || !isDead(holder)) throw new StackLocked(lockedMessage(path, stack, holder));
    // Whoever removes it first wins; the exclusive create below decides between two that both found it dead.
    rmSync(path, { force: true });
    if (!tryCreate(path, owner)) throw new StackLocked(lockedMessage(path, stack, readOwner(path)));
  }
  return async () => {
    if (readOwner(path)?.since === owner.since) rmSync(path, { force: true });
  };
}

function tryCreate(path: string, owner: LockOwner): boolean {
  try {
    const file = openSync(path, "wx", 0o600);
    try {
      writeSync(file, `${JSON.stringify(owner)}\n`);
    } finally {
      closeSync(file);
    }
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
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
  if (!isRunning(pid)) return true;
  const start = processStartOf(pid);
  return processStart !== undefined && start !== undefined && start !== processStart;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) !== "ESRCH";
  }
}

/** Linux only: the start time in clock ticks since boot, field 22 of `/proc/<pid>/stat`. */
function processStartOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}

function thisProcess(command: string): LockOwner {
  const processStart = processStartOf(process.pid);
  return {
    pid: process.pid,
    host: hostname(),
    user: process.env.USER ?? process.env.USERNAME ?? "unknown",
    command,
    since: new Date().toISOString(),
    ...(processStart === undefined ? {} : { processStart }),
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
