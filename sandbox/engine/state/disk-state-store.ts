import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { z } from "zod";
import {
  errorCode,
  StackLocked,
  StateError,
  StateNotWritable,
  UnreadableState,
} from "../../../deployment/state-errors";
import { writeAtomically } from "../../../lib/atomic-file";
import { breakLock, removeAbandoned, writeFirst } from "../../../lib/lock/lock-file";
import { isNumberInUse, startTime } from "../../../lib/lock/process-identity";
import { type DeploymentDocument, parseDeploymentDocument } from "./deployment-document";
import { DiskJournal, readJournal } from "./disk-journal";
import { replayJournal, type StateJournal } from "./state-journal";
import type { StateStore } from "./state-store";
import { cipherFor, emptyState, encodeState } from "./stored-state";

const safeName = /^[A-Za-z0-9._-]+$/;

/** State in a file: `<directory>/<project>/<stack>.json`, with a journal and a lock beside it while an operation runs. */
export class DiskStateStore implements StateStore {
  readonly location: string;
  private readonly journalPath: string;
  private readonly lockPath: string;

  /**
   * @param directory where all stacks' states are, for example `.sandbox/state`
   * @param project the project's name, @param stack the stack's: letters, digits, dots, dashes, underscores
   */
  constructor(
    directory: string,
    project: string,
    readonly stack: string,
  ) {
    for (const name of [project, stack]) {
      if (!safeName.test(name) || name.startsWith(".")) {
        throw new StateError(`"${name}" is not a name for a project or stack; expected letters, digits, ., - and _`);
      }
    }
    this.location = join(directory, project, `${stack}.json`);
    this.journalPath = join(directory, project, `${stack}.journal`);
    this.lockPath = join(directory, project, `${stack}.lock`);
  }

  async load(): Promise<DeploymentDocument | undefined> {
    const text = this.read();
    const document = text === undefined ? undefined : parseDeploymentDocument(text, this.location);
    const entries = readJournal(this.journalPath);
    if (entries === undefined) return document;
    if (document === undefined || text === undefined) {
      throw new UnreadableState(
        `${this.journalPath}: a journal without its state ${this.location}; restore both from a backup`,
      );
    }
    const [start] = entries;
    // The process died after it had saved and before it removed the journal: all of it is in the document.
    if (start?.note !== "start" || start.document !== hashOf(text)) return document;
    return replayJournal(document, entries);
  }

  async lock(command: string): Promise<() => Promise<void>> {
    this.makeDirectory();
    return takeStackLock(this.lockPath, this.stack, command);
  }

  /** Settles what an interrupted operation left: its journal goes into the document before a new one begins. */
  async openJournal(): Promise<StateJournal> {
    this.makeDirectory();
    const document = await this.load();
    if (document === undefined) await this.save(encodeState(emptyState, await cipherFor(undefined, this.location)));
    else if (existsSync(this.journalPath)) await this.save(document);
    return new DiskJournal(this.journalPath, hashOf(this.read() ?? ""));
  }

  async save(document: DeploymentDocument): Promise<void> {
    this.makeDirectory();
    try {
      writeAtomically(this.location, `${JSON.stringify(document, undefined, 1)}\n`, { mode: 0o600 });
    } catch (error) {
      throw new StateNotWritable(this.location, error);
    }
    rmSync(this.journalPath, { force: true });
  }

  async remove(): Promise<void> {
    rmSync(this.location, { force: true });
    rmSync(this.journalPath, { force: true });
  }

  private read(): string | undefined {
    try {
      return readFileSync(this.location, "utf8");
    } catch (error) {
      if (errorCode(error) === "ENOENT") return undefined;
      throw new UnreadableState(
        `${this.location}: cannot read the state: ${error instanceof Error ? error.message : error}`,
      );
    }
  }

  private makeDirectory(): void {
    try {
      mkdirSync(dirname(this.location), { recursive: true });
    } catch (error) {
      throw new StateNotWritable(dirname(this.location), error);
    }
  }
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

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
