import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { removeCopy } from "../database-files";
import { transactionNumber } from "../litestream";

/** A copy of a database that a follower made. */
export interface Copy {
  readonly file: string;
  readonly number: number;
  /** The last transaction in it. Absent while the first restore runs. */
  readonly transaction?: number | undefined;
}

/**
 * Where the current copy of a followed database is read, on the standby. It is a link, because a copy that is made anew replaces the old
 * one only when it is complete. Read only.
 *
 * @example followedCopy("/Users/operator/system", "tasks") // "/Users/operator/system/following/tasks.db"
 */
export function followedCopy(root: string, name: string): string {
  return join(root, "following", `${name}.db`);
}

/** The copies of one database, which lie in a directory of their own: `<root>/following/<name>/<number>.db`. */
export class Copies {
  private readonly directory: string;
  /** A process that was just started has not made its file yet. */
  private last = 0;

  constructor(
    private readonly root: string,
    private readonly name: string,
  ) {
    this.directory = join(root, "following", name);
  }

  /** The newest first. */
  all(): readonly Copy[] {
    const names = existsSync(this.directory) ? readdirSync(this.directory) : [];
    return names
      .map((name) => Number(/^(\d+)\.db$/.exec(name)?.[1] ?? Number.NaN))
      .filter((number) => Number.isInteger(number))
      .sort((one, other) => other - one)
      .map((number) => this.copy(number));
  }

  copy(number: number): Copy {
    const file = join(this.directory, `${number}.db`);
    return { file, number, transaction: transactionOf(file) };
  }

  /** A place for another copy, where nothing is. */
  next(): Copy {
    mkdirSync(this.directory, { recursive: true });
    const number = 1 + Math.max(this.last, ...this.all().map((copy) => copy.number));
    this.last = number;
    const { file } = this.copy(number);
    removeCopy(file);
    return { file, number };
  }

  /** Makes this copy the one that is read. */
  use(copy: Copy): void {
    const link = followedCopy(this.root, this.name);
    rmSync(`${link}.draft`, { force: true });
    symlinkSync(join(this.name, `${copy.number}.db`), `${link}.draft`);
    renameSync(`${link}.draft`, link);
  }

  /** Removes what was made before this copy. Call it once no process writes there any more. */
  removeBefore(copy: Copy): void {
    for (const other of this.all()) if (other.number < copy.number) removeCopy(other.file);
  }

  removeAll(): void {
    const link = followedCopy(this.root, this.name);
    if (lstatSync(link, { throwIfNoEntry: false })) rmSync(link);
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** What Litestream keeps beside a copy that follows. */
function transactionOf(file: string): number | undefined {
  try {
    const text = readFileSync(`${file}-txid`, "utf8").trim();
    return /^[0-9a-f]{16}$/.test(text) ? transactionNumber(text) : undefined;
  } catch {
    return undefined;
  }
}
