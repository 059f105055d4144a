import { closeSync, fdatasync, openSync, readFileSync, writeSync } from "node:fs";
import { promisify } from "node:util";
import { errorCode, StateNotWritable, UnreadableState } from "../../../deployment/state-errors";
import type { JournalEntry, StateJournal } from "./state-journal";

const sync = promisify(fdatasync);

/**
 * A journal beside the state file, one note a line, appended. Notes of resources that did not change wait in memory until
 * something that matters is noted; notes that are asked to be safe at the same time share one flush of the disk.
 */
export class DiskJournal implements StateJournal {
  private readonly file: number;
  private buffered = "";
  private flushing: Promise<void> | undefined;
  private following: Promise<void> | undefined;
  private closed = false;

  /** @param document the hash of the document that the notes will be about */
  constructor(
    private readonly path: string,
    document: string,
  ) {
    try {
      this.file = openSync(path, "ax", 0o600);
    } catch (error) {
      throw new StateNotWritable(path, error);
    }
    this.note({ note: "start", document });
  }

  note(entry: JournalEntry): void {
    this.buffered += `${JSON.stringify(entry)}\n`;
    if (entry.note !== "keep") this.write();
  }

  async flush(): Promise<void> {
    this.write();
    if (this.flushing === undefined) {
      this.flushing = this.sync().finally(() => {
        this.flushing = undefined;
      });
      return this.flushing;
    }
    // What was just written may have missed the flush that is under way; the next one covers it.
    this.following ??= this.flushing.then(
      () => this.next(),
      () => this.next(),
    );
    return this.following;
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    closeSync(this.file);
  }

  private next(): Promise<void> {
    this.following = undefined;
    return this.flush();
  }

  private async sync(): Promise<void> {
    try {
      await sync(this.file);
    } catch (error) {
      throw new StateNotWritable(this.path, error);
    }
  }

  private write(): void {
    const text = this.buffered;
    if (text === "") return;
    this.buffered = "";
    try {
      const bytes = Buffer.from(text);
      // A disk that is nearly full takes a part.
      for (let done = 0; done < bytes.length; ) done += writeSync(this.file, bytes, done);
    } catch (error) {
      throw new StateNotWritable(this.path, error);
    }
  }
}

/** The notes of an interrupted operation; undefined when there was none. The last line may have been cut short. */
export function readJournal(path: string): JournalEntry[] | undefined {
  const lines = readLines(path);
  if (lines === undefined) return undefined;
  const entries: JournalEntry[] = [];
  for (const [index, line] of lines.entries()) {
    if (line === "") continue;
    try {
      entries.push(JSON.parse(line));
    } catch (error) {
      if (index === lines.length - 1) break;
      throw new UnreadableState(
        `${path}:${index + 1}: the journal is damaged; restore state and journal from a backup`,
        {
          cause: error,
        },
      );
    }
  }
  return entries;
}

function readLines(path: string): string[] | undefined {
  try {
    return readFileSync(path, "utf8").split("\n");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw new UnreadableState(`${path}: cannot read the journal: ${error instanceof Error ? error.message : error}`);
  }
}
