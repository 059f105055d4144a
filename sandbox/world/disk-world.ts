import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { ZodError } from "zod";
import { describeHolder, isRunning, ownIdentity, type ProcessIdentity, tryLock } from "../../lib/lock/lock-file.cjs";
import { messageOf } from "../engine/plan/engine-errors";
import { ObjectIndex, runTransaction } from "./object-index";
import type { World, WorldObject, WorldTransaction } from "./world";
import { decodeLine, encodeLine, type PropertyCodec, WorldJournal, type WorldLine } from "./world-journal";

export interface DiskWorldOptions {
  /** The directory that holds the world, made when missing: `.sandbox/` of the project. */
  readonly directory: string;
  /** What exists before anything is deployed; asked once, when there is no world yet. */
  readonly seed: () => readonly WorldObject[];
  /** Turns properties into JSON and back, with secrets encrypted. */
  readonly codec: PropertyCodec;
}

export const worldFileName = "world.jsonl";

/** How long a transaction waits for another process's. Transactions take milliseconds. */
const lockPatience = 30_000;
const lockPoll = 3;
/** Lines in the file for each object in the world, above which it is rewritten when opened. */
const rewriteFactor = 8;

/** The emulated world in a file, shared and locked between processes. Killed at any moment, it holds whole transactions only. */
export class DiskWorld implements World {
  private index = new ObjectIndex();
  private occupants = new Map<string, ProcessIdentity>();
  private lines = 0;
  private readonly journal: WorldJournal;
  private readonly lock: string;
  private queue: Promise<unknown> = Promise.resolve();

  private constructor(private readonly options: DiskWorldOptions) {
    this.journal = new WorldJournal(join(options.directory, worldFileName));
    this.lock = join(options.directory, "world.lock");
  }

  /** Opens the world, seeding it when there is none. Throws `WorldFileError` when the file cannot be used. */
  static async open(options: DiskWorldOptions): Promise<DiskWorld> {
    mkdirSync(options.directory, { recursive: true });
    const world = new DiskWorld(options);
    await world.locked(() => {
      if (world.journal.isEmpty()) world.rewrite(options.seed());
      else if (world.lines > rewriteFactor * (world.index.all().length + 100)) world.rewrite(world.index.all());
    });
    return world;
  }

  async transact<T>(change: (world: WorldTransaction) => T): Promise<T> {
    return this.locked(() => {
      const { result, changes } = runTransaction(this.index, change);
      if (changes.length > 0) this.append({ changes });
      return result;
    });
  }

  async occupy<T>(key: string, refusal: () => Error, operation: () => Promise<T>): Promise<T> {
    await this.locked(() => {
      const occupant = this.occupants.get(key);
      if (occupant && isRunning(occupant)) throw refusal();
      this.occupants.set(key, ownIdentity());
      this.append({ occupy: { key, by: ownIdentity() } });
    });
    try {
      return await operation();
    } finally {
      await this.locked(() => {
        this.occupants.delete(key);
        this.append({ vacate: key });
      });
    }
  }

  /** Everything there is. */
  async objects(): Promise<readonly WorldObject[]> {
    return this.locked(() => this.index.all());
  }

  close(): void {
    this.journal.close();
  }

  /** Runs one at a time in this process, and with the file lock against others, on an index that is up to date. */
  private async locked<T>(body: () => T): Promise<T> {
    const turn = this.queue.then(async () => {
      const release = await this.acquire();
      try {
        this.catchUp();
        return body();
      } finally {
        release();
      }
    });
    this.queue = turn.catch(() => undefined);
    return turn;
  }

  private async acquire(): Promise<() => void> {
    const deadline = Date.now() + lockPatience;
    for (;;) {
      const attempt = tryLock(this.lock, "world transaction");
      if (attempt.taken) return attempt.release;
      if (Date.now() > deadline) throw new Error(`the sandbox's world is ${describeHolder(this.lock, attempt.owner)}`);
      await wait(lockPoll);
    }
  }

  private catchUp(): void {
    const { restart, lines } = this.journal.readNew();
    if (restart) {
      this.index = new ObjectIndex();
      this.occupants = new Map();
      this.lines = 0;
    }
    for (const line of lines) this.apply(this.decode(line));
  }

  private decode(line: unknown): WorldLine {
    try {
      return decodeLine(line, this.options.codec);
    } catch (cause) {
      throw this.journal.damaged(
        this.lines + 1,
        cause instanceof ZodError ? "is none of the known forms" : messageOf(cause),
        cause,
      );
    }
  }

  private apply(line: WorldLine): void {
    this.lines += 1;
    if ("occupy" in line) this.occupants.set(line.occupy.key, line.occupy.by);
    else if ("vacate" in line) this.occupants.delete(line.vacate);
    else {
      for (const change of line.changes) {
        if ("put" in change) this.index.put(change.put);
        else this.index.delete(change.delete.kind, change.delete.id);
      }
    }
  }

  private append(line: WorldLine): void {
    try {
      this.journal.append(encodeLine(line, this.options.codec));
    } catch (error) {
      // What is in memory is not in the file: the next transaction begins with what is.
      this.journal.rewind();
      throw error;
    }
    this.lines += 1;
  }

  private rewrite(objects: readonly WorldObject[]): void {
    const occupied = [...this.occupants].map(([key, by]): WorldLine => ({ occupy: { key, by } }));
    const lines = objects.map((put): WorldLine => ({ changes: [{ put }] }));
    this.journal.rewrite([...lines, ...occupied].map((line) => encodeLine(line, this.options.codec)));
    this.index = new ObjectIndex();
    for (const object of objects) this.index.put(object);
    this.lines = lines.length + occupied.length;
  }
}
