import { statSync } from "node:fs";
import { request } from "node:http";
import { z } from "zod";
import type { HostDatabase, ReplicationProcess } from "../../host-settings";
import type { DatabaseStatus } from "./host-status";

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

const listSchema = z.looseObject({
  databases: z.array(z.looseObject({ path: z.string(), status: z.string(), last_sync_at: z.string().optional() })),
});

/** When Litestream last sent each database, by path. A database that it has not sent since it started is missing. */
type LastSent = ReadonlyMap<string, Date | undefined>;

const timeoutMs = 1000;
/** More than this is no list of databases. */
const largestAnswer = 4_000_000;

/** Asks a running Litestream over its control socket. Undefined when it does not run or does not answer. */
function lastSent(socketPath: string): Promise<LastSent | undefined> {
  return new Promise((resolve) => {
    const asked = request({ socketPath, path: "/list", timeout: timeoutMs }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
        if (text.length > largestAnswer) asked.destroy();
      });
      response.on("error", () => resolve(undefined));
      response.on("end", () => resolve(response.statusCode === 200 ? parseLastSent(text) : undefined));
    });
    asked.on("timeout", () => asked.destroy());
    asked.on("error", () => resolve(undefined));
    asked.end();
  });
}

function parseLastSent(text: string): LastSent | undefined {
  try {
    const { databases } = listSchema.parse(JSON.parse(text));
    return new Map(
      databases.map(({ path, last_sync_at }) => [
        path,
        last_sync_at === undefined ? undefined : new Date(last_sync_at),
      ]),
    );
  } catch {
    return undefined;
  }
}
