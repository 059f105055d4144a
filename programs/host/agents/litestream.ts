import { closeSync, openSync, readdirSync, readSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { HostDatabase, HostSettings, ReplicationProcess } from "../host-settings";
import type { Secrets } from "../secrets/secrets-file";

/** Litestream writes transactions as 16 hexadecimal digits. */
export function transactionNumber(txid: string): number {
  return Number.parseInt(txid, 16);
}

export function transactionText(transaction: number): string {
  return transaction.toString(16).padStart(16, "0");
}

/** Where Litestream keeps what it has captured of a database: `.<file>-litestream` beside it. */
export function captureDirectory(database: HostDatabase): string {
  return join(dirname(database.path), `.${basename(database.path)}-litestream`);
}

/** The environment of a Litestream process: its credentials, and the term's path that the configuration refers to. */
export function litestreamEnvironment(secrets: Secrets, replicaPath: string): Record<string, string> {
  return { ...secrets.storeEnvironment(), REPLICA_PATH: replicaPath };
}

/** The command line of a follower that writes to a copy. */
export function followArguments(process: ReplicationProcess, database: HostDatabase, copy: string): readonly string[] {
  // On a blob store Litestream applies one file a poll, and a file is made each second: it has to poll more often than that, and
  // more so when a sync brings many files at once. Looks cost nothing while it sleeps.
  const interval = database.syncSeconds <= 1 ? "500ms" : "250ms";
  return ["restore", "-config", process.configuration, "-f", "-follow-interval", interval, "-o", copy, database.path];
}

/** The replicated databases of a host, with the process that each belongs to. */
export function databasesOf(
  settings: HostSettings,
): readonly { database: HostDatabase; process: ReplicationProcess }[] {
  return settings.replication.flatMap((process) => process.databases.map((database) => ({ database, process })));
}

/** The last transaction that Litestream captured on this host, with the place in the write-ahead log where it ended. */
export interface Captured {
  readonly transaction: number;
  readonly logEnd: number;
  readonly salts: string;
}

/** Undefined when Litestream never captured the database. */
export function lastCaptured(database: HostDatabase): Captured | undefined {
  const directory = join(captureDirectory(database), "ltx", "0");
  const last = namesIn(directory)
    .filter((name) => /^[0-9a-f]{16}-[0-9a-f]{16}\.ltx$/.test(name))
    .sort()
    .at(-1);
  if (last === undefined) return undefined;
  const header = bytesAt(join(directory, last), 0, 100);
  if (header?.toString("latin1", 0, 3) !== "LTX") return undefined;
  // Header of an LTX file, big endian: offset and size of the log's part at 48 and 56, the log's salts at 64 and 68.
  return {
    transaction: transactionNumber(last.slice(17, 33)),
    logEnd: Number(header.readBigInt64BE(48) + header.readBigInt64BE(56)),
    salts: header.subarray(64, 72).toString("hex"),
  };
}

/**
 * Whether the database was written after what Litestream captured last. `unknown`: its log is gone. Litestream keeps it when it ends, but
 * the last of other programs takes it away, with or without having written.
 */
export function uncaptured(database: HostDatabase, captured: Captured): "none" | "some" | "unknown" {
  const log = `${database.path}-wal`;
  const logSalts = bytesAt(log, 16, 8)?.toString("hex");
  if (logSalts === undefined) return "unknown";
  // Other salts: the log began anew, which Litestream has not seen.
  if (logSalts !== captured.salts) return "some";
  // A frame counts when it has the log's salts; others are left from before.
  return bytesAt(log, captured.logEnd + 8, 8)?.toString("hex") === logSalts ? "some" : "none";
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** Undefined when the file is missing or shorter. */
function bytesAt(file: string, position: number, length: number): Buffer | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(file, "r");
  } catch {
    return undefined;
  }
  try {
    const bytes = Buffer.alloc(length);
    return readSync(descriptor, bytes, 0, length, position) === length ? bytes : undefined;
  } finally {
    closeSync(descriptor);
  }
}
