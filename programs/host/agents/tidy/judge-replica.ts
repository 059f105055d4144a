import type { Lease } from "../../lease/lease";
import type { StoredBlob } from "../../lease/replica-positions";
import { type TakeoverRecord, takenFrom } from "../../lease/takeover-record";
import { transactionNumber } from "../litestream";

/** A database's replica below the path of a term. */
export interface TermReplica extends StoredReplica {
  readonly term: number;
  readonly path: string;
}

export interface ReplicaFacts {
  readonly database: string;
  /** How far back the database can be restored; undefined when the settings do not say. */
  readonly retentionSeconds: number | undefined;
  readonly replica: TermReplica;
  /** The same database's replicas of the terms after it. */
  readonly newer: readonly TermReplica[];
  readonly records: readonly TakeoverRecord[];
  /** This host's own, just read. */
  readonly lease: Lease;
  /** The store's clock, milliseconds since 1970. */
  readonly now: number;
}

export type ReplicaVerdict =
  | { readonly kind: "goes" }
  /** A restore may need it. */
  | { readonly kind: "needed"; readonly why: string }
  /** It is old enough, and holds transactions that no later primary took over: a person decides. */
  | { readonly kind: "unclaimed"; readonly why: string };

/**
 * Whether an earlier term's replica of a database is still needed. Pure: the same facts, the same answer.
 *
 * Two newer terms must have the database whole, the current one among them. A restore to a point in time finds it in the newest term
 * that had begun by then; so this one is needed until the term after it has been replaced for as long as the database can be restored.
 */
export function judgeReplica(facts: ReplicaFacts): ReplicaVerdict {
  const { replica, newer, records, lease, retentionSeconds, now } = facts;
  if (lease.previous === undefined || replica.term >= lease.previous.term)
    return needed("its term is the current one, or the one before it");
  if (!newer.some((other) => other.path === lease.path && isWhole(other)))
    return needed("the current term has no whole replica of it");
  const after = oldest(newer.filter((other) => other.path !== lease.path && isWhole(other)));
  if (after === undefined) return needed("only the current term has another one");
  const replaced = oldest(records.filter(({ term }) => term > after.term));
  if (replaced === undefined) return needed(`nobody said that term ${after.term} was taken over`);
  if (retentionSeconds === undefined) return needed("nobody says how far back it is to be restored");
  const until = Math.max(replaced.at, lastWritten(replica)) + retentionSeconds * 1000;
  if (!(now >= until)) return needed(`a restore may need it until ${new Date(until).toISOString()}`);
  return judgeClaim(facts);
}

function judgeClaim({ database, replica, records }: ReplicaFacts): ReplicaVerdict {
  if (replica.strange.length > 0) return unclaimed(`${replica.strange.length} files are not Litestream's`);
  const later = records.filter(({ term }) => term > replica.term).toSorted((one, other) => other.term - one.term);
  const taken = takenFrom(
    later.map(({ takeover }) => takeover),
    replica.path,
    database,
  );
  if (taken === undefined) return unclaimed("no later primary says that it took it over");
  const beyond = newestOf(replica) - transactionNumber(taken);
  return beyond > 0 ? unclaimed(`nobody took over its last ${beyond} transactions`) : { kind: "goes" };
}

/**
 * The takeover records that nothing refers to: nothing is left of their term, nor of an earlier one.
 *
 * @param terms those that have replicas
 */
export function unusedRecords(
  records: readonly Pick<TakeoverRecord, "term">[],
  terms: readonly number[],
  { previous }: Lease,
): readonly number[] {
  const first = Math.min(...terms, previous?.term ?? 0);
  return records.map(({ term }) => term).filter((term) => term < first);
}

function oldest<Term extends { readonly term: number }>(terms: readonly Term[]): Term | undefined {
  return terms.toSorted((one, other) => one.term - other.term)[0];
}

function needed(why: string): ReplicaVerdict {
  return { kind: "needed", why };
}

function unclaimed(why: string): ReplicaVerdict {
  return { kind: "unclaimed", why };
}

/** A file of a replica: the transactions from `first` to `last`. */
export interface StoredFile {
  readonly name: string;
  readonly first: number;
  readonly last: number;
  /** By the store's clock, milliseconds since 1970. */
  readonly writtenAt: number;
}

/** What the store has of one database below one term's path. */
interface StoredReplica {
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
function lastWritten({ files }: StoredReplica): number {
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
 * What every restore begins with comes first, so that the rest of an interrupted removal is not taken for a replica: it does
 * not restore, instead of restoring something older.
 */
export function inOrderOfRemoval({ files }: StoredReplica): readonly StoredFile[] {
  const begins = ({ first }: StoredFile): boolean => first <= 1;
  return [...files.filter(begins), ...files.filter((file) => !begins(file))];
}
