import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import type { HostDatabase, HostSettings, ReplicationProcess } from "../../host-settings";
import type { Lease } from "../../lease/lease";
import { adoptCopy, hasOwn, moveToQuarantine } from "../database-files";
import { noteQuarantine, quarantineDirectory } from "../lease/quarantine";
import { captureDirectory, litestreamEnvironment, transactionNumber, transactionText } from "../litestream";
import type { Store } from "../store-connection";
import { Copies, type Copy } from "./copies";
import type { PromotedDatabase, PromotionFile } from "./promotion-file";

const run = promisify(execFile);
const restoreTimeoutMs = 300_000;

/** Where a database comes from. */
interface Source {
  readonly path: string;
  /** The newest transaction that the store has there. */
  readonly newest: number;
}

export interface AdoptionOptions {
  readonly settings: HostSettings;
  readonly store: Store;
  readonly lease: Lease;
  /** Paths with the names of what they have replicas of, the newest term first, the lease's own among them. */
  readonly replicas: readonly { readonly path: string; readonly databases: ReadonlySet<string> }[];
  /** The path that this host's copies follow. */
  readonly followed: string | undefined;
  /** A promotion of this host in an earlier term, which never came to serving. */
  readonly brokenOff: PromotionFile | undefined;
  /** Throws when the term is not this host's any more: what is put in place then would be another history. */
  readonly stillOurs: () => void;
  /** Says what will have been done, just before it is. */
  readonly note: (database: HostDatabase, result: PromotedDatabase) => void;
  readonly say: (line: string) => void;
}

/** Puts the databases of a new term in place: the copies that followed, or what the store has. */
export class Adoption {
  constructor(private readonly options: AdoptionOptions) {}

  /** Puts one database in place, if it is not. */
  async adopt(process: ReplicationProcess, database: HostDatabase): Promise<void> {
    const { settings, lease, followed, note, stillOurs } = this.options;
    const source = await this.source(database.name);
    stillOurs();
    const copies = new Copies(settings.root, database.name);
    if (hasOwn(database) && existsSync(database.path)) {
      // Served with in this term already, or in none before it: what is here is the database.
      const isIts = lease.previous === undefined || source?.path === lease.path;
      if (isIts) return note(database, { from: "kept" });
      const earlier = this.putInPlaceBefore(database, source);
      if (earlier !== undefined) return note(database, earlier);
    }
    if (hasOwn(database)) await this.quarantine(process, database);
    if (source === undefined) return note(database, { from: "none" });
    const usable = followed === source.path ? withTransaction(copies.all()) : [];
    if (await this.fromCopy(copies, usable, database, source, source.newest)) return;
    if (await this.fromStore(copies, process, database, source)) return;
    // Better some transactions short than nothing: the rest of the replica cannot be read. What was applied of it before Litestream
    // found out is in the copy, and no integrity check sees that; so the store is asked for what came before.
    const before = usable.find(({ transaction }) => transaction < source.newest);
    if (before !== undefined && (await this.fromStore(copies, process, database, source, before.transaction))) return;
    if (await this.fromCopy(copies, usable, database, source, 0)) return;
    note(database, {
      from: "failed",
      lost: source.newest,
      why: `neither a copy nor the replica in ${source.path} is usable`,
    });
  }

  /** What a promotion that was broken off has put here is as good as a copy, if the store has nothing beyond it. */
  private putInPlaceBefore(database: HostDatabase, source: Source | undefined): PromotedDatabase | undefined {
    const earlier = this.options.brokenOff?.databases[database.name];
    if (earlier?.txid === undefined || earlier.path === undefined || earlier.path !== source?.path) return undefined;
    const isCaptured = existsSync(captureDirectory(database));
    return !isCaptured && transactionNumber(earlier.txid) >= source.newest ? earlier : undefined;
  }

