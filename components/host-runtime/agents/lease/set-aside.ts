import { join } from "node:path";
import type { HostDatabase, HostSettings } from "../../host-settings";
import type { RoleFile } from "../../lease/lease";
import type { ReplicaPositions } from "../../lease/replica-positions";
import { hasOwn, moveAside } from "../database-files";
import { databasesOf, lastCaptured, transactionText, uncaptured } from "../litestream";
import { readState, writeState } from "../state-file";

/** What became of a database that a host lost the right to: `<root>/aside/<directory>/report.json`. */
export interface AsideReport {
  /** The term that was lost. 0: this host never served in one that it remembers. */
  readonly term: number;
  readonly path?: string | undefined;
  readonly at: string;
  readonly databases: Readonly<Record<string, AsideDatabase>>;
}

export interface AsideDatabase {
  /**
   * `none`: the new primary has everything. `some`: transactions are in the file that was set aside, and nowhere else. `unknown`: it
   * cannot be told, so take it for `some`.
   */
  readonly unsent: "none" | "some" | "unknown";
  /** The last transaction that Litestream captured here. */
  readonly captured?: string | undefined;
  /** The last transaction that the new primary took over, or that the store has. */
  readonly taken?: string | undefined;
  readonly why: string;
}

/** Stays the same when it is done again after an interruption. */
export function asideDirectory(settings: HostSettings, term: number, since: string): string {
  return join(settings.root, "aside", `term-${term}-${since.slice(0, 19).replaceAll(/[-:]/g, "")}Z`);
}

/**
 * Moves what this host has of its own out of the way, and says which of it nobody else has. Nothing is merged and nothing is deleted.
 *
 * @param taken what the new primary took over, if it has said so
 */
export async function setAside(
  settings: HostSettings,
  role: RoleFile,
  positions: ReplicaPositions,
  taken: Readonly<Record<string, string>> | undefined,
): Promise<AsideReport> {
  const { term, path } = role.deposed ?? { term: role.term, path: undefined };
  const directory = asideDirectory(settings, term, role.since);
  const file = join(directory, "report.json");
  const found: Record<string, AsideDatabase> = {};
  for (const { database } of databasesOf(settings)) {
    if (!hasOwn(database)) continue;
    const sent = taken?.[database.name] ?? (await inStore(positions, path, database));
    found[database.name] = judged(database, sent);
  }
  const report: AsideReport = {
    term,
    path,
    at: new Date().toISOString(),
    databases: { ...found, ...judgedBefore(file) },
  };
  // Before the first file moves: what was judged with its companions in place stands.
  writeState(file, report);
  for (const { database } of databasesOf(settings)) {
    if (hasOwn(database)) moveAside(database, directory);
  }
  return report;
}

function judged(database: HostDatabase, taken: string | undefined): AsideDatabase {
  const captured = lastCaptured(database);
  if (captured === undefined) return { unsent: "unknown", taken, why: "Litestream never captured it here" };
  const known = { captured: transactionText(captured.transaction), taken };
  const rest = uncaptured(database, captured);
  if (rest === "some") return { ...known, unsent: rest, why: "it was written after Litestream captured it last" };
  if (taken !== undefined && known.captured > taken) {
    return { ...known, unsent: "some", why: `captured until ${known.captured}, taken over until ${taken}` };
  }
  if (rest === "unknown")
    return { ...known, unsent: rest, why: "its log is gone: another program may have written it last" };
  if (taken === undefined) return { ...known, unsent: "unknown", why: "the store does not say what it has" };
  return { ...known, unsent: "none", why: "everything was sent in time" };
}

async function inStore(
  positions: ReplicaPositions,
  path: string | undefined,
  database: HostDatabase,
): Promise<string | undefined> {
  if (path === undefined) return undefined;
  const newest = await positions.newest(path, database.name).catch(() => undefined);
  return newest === undefined ? undefined : transactionText(newest);
}

function judgedBefore(file: string): Readonly<Record<string, AsideDatabase>> {
  const databases = readState(file)?.databases;
  return typeof databases === "object" && databases !== null ? Object.fromEntries(Object.entries(databases)) : {};
}
