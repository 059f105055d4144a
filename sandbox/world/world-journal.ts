import { closeSync, constants, fstatSync, ftruncateSync, readSync, statSync, writeSync } from "node:fs";
import { z } from "zod";
import type { PropertyMap } from "../../deployment/values/property-value";
import { writeAtomically } from "../../lib/atomic-file";
import { openRegularFile, UnusableFile, writeProblem } from "../../lib/file-access";
import type { ProcessIdentity } from "../../lib/lock/lock-file.cjs";
import type { WorldChange } from "./disk-world";
import type { CloudName } from "./world";

/** The first line of a world file. A newer version is refused rather than misread. */
const header = { format: "sandbox-world", version: 1 } as const;

/** A world file that cannot be used as it is. */
export class WorldFileError extends Error {
  override readonly name = "WorldFileError";
}

/**
 * An append-only file of JSON lines that several processes read, and write while they hold the world's lock.
 *
 * A line is one transaction, so a transaction is in the file as a whole or not at all. What is there of a line is, to who reads, a
 * transaction that has not happened yet; to who has the lock it is what a killed writer left, and is cut off.
 */
export class WorldJournal {
  private descriptor: number | undefined;
  private inode = 0;
  private offset = 0;

  constructor(private readonly path: string) {}

  /** Lines that others appended since the last call. `restart` says that the file was rewritten: forget everything before these. */
  readNew(purpose: "reading" | "changing"): { readonly restart: boolean; readonly lines: readonly unknown[] } {
    const restart = this.reopenIfReplaced();
    const descriptor = this.open();
    const size = fstatSync(descriptor).size;
    if (size <= this.offset) return { restart, lines: [] };
    const buffer = Buffer.alloc(size - this.offset);
    readSync(descriptor, buffer, 0, buffer.length, this.offset);
    const end = buffer.lastIndexOf("\n") + 1;
    if (end < buffer.length && purpose === "changing") ftruncateSync(descriptor, this.offset + end);
    const first = this.offset === 0;
    this.offset += end;
    const lines = buffer
      .subarray(0, end)
      .toString("utf8")
      .split("\n")
      .slice(0, -1)
      .map((line, index) => this.parse(line, index));
    if (first && lines.length > 0) this.checkHeader(lines[0]);
    return { restart, lines: first ? lines.slice(1) : lines };
  }

  /** Throws `WorldFileError` when the line cannot be written; nothing of it is in the file then. */
  append(line: unknown): void {
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
    const descriptor = this.open();
    try {
      for (let done = 0; done < bytes.length; ) {
        done += writeSync(descriptor, bytes, done, bytes.length - done, this.offset + done);
      }
    } catch (cause) {
      ftruncateSync(descriptor, this.offset);
      throw new WorldFileError(`${this.path}: ${writeProblem(cause)}`, { cause });
    }
    this.offset += bytes.length;
  }

  /** Makes the next call of {@link readNew} begin at the beginning. */
  rewind(): void {
    this.close();
    this.offset = 0;
  }

  /** Replaces the file, at once, by one that says the same in these lines. */
  rewrite(lines: readonly unknown[]): void {
    writeAtomically(this.path, [header, ...lines].map((line) => `${JSON.stringify(line)}\n`).join(""), { mode: 0o600 });
    this.close();
    this.offset = statSync(this.path).size;
    this.open();
  }

  /** Whether nothing was ever written. */
  isEmpty(): boolean {
    return this.offset === 0;
  }

  close(): void {
    if (this.descriptor !== undefined) closeSync(this.descriptor);
    this.descriptor = undefined;
  }

  private open(): number {
    if (this.descriptor === undefined) {
      this.descriptor = this.openFile();
      this.inode = fstatSync(this.descriptor).ino;
    }
    return this.descriptor;
  }

  private openFile(): number {
    try {
      return openRegularFile(this.path, constants.O_RDWR | constants.O_CREAT, 0o600);
    } catch (cause) {
      const problem = cause instanceof UnusableFile ? cause.message : writeProblem(cause);
      throw new WorldFileError(`${this.path}: ${problem}`, { cause });
    }
  }

  private reopenIfReplaced(): boolean {
    if (this.descriptor === undefined) return true;
    const current = statSync(this.path, { throwIfNoEntry: false });
    if (current?.ino === this.inode) return false;
    this.close();
    this.offset = 0;
    return true;
  }

  private parse(line: string, index: number): unknown {
    try {
      return JSON.parse(line);
    } catch (cause) {
      throw this.damaged(index, "is not JSON", cause);
    }
  }

  /** @param line counted from 0, with the header */
  damaged(line: number, what: string, cause: unknown): WorldFileError {
    const remedy = "Restore the file, or delete it to start from the seeded world.";
    return new WorldFileError(`${this.path}: line ${line + 1} ${what}. ${remedy}`, { cause });
  }

  private checkHeader(line: unknown): void {
    const isHeader =
      typeof line === "object" &&
      line !== null &&
      "format" in line &&
      line.format === header.format &&
      "version" in line;
    if (isHeader && line.version === header.version) return;
    throw new WorldFileError(
      isHeader
        ? `${this.path}: written by a newer version (format ${String(line.version)}, this program knows ${header.version}). Update the program.`
        : `${this.path}: not a sandbox world. Delete it to start from the seeded world.`,
    );
  }
}

/** Properties to JSON and back. The encoding of secrets is the state's: encrypted, never in the clear. */
export interface PropertyCodec {
  encode(properties: PropertyMap): unknown;
  decode(json: unknown): PropertyMap;
}

/** One line of the world's file: a transaction, or the taking or giving back of what only one may use. */
export type WorldLine =
  | { readonly changes: readonly WorldChange[] }
  | { readonly occupy: { readonly key: string; readonly by: ProcessIdentity } }
  | { readonly vacate: string };

const clouds = [
  "azure",
  "cloudflare",
  "github",
  "tailscale",
  "command",
  "random",
] as const satisfies readonly CloudName[];

const lineSchema = z.union([
  z.strictObject({
    changes: z.array(
      z.union([
        z.strictObject({
          put: z.strictObject({
            cloud: z.enum(clouds),
            kind: z.string(),
            id: z.string(),
            properties: z.unknown(),
            madeFor: z.string().optional(),
          }),
        }),
        z.strictObject({ delete: z.strictObject({ kind: z.string(), id: z.string() }) }),
      ]),
    ),
  }),
  z.strictObject({
    occupy: z.strictObject({
      key: z.string(),
      by: z.strictObject({ pid: z.number(), host: z.string(), started: z.string() }),
    }),
  }),
  z.strictObject({ vacate: z.string() }),
]);

export function encodeLine(line: WorldLine, codec: PropertyCodec): unknown {
  if (!("changes" in line)) return line;
  return {
    changes: line.changes.map((change) =>
      "put" in change ? { put: { ...change.put, properties: codec.encode(change.put.properties) } } : change,
    ),
  };
}

/** @throws when the line is none of the known forms */
export function decodeLine(json: unknown, codec: PropertyCodec): WorldLine {
  const line = lineSchema.parse(json);
  if (!("changes" in line)) return line;
  return {
    changes: line.changes.map((change): WorldChange => {
      if (!("put" in change)) return change;
      const { madeFor, properties, ...rest } = change.put;
      const decoded = { ...rest, properties: codec.decode(properties) };
      return { put: madeFor === undefined ? decoded : { ...decoded, madeFor } };
    }),
  };
}
