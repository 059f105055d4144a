import { createHash } from "node:crypto";
import { existsSync, linkSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { StackLocked, StateError, StateNotWritable, UnreadableState } from "../../../deployment/state-errors";
import { writeAtomically } from "../../../lib/atomic-file";
import { errorCode, makeDirectory, readRegularFile, whyUnreadable } from "../../../lib/file-access";
import {
  type Attempt,
  describeHolder,
  type LockOwner,
  lockOwner,
  ownIdentity,
  removeAbandoned,
  tryLock,
  userName,
} from "../../../lib/lock/lock-file.cjs";
import { type DeploymentDocument, parseDeploymentDocument } from "./deployment-document";
import { DiskJournal, readJournal, replayJournal, type StateJournal } from "./state-journal";
import { cipherFor, emptyState, encodeState, type StateStore } from "./state-store";

const safeName = /^[A-Za-z0-9._-]+$/;

/** An operation that changed a stack: what, how it ended, by whom and when. */
interface RecordedUpdate {
  /** What its state is asked for by. */
  readonly id: string;
  readonly at: string;
  readonly kind: string;
  readonly result: string;
  readonly by: string;
}

/** How many versions of a state are kept. */
const keptVersions = 20;

/** State in a file: `<directory>/<project>/<stack>.json`, with a journal and a lock beside it while an operation runs. */
export class DiskStateStore implements StateStore {
  readonly location: string;
  private readonly journalPath: string;
  private readonly lockPath: string;
  private readonly historyPath: string;

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
    this.historyPath = join(directory, project, `${stack}.history`);
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

  /** Who works on the stack now; undefined when nobody does. */
  lockOwner(): LockOwner | undefined {
    return lockOwner(this.lockPath);
  }

  /**
   * Remembers the operation that changed the stack last, and what the state was after it, as the real engine's history does. A saved
   * state is another file than the one before it, so a second name, which tells of the operation, keeps it.
   */
  recordUpdate(kind: string, result: string): void {
    if (!existsSync(this.location)) return;
    const by = encodeURIComponent(`${userName()}@${ownIdentity().host}`);
    const name = [new Date().toISOString().replaceAll(":", "-"), kind, result, by].join("_");
    try {
      makeDirectory(this.historyPath);
      if (!existsSync(join(this.historyPath, name))) linkSync(this.location, join(this.historyPath, name));
      const kept = readdirSync(this.historyPath).sort().reverse();
      for (const old of kept.slice(keptVersions)) rmSync(join(this.historyPath, old), { force: true });
    } catch (error) {
      throw new StateNotWritable(this.historyPath, error);
    }
  }

  /** The last operations, the newest first. */
  updates(): readonly RecordedUpdate[] {
    if (!existsSync(this.historyPath)) return [];
    return readdirSync(this.historyPath)
      .sort()
      .reverse()
      .map((id) => {
        const [at = "", kind = "", result = "", by = ""] = id.split("_");
        return { id, at: at.replace(/T(\d\d)-(\d\d)-/, "T$1:$2:"), kind, result, by: decodeURIComponent(by) };
      });
  }

  /** What the state was after one of the last operations. @throws when there is none of that id */
  readVersion(id: string): DeploymentDocument {
    const path = join(this.historyPath, id);
    return parseDeploymentDocument(readRegularFile(path).toString("utf8"), path);
  }

  /** Makes a document the state. @throws when another operation works on the stack, or it is none */
  async restore(document: unknown): Promise<void> {
    const unlock = await this.lock("state");
    try {
      await this.save(parseDeploymentDocument(JSON.stringify(document), this.location));
      this.recordUpdate("import", "succeeded");
    } finally {
      await unlock();
    }
  }

  isInterrupted(): boolean {
    return existsSync(this.journalPath);
  }

  /** Settles what an interrupted operation left: its journal goes into the document before a new one begins. */
  async openJournal(): Promise<StateJournal> {
    this.makeDirectory();
    const document = await this.load();
    if (document === undefined) await this.save(encodeState(emptyState, await cipherFor(undefined, this.location)));
    else if (this.isInterrupted()) await this.save(document);
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
    rmSync(this.historyPath, { recursive: true, force: true });
  }

  private read(): string | undefined {
    try {
      return readRegularFile(this.location).toString("utf8");
    } catch (error) {
      if (errorCode(error) === "ENOENT") return undefined;
      throw new UnreadableState(`${this.location}: cannot read the state: ${whyUnreadable(error)}`, { cause: error });
    }
  }

  private makeDirectory(): void {
    try {
      makeDirectory(dirname(this.location));
    } catch (error) {
      throw new StateNotWritable(dirname(this.location), error);
    }
  }
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/**
 * Takes the lock on a stack.
 * @returns gives the lock back
 */
export async function takeStackLock(path: string, stack: string, command: string): Promise<() => Promise<void>> {
  const attempt = tryStackLock(path, command);
  if (!attempt.taken) throw new StackLocked(`the stack ${stack} is currently ${describeHolder(path, attempt.owner)}`);
  return async () => attempt.release();
}

function tryStackLock(path: string, command: string): Attempt {
  try {
    removeAbandoned(path);
    return tryLock(path, command);
  } catch (error) {
    throw new StateNotWritable(path, error);
  }
}
