import { statSync } from "node:fs";
import type { HostDatabase, ReplicationProcess } from "../../host-settings";
import type { DatabaseStatus } from "./host-status";
import { type LastSent, lastSent } from "./litestream-socket";

/**
 * How far the store is behind the primary's databases. Litestream says when it last sent a database, and a quiet database is not sent
 * again; so a database lags only while its write-ahead log is newer than that, counted from when this was first seen.
 */
export class ReplicationLag {
  private readonly unsentSince = new Map<string, number>();

  /** The databases of one Litestream process. */
  async of(process: ReplicationProcess, now = Date.now()): Promise<readonly DatabaseStatus[]> {
    const sent = process.controlSocket === undefined ? undefined : await lastSent(process.controlSocket);
    return process.databases.map((database) => this.database(database, sent, now));
  }

  private database(database: HostDatabase, sent: LastSent | undefined, now: number): DatabaseStatus {
    const { name, tier, path } = database;
    const writtenAt = lastWrite(path);
    if (writtenAt === undefined) return { name, tier, state: "absent" };
    const sentAt = sent?.get(path)?.getTime();
    if (sentAt !== undefined && writtenAt <= sentAt) {
      this.unsentSince.delete(path);
      return { name, tier, state: "replicating", lagSeconds: 0 };
    }
    const since = this.unsentSince.get(path) ?? now;
    this.unsentSince.set(path, since);
    return { name, tier, state: sentAt === undefined ? "unknown" : "replicating", lagSeconds: (now - since) / 1000 };
  }
}

/**
 * When something was last written that may not be sent yet; nothing when there is no database. The log alone counts: Litestream itself
 * moves the log's pages into the database after it sent them.
 */
function lastWrite(path: string): number | undefined {
  const database = statSync(path, { throwIfNoEntry: false });
  if (database === undefined) return undefined;
  const log = statSync(`${path}-wal`, { throwIfNoEntry: false });
  return log === undefined || log.size === 0 ? 0 : log.mtimeMs;
}
