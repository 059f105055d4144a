// Reads the names of a replica's files once more, on purpose, beside programs/jobs/replica-chain.ts: two independent readers do
// not share a mistake (docs/decisions/0019).

/** One file of a Litestream replica: `<database>/ltx/<level>/<first>-<last>.ltx`. */
export interface ReplicaFile {
  readonly blob: string;
  readonly level: number;
  /** The first and the last transaction in it: 16 hexadecimal digits, so they sort as text. */
  readonly first: string;
  readonly last: string;
  readonly bytes: number;
  readonly writtenAt: Date;
}

/** What a container lists of a blob. */
export interface ListedBlob {
  readonly name: string;
  readonly bytes: number;
  readonly writtenAt: Date;
}

/**
 * The files of each database below a term's path; what is no file of a replica is left out.
 *
 * @param path the lease's path. @example "litestream/term-3-20261121T110405Z"
 */
export function replicaFiles(path: string, blobs: Iterable<ListedBlob>): ReadonlyMap<string, readonly ReplicaFile[]> {
  const replicas = new Map<string, ReplicaFile[]>();
  for (const { name, bytes, writtenAt } of blobs) {
    if (!name.startsWith(`${path}/`)) continue;
    const match = /^([^/]+)\/ltx\/(\d+)\/([0-9a-f]{16})-([0-9a-f]{16})\.ltx$/.exec(name.slice(path.length + 1));
    const [, database, level, first, last] = match ?? [];
    if (database === undefined || level === undefined || first === undefined || last === undefined) continue;
    const files = replicas.get(database) ?? [];
    files.push({ blob: name, level: Number(level), first, last, bytes, writtenAt });
    replicas.set(database, files);
  }
  return replicas;
}

/**
 * When the newest transaction was sent. Compaction writes a transaction again, later and into larger files, so the first file that
 * ended with it counts.
 */
export function newestTransaction(
  files: readonly ReplicaFile[],
): { readonly transaction: string; readonly sentAt: Date } | undefined {
  const transaction = files
    .map(({ last }) => last)
    .sort()
    .at(-1);
  const [first] = files
    .filter(({ last }) => last === transaction)
    .sort((one, other) => one.writtenAt.getTime() - other.writtenAt.getTime());
  return first === undefined ? undefined : { transaction: first.last, sentAt: first.writtenAt };
}
