import { existsSync } from "node:fs";
import { join } from "node:path";
import type { HostDatabase, HostSettings, ReplicationProcess } from "../../host-settings";
import type { RoleFile } from "../../lease/lease";
import { type Takeover, takenFrom } from "../../lease/takeover-record";
import { hasOwn, isTaken, moveToQuarantine } from "../database-files";
import { type PromotionFile, readPromotion } from "../follow/promotion-file";
import { databasesOf, lastCaptured, transactionNumber, transactionText, uncaptured } from "../litestream";
import { begunPath } from "../replicate/replica-path";
import { readState, writeState } from "../state-file";

/** What became of a database that a host lost the right to: `<root>/aside/<directory>/report.json`. */
export interface QuarantineReport {
  /** The term that was lost. 0: this host never served in one that it remembers. */
  readonly term: number;
  readonly path?: string | undefined;
  readonly at: string;
  readonly databases: Readonly<Record<string, Unsent>>;
}

/** The same directory for the same loss, so that an interrupted quarantine goes on where it stopped. */
export function quarantineDirectory(settings: HostSettings, term: number, since: string): string {
  return join(settings.root, "aside", `term-${term}-${since.slice(0, 19).replaceAll(/[-:]/g, "")}Z`);
}

/**
 * Quarantines this host's own databases: moves them to `aside/` (the name of the folder on hosts), and reports which of their
 * transactions no other host has. It merges nothing and deletes nothing.
 *
 * @param records what the primaries of the terms since took over, the newest first
 */
export function quarantineDatabases(
  settings: HostSettings,
  role: RoleFile,
  records: readonly Takeover[],
): QuarantineReport {
  const lost = role.deposed ?? { term: role.term, path: undefined };
  const directory = quarantineDirectory(settings, lost.term, role.since);
  // One that was broken off with the term; databases that appeared after it are not its.
  const promotion = readPromotion(settings.root);
  const brokenOff = promotion?.term === lost.term && !promotion.done ? promotion : undefined;
  const own = databasesOf(settings).filter(({ database }) => hasOwn(database));
  // Before the first file moves: it is judged with its companions in place.
  const noted = noteQuarantine(settings, own, { ...lost, directory, brokenOff, records });
  for (const { database, to } of noted) moveToQuarantine(database, to);
  const databases = Object.fromEntries(noted.map(({ database, found }) => [database.name, found]));
  return { ...lost, at: new Date().toISOString(), databases };
}

interface Lost extends Pick<QuarantineReport, "term" | "path"> {
  readonly directory: string;
  /** A promotion of this host that never came to serving. */
  readonly brokenOff: PromotionFile | undefined;
  /** What the primaries of the terms since took over, the newest first. */
  readonly records: readonly Takeover[];
}

interface Noted {
  readonly database: HostDatabase;
  /** Where it is to be moved: beside what was moved before, never over it. */
  readonly to: string;
  readonly found: Unsent;
}

/** Writes into the reports what is lost with databases that are to be moved. */
export function noteQuarantine(
  settings: HostSettings,
  own: readonly { readonly database: HostDatabase; readonly process: ReplicationProcess }[],
  { term, path, directory, brokenOff, records }: Lost,
): readonly Noted[] {
  const noted = own.map(({ database, process }): Noted => {
    const to = freeDirectory(database, directory);
    // What is here again after it was moved is not what the promotion put here.
    const holding = holdingOf(settings.root, process, database, to === directory ? brokenOff : undefined);
    return { database, to, found: unsentOf(database.name, holding, records) };
  });
  for (const directory of new Set(noted.map(({ to }) => to))) {
    const file = join(directory, "report.json");
    const databases = { ...judgedBefore(file) };
    for (const { database, to, found } of noted) {
      if (to === directory) databases[database.name] = worse(found, databases[database.name]);
    }
    const report: QuarantineReport = { term, path, at: new Date().toISOString(), databases };
    writeState(file, report);
  }
  return noted;
}

/** After an interruption less is known of what was moved in part, and more may have been written to what was not. */
function worse(found: Unsent, before: Unsent | undefined): Unsent {
  const order = ["none", "unknown", "some"] as const;
  return before === undefined || order.indexOf(found.unsent) > order.indexOf(before.unsent) ? found : before;
}

function freeDirectory(database: HostDatabase, directory: string): string {
  let free = directory;
  for (let count = 2; isTaken(database, free); count++) free = `${directory}-${count}`;
  return free;
}

/** The last transaction of a local database, and the replica path whose numbering it uses. */
function holdingOf(
  root: string,
  process: ReplicationProcess,
  database: HostDatabase,
  brokenOff: PromotionFile | undefined,
): Holding | undefined {
  const captured = lastCaptured(database);
  const path = begunPath(root, process);
  if (captured !== undefined && path !== undefined) {
    return { path, transaction: captured.transaction, rest: uncaptured(database, captured) };
  }
  const adopted = brokenOff?.databases[database.name];
  if (captured !== undefined || adopted?.path === undefined || adopted.txid === undefined) return undefined;
  // No program runs before all databases are in place; a log says that one has opened it all the same.
  const rest = existsSync(`${database.path}-wal`) ? "unknown" : "none";
  return { path: adopted.path, transaction: transactionNumber(adopted.txid), rest };
}

function judgedBefore(file: string): QuarantineReport["databases"] {
  const databases = readState(file)?.databases;
  return typeof databases === "object" && databases !== null ? Object.fromEntries(Object.entries(databases)) : {};
}

/** What a host knows of a database that it is about to quarantine. */
export interface Holding {
  /** The path whose transactions the number counts: what it was replicated to, or restored from and never served with. */
  readonly path: string;
  readonly transaction: number;
  /** Whether it was written after that transaction. */
  readonly rest: "none" | "some" | "unknown";
}

interface Unsent {
  /**
   * `none`: the new primary has everything. `some`: transactions are in the file that was set aside, and nowhere else. `unknown`: it
   * cannot be told, so take it for `some`.
   */
  readonly unsent: "none" | "some" | "unknown";
  /** The last transaction that is known to be in it. */
  readonly captured?: string | undefined;
  /** The last transaction of the same path that a later primary took over. */
  readonly taken?: string | undefined;
  readonly why: string;
}

/**
 * Whether a database has transactions that were not taken over. What the store holds by now does not decide it: that may have been
 * sent after the takeover.
 *
 * @param records of the terms since, the newest first
 */
export function unsentOf(name: string, holding: Holding | undefined, records: readonly Takeover[]): Unsent {
  if (holding === undefined) return { unsent: "unknown", why: "Litestream never captured it here" };
  const taken = takenFrom(records, holding.path, name);
  const known = { captured: transactionText(holding.transaction), taken };
  if (holding.rest === "some")
    return { ...known, unsent: "some", why: "it was written after Litestream captured it last" };
  if (taken !== undefined && known.captured > taken) {
    return { ...known, unsent: "some", why: `captured until ${known.captured}, taken over until ${taken}` };
  }
  if (holding.rest === "unknown")
    return { ...known, unsent: "unknown", why: "its log is gone: another program may have written it last" };
  if (taken === undefined)
    return { ...known, unsent: "unknown", why: `no later primary says that it took it over from ${holding.path}` };
  return { ...known, unsent: "none", why: "everything was sent in time" };
}
