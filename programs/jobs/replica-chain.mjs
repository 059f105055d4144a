// Which files of a Litestream replica give the newest state of its database. operations/restore-test/replica-files.ts says so too, on
// purpose: two independent readers do not share a mistake, and this one needs nothing but Node.js (docs/decisions/0019).

/** The files by database: those of the listed blobs that lie below the term's path. */
export function replicasOf(path, blobs) {
  const replicas = new Map();
  for (const blob of blobs) {
    const match = /^([^/]+)\/ltx\/(\d+)\/([0-9a-f]{16})-([0-9a-f]{16})\.ltx$/.exec(blob.name.slice(path.length + 1));
    if (!blob.name.startsWith(`${path}/`) || match === null) continue;
    const [, database, level, first, last] = match;
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
 * @throws when a file between them is gone
 */
export function restoreChain(files) {
  const [snapshot] = files
    .filter(({ level }) => level === snapshotLevel)
    .sort((one, other) => (one.last > other.last ? -1 : 1));
  const chain = snapshot === undefined ? [] : [snapshot];
  const others = files.filter(({ level }) => level !== snapshotLevel);
  for (let reached = snapshot?.last ?? 0n; ; reached = chain.at(-1).last) {
    const following = others.filter(({ first, last }) => first <= reached + 1n && last > reached);
    if (following.length === 0) {
      const beyond = others.find(({ first }) => first > reached + 1n);
      if (beyond !== undefined)
        throw new MissingFilesError(`the files between transaction ${reached} and ${beyond.first} are gone`);
      return chain;
    }
    chain.push(following.reduce((best, file) => (file.last > best.last ? file : best)));
  }
}

/** The newest snapshot that was written before a time; undefined when there is none. */
export function earlierSnapshot(files, before) {
  const snapshots = files.filter(({ level, writtenAt }) => level === snapshotLevel && writtenAt <= before);
  return snapshots.sort((one, other) => (one.last > other.last ? -1 : 1))[0];
}

/** When the newest transaction was first sent: compaction writes it again later. */
export function newestSentAt(files) {
  const [{ last }] = [...files].sort((one, other) => (one.last > other.last ? -1 : 1));
  return Math.min(...files.filter((file) => file.last === last).map(({ writtenAt }) => writtenAt));
}