  private async quarantine(process: ReplicationProcess, database: HostDatabase): Promise<void> {
    const { settings, store, lease, brokenOff, stillOurs, say } = this.options;
    const records = await store.takeovers.since(0, lease.term - 1);
    stillOurs();
    const { term, path } = lease.previous ?? lease;
    const lost = { term, path, directory: quarantineDirectory(settings, term, lease.takenAt), brokenOff, records };
    for (const { to, found } of noteQuarantine(settings, [{ database, process }], lost)) {
      moveToQuarantine(database, to);
      say(`${database.name}: set aside what was here without being followed: ${found.unsent} of it is nowhere else`);
    }
  }

  /** The newest term that has the database: the primary before may have died before it had sent it. */
  private async source(name: string): Promise<Source | undefined> {
    for (const { path, databases } of this.options.replicas) {
      const newest = databases.has(name) ? await this.options.store.positions.newest(path, name) : 0;
      if (newest > 0) return { path, newest };
    }
    return undefined;
  }

  /** The newest sound copy that has at least so much. */
  private async fromCopy(
    copies: Copies,
    usable: readonly CompleteCopy[],
    database: HostDatabase,
    { path, newest }: Source,
    atLeast: number,
  ): Promise<boolean> {
    const { settings, say } = this.options;
    for (const { file, transaction } of usable) {
      if (transaction < atLeast || !(await isSound(settings.programs.sqlite3, file, say))) continue;
      this.place(copies, file, database, placement("adopted", path, transaction, newest));
      return true;
    }
    return false;
  }

  private async fromStore(
    copies: Copies,
    { configuration }: ReplicationProcess,
    database: HostDatabase,
    { path, newest }: Source,
    upTo = newest,
  ): Promise<boolean> {
    const { settings, store, say } = this.options;
    const { file } = copies.next();
    try {
      const env = { ...process.env, ...litestreamEnvironment(store.secrets, path) };
      const last = upTo === newest ? [] : ["-txid", transactionText(upTo)];
      const args = ["restore", "-config", configuration, ...last, "-o", file, database.path];
      await run(settings.programs.litestream, args, { env, timeout: restoreTimeoutMs });
    } catch (error) {
      say(
        `${database.name}: the restore failed: ${error instanceof Error ? (error.message.trim().split("\n").at(-1) ?? "") : error}`,
      );
      return false;
    }
    if (!(await isSound(settings.programs.sqlite3, file, say))) return false;
    this.place(copies, file, database, placement("restored", path, upTo, newest));
    return true;
  }

  private place(copies: Copies, file: string, database: HostDatabase, result: PromotedDatabase): void {
    this.options.stillOurs();
    this.options.note(database, result);
    adoptCopy(file, database);
    copies.removeAll();
  }
}

function placement(from: "adopted" | "restored", path: string, transaction: number, newest: number): PromotedDatabase {
  const place = { from, txid: transactionText(transaction), path };
  return transaction >= newest ? place : { ...place, lost: newest - transaction };
}

interface CompleteCopy {
  readonly file: string;
  readonly transaction: number;
}

/** The one with the most first. */
function withTransaction(copies: readonly Copy[]): readonly CompleteCopy[] {
  return copies
    .flatMap(({ file, transaction }) => (transaction === undefined ? [] : [{ file, transaction }]))
    .sort((one, other) => other.transaction - one.transaction);
}

const timeout = 120_000;

/**
 * Whether SQLite finds no fault in a file that no process writes.
 *
 * @param sqlite3 the program
 * @param say is told what is wrong
 */
async function isSound(sqlite3: string, file: string, say: (line: string) => void): Promise<boolean> {
  try {
    // Immutable: a copy in WAL mode would get a log of its own from being read.
    const uri = `file:${encodeURI(file)}?immutable=1`;
    const { stdout } = await run(sqlite3, ["-readonly", uri, "PRAGMA integrity_check(1)"], { timeout });
    if (stdout.trim() === "ok") return true;
    say(`${file}: ${stdout.trim().split("\n")[0]}`);
  } catch (error) {
    const why = error instanceof Error ? error.message.trim().split("\n").at(-1) : error;
    say(`${file}: the integrity check failed: ${why}`);
  }
  return false;
}
