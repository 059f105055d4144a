import type { StoredBlob } from "../../lease/replica-positions";
import { transactionNumber } from "../litestream";

/** A file of a replica: the transactions from `first` to `last`. */
export interface StoredFile {
  readonly name: string;
  readonly first: number;
  readonly last: number;
  /** By the store's clock, milliseconds since 1970. */
  readonly writtenAt: number;
}

/** What the store has of one database below one term's path. */
export interface StoredReplica {
  readonly files: readonly StoredFile[];
  /** Names there that are not Litestream's. */
  readonly strange: readonly string[];
}

/** Of what the store has below a database's name. */
export function storedReplica(blobs: readonly StoredBlob[]): StoredReplica {
  const files = blobs.flatMap((blob) => storedFile(blob) ?? []);
  return { files, strange: blobs.filter((blob) => storedFile(blob) === undefined).map(({ name }) => name) };
}

/** @example "litestream/term-1-anvil-20261121T110405Z/tasks/ltx/0/…-….ltx" */
function storedFile({ name, writtenAt }: StoredBlob): StoredFile | undefined {
  const [, first, last] = /\/ltx\/\d+\/([0-9a-f]{16})-([0-9a-f]{16})\.ltx$/.exec(name) ?? [];
  if (first === undefined || last === undefined) return undefined;
  return { name, first: transactionNumber(first), last: transactionNumber(last), writtenAt };
}

/** The newest transaction. 0: there is nothing. */
export function newestOf({ files }: StoredReplica): number {
  return files.reduce((newest, { last }) => Math.max(newest, last), 0);
}

/** When it was written last: milliseconds since 1970. */
export function lastWritten({ files }: StoredReplica): number {
  return files.reduce((latest, { writtenAt }) => Math.max(latest, writtenAt), 0);
}

/** Whether its newest transaction can be restored: files lead there from the first one, without a gap. */
export function isWhole(replica: StoredReplica): boolean {
  let reached = 0;
  for (const { first, last } of replica.files.toSorted((one, other) => one.first - other.first)) {
    if (first > reached + 1) return false;
    reached = Math.max(reached, last);
  }
  return reached > 0;
}

/**
 * What every restore begins with comes first, so that nobody takes the rest of a removal that was interrupted for a replica: it does
 * not restore, instead of restoring something older.
 */
export function inOrderOfRemoval({ files }: StoredReplica): readonly StoredFile[] {
  const begins = ({ first }: StoredFile): boolean => first <= 1;
  return [...files.filter(begins), ...files.filter((file) => !begins(file))];
}
