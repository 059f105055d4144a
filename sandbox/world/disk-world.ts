import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { ZodError } from "zod";
import { makeDirectory } from "../../lib/file-access";
import { describeHolder, isRunning, ownIdentity, type ProcessIdentity, tryLock } from "../../lib/lock/lock-file.cjs";
import { messageOf } from "../engine/plan/engine-errors";
import type { World, WorldObject, WorldReading, WorldTransaction } from "./world";
import { decodeLine, encodeLine, type PropertyCodec, WorldJournal, type WorldLine } from "./world-journal";

interface DiskWorldOptions {
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
    makeDirectory(options.directory);
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

  async read<T>(look: (world: WorldReading) => T): Promise<T> {
    return this.inTurn(() => {
      this.catchUp("reading");
      return look(this.index);
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
    return this.read((world) => world.all());
  }

  close(): void {
    this.journal.close();
  }

  /** Runs one at a time in this process, and with the file lock against others, on an index that is up to date. */
  private locked<T>(body: () => T): Promise<T> {
    return this.inTurn(async () => {
      const release = await this.acquire();
      try {
        this.catchUp("changing");
        return body();
      } finally {
        release();
      }
    });
  }

  private inTurn<T>(body: () => T | Promise<T>): Promise<T> {
    const turn = this.queue.then(body);
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

  private catchUp(purpose: "reading" | "changing"): void {
    const { restart, lines } = this.journal.readNew(purpose);
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
      const what = cause instanceof RangeError ? "is nested too deeply" : messageOf(cause);
      throw this.journal.damaged(
        this.lines + 1,
        cause instanceof ZodError ? "is none of the known forms" : what,
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

/** The objects of a world in memory, found by id, by kind and below an id. */
export class ObjectIndex {
  private readonly byKind = new Map<string, Map<string, WorldObject>>();
  /** Azure ids by each id they lie below. */
  private readonly byAncestor = new Map<string, Set<WorldObject>>();

  get(kind: string, id: string): WorldObject | undefined {
    return this.byKind.get(kind)?.get(comparable(kind, id));
  }

  list(kind: string): readonly WorldObject[] {
    return [...(this.byKind.get(kind)?.values() ?? [])];
  }

  children(id: string): readonly WorldObject[] {
    return [...(this.byAncestor.get(id.toLowerCase()) ?? [])];
  }

  all(): readonly WorldObject[] {
    return [...this.byKind.values()].flatMap((objects) => [...objects.values()]);
  }

  put(object: WorldObject): void {
    const previous = this.get(object.kind, object.id);
    if (previous) this.forgetAncestors(previous);
    const objects = this.byKind.get(object.kind) ?? new Map<string, WorldObject>();
    objects.set(comparable(object.kind, object.id), object);
    this.byKind.set(object.kind, objects);
    for (const ancestor of ancestors(object)) {
      const below = this.byAncestor.get(ancestor) ?? new Set<WorldObject>();
      below.add(object);
      this.byAncestor.set(ancestor, below);
    }
  }

  delete(kind: string, id: string): boolean {
    const previous = this.get(kind, id);
    if (!previous) return false;
    this.forgetAncestors(previous);
    return this.byKind.get(kind)?.delete(comparable(kind, id)) ?? false;
  }

  private forgetAncestors(object: WorldObject): void {
    for (const ancestor of ancestors(object)) this.byAncestor.get(ancestor)?.delete(object);
  }
}

export type WorldChange =
  | { readonly put: WorldObject }
  | { readonly delete: { readonly kind: string; readonly id: string } };

function applyChange(index: ObjectIndex, change: WorldChange): void {
  if ("put" in change) index.put(change.put);
  else index.delete(change.delete.kind, change.delete.id);
}

/** Runs `change` on the index; if it throws, the index is as before. Returns its result and what it changed. */
export function runTransaction<T>(
  index: ObjectIndex,
  change: (world: WorldTransaction) => T,
): { readonly result: T; readonly changes: readonly WorldChange[] } {
  const changes: WorldChange[] = [];
  const undo: WorldChange[] = [];
  const record = (step: WorldChange, kind: string, id: string): void => {
    const previous = index.get(kind, id);
    undo.push(previous ? { put: previous } : { delete: { kind, id } });
    changes.push(step);
    applyChange(index, step);
  };
  try {
    const result = change({
      get: (kind, id) => index.get(kind, id),
      list: (kind) => index.list(kind),
      children: (id) => index.children(id),
      all: () => index.all(),
      put: (object) => record({ put: object }, object.kind, object.id),
      delete: (kind, id) => {
        const exists = index.get(kind, id) !== undefined;
        if (exists) record({ delete: { kind, id } }, kind, id);
        return exists;
      },
    });
    return { result, changes };
  } catch (error) {
    for (const step of undo.reverse()) applyChange(index, step);
    throw error;
  }
}

function isAzure(kind: string): boolean {
  return kind.startsWith("azure-native:");
}

function comparable(kind: string, id: string): string {
  return isAzure(kind) ? id.toLowerCase() : id;
}

function ancestors(object: WorldObject): readonly string[] {
  if (!isAzure(object.kind)) return [];
  const segments = object.id.toLowerCase().split("/");
  return segments.slice(1, -1).map((_, position) => segments.slice(0, position + 2).join("/"));
}
