// Which files of a Litestream replica give the newest state of its database. operations/restore-test/replica-files.ts says so too, on
// purpose: two independent readers do not share a mistake, and this one needs nothing but Node.js (docs/decisions/0019).
import type { ListedBlob } from "./blob-store";

/** A file of a replica, with the transactions that its name says it holds. */
export interface StoredReplicaFile extends ListedBlob {
  /** Its name without its path. */
  readonly file: string;
  /** 0 is what was sent; what compaction makes of it has higher levels, snapshots the highest. */
  readonly level: number;
  readonly first: bigint;
  readonly last: bigint;
}

/** The files by database: those of the listed blobs that lie below the term's path. */
export function replicasOf(path: string, blobs: readonly ListedBlob[]): Map<string, StoredReplicaFile[]> {
  const replicas = new Map<string, StoredReplicaFile[]>();
  for (const blob of blobs) {
    const match = /^([^/]+)\/ltx\/(\d+)\/([0-9a-f]{16})-([0-9a-f]{16})\.ltx$/.exec(blob.name.slice(path.length + 1));
    if (!blob.name.startsWith(`${path}/`) || match === null) continue;
    const [, database = "", level, first, last] = match;
    const file = {
      ...blob,
      file: `${first}-${last}.ltx`,
      level: Number(level),
      first: BigInt(`0x${first}`),
      last: BigInt(`0x${last}`),
    };
    replicas.set(database, [...(replicas.get(database) ?? []), file]);
  }
  return replicas;
}

const snapshotLevel = 9;

/** Files between others are gone: what came after them is lost. */
export class MissingFilesError extends Error {}

/**
 * The newest snapshot and what came after it, in order, as Litestream chooses: always the file that leads furthest.
 *
 * @throws {MissingFilesError} when a file between them is gone
 */
export function restoreChain(files: readonly StoredReplicaFile[]): StoredReplicaFile[] {
  const snapshot = newestFirst(files.filter(({ level }) => level === snapshotLevel))[0];
  const chain = snapshot === undefined ? [] : [snapshot];
  const others = files.filter(({ level }) => level !== snapshotLevel);
  for (let reached = snapshot?.last ?? 0n; ; ) {
    const following = others.filter(({ first, last }) => first <= reached + 1n && last > reached);
    const furthest = newestFirst(following)[0];
    if (furthest === undefined) {
      const beyond = others.find(({ first }) => first > reached + 1n);
      if (beyond !== undefined)
        throw new MissingFilesError(`the files between transaction ${reached} and ${beyond.first} are gone`);
      return chain;
    }
    chain.push(furthest);
    reached = furthest.last;
  }
}

/** The newest snapshot that was written before a time, in milliseconds since 1970; undefined when there is none. */
export function earlierSnapshot(files: readonly StoredReplicaFile[], before: number): StoredReplicaFile | undefined {
  return newestFirst(files.filter(({ level, writtenAt }) => level === snapshotLevel && writtenAt <= before))[0];
}

/** When the newest transaction was first sent, in milliseconds since 1970: compaction writes it again later. */
export function newestSentAt(files: readonly StoredReplicaFile[]): number {
  const newest = newestFirst(files)[0]?.last;
  return Math.min(...files.filter((file) => file.last === newest).map(({ writtenAt }) => writtenAt));
}

function newestFirst(files: readonly StoredReplicaFile[]): StoredReplicaFile[] {
  return [...files].sort((one, other) => (one.last === other.last ? 0 : one.last > other.last ? -1 : 1));
}
