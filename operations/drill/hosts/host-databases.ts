import { quoteForShell } from "../../../lib/shell-quote";
import type { HostDatabase, HostSettings } from "../../../programs/host/host-settings";
import { DrillError } from "../../programs/external-program";
import { computePayload, type RecoveredRow } from "../measurements/recovery";
import { databaseShape } from "./database-shapes";
import type { DrillHost } from "./drill-host";

/** Every database that a host replicates, in the inventory's order. */
export function listDatabases(settings: HostSettings): readonly HostDatabase[] {
  return settings.replication.flatMap(({ databases }) => databases);
}

/** A page that has no more than this. Larger databases are written in pieces of it. */
const chunkBytes = 4_000;

/**
 * Makes the primary's databases as they are on the real host, smaller.
 *
 * @param scale by how much smaller. @example 100: 162 MB become 1.6 MB
 */
export async function createDatabases(host: DrillHost, scale: number): Promise<void> {
  const sql: string[] = [];
  for (const { name, path } of listDatabases(host.settings)) {
    const { atStart, kilobytes } = databaseShape(name);
    if (atStart === "absent") continue;
    sql.push(`.open ${quoteForShell(path)}`);
    if (atStart === "filled") sql.push(filling(Math.max(1, Math.ceil((kilobytes * 1000) / scale / chunkBytes))));
  }
  const directories = new Set(listDatabases(host.settings).map(({ path }) => path.slice(0, path.lastIndexOf("/"))));
  const make = [...directories].map((directory) => `mkdir -p ${quoteForShell(directory)}`).join(" && ");
  const { exitCode, stderr } = await host.shell(
    `${make} && ${quoteForShell(host.settings.programs.sqlite3)} -batch -bail`,
    {
      input: `${sql.join("\n")}\n`,
    },
  );
  if (exitCode !== 0) throw new DrillError(`${host.name}: the databases cannot be made: ${stderr.trim()}`);
  // sqlite3 makes no file before something is written.
  const empty = listDatabases(host.settings).filter(({ name }) => databaseShape(name).atStart === "empty");
  await host.shell(empty.map(({ path }) => `: >> ${quoteForShell(path)}`).join("\n"));
}

function filling(chunks: number): string {
  return `PRAGMA journal_mode = WAL;
CREATE TABLE IF NOT EXISTS filling (id INTEGER PRIMARY KEY, content BLOB NOT NULL);
WITH RECURSIVE counter (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM counter WHERE i < ${chunks})
INSERT INTO filling (content) SELECT randomblob(${chunkBytes}) FROM counter;
`;
}

export type Integrity = "ok" | "empty" | "absent" | "damaged";

/** What a database file holds. */
export interface FoundDatabase {
  readonly integrity: Integrity;
  readonly rows: readonly RecoveredRow[];
}

/** Reads database files on a host: `PRAGMA integrity_check`, and the drill's rows. Keys are the paths. */
export async function inspectDatabases(
  host: DrillHost,
  paths: readonly string[],
): Promise<ReadonlyMap<string, FoundDatabase>> {
  return inspectFiles(host, paths, quoteForShell);
}

/** How often a copy is read until it is intact: a read while it is written may see half of a transaction. */
const readsOfCopy = 5;

/** As {@link inspectDatabases}, of a copy that a follower writes to: nothing is locked, and nothing is put beside it. */
export async function inspectCopy(host: DrillHost, path: string): Promise<FoundDatabase> {
  let found: FoundDatabase = { integrity: "absent", rows: [] };
  for (let read = 0; read < readsOfCopy && found.integrity !== "ok"; read += 1) {
    const all = await inspectFiles(host, [path], (word) => quoteForShell(`file:${encodeURI(word)}?immutable=1`));
    found = all.get(path) ?? found;
  }
  return found;
}

async function inspectFiles(
  host: DrillHost,
  paths: readonly string[],
  nameOf: (path: string) => string,
): Promise<ReadonlyMap<string, FoundDatabase>> {
  const commands = paths.map(
    (
      path,
    ) => `echo "file $(test -e ${quoteForShell(path)} && { test -s ${quoteForShell(path)} && echo there || echo empty; } || echo absent)"
test -s ${quoteForShell(path)} && ${quoteForShell(host.settings.programs.sqlite3)} -batch -readonly ${nameOf(path)} 'PRAGMA busy_timeout = 5000; PRAGMA integrity_check; SELECT origin, n, payload FROM drill_rows' 2> /dev/null`,
  );
  const { stdout } = await host.shell(commands.join("\n"), { timeoutSeconds: 300 });
  const parts = stdout.split(/^file /m).slice(1);
  return new Map(paths.map((path, index) => [path, parseInspection(parts[index] ?? "absent\n")]));
}

function parseInspection(text: string): FoundDatabase {
  const [presence, _timeout, check, ...rest] = text.trimEnd().split("\n");
  if (presence === "absent" || presence === "empty") return { integrity: presence, rows: [] };
  if (check !== "ok") return { integrity: "damaged", rows: [] };
  const rows = rest.flatMap((line) => {
    const [origin, n, payload] = line.split("|");
    return origin === undefined || payload === undefined ? [] : [{ origin, n: Number(n), payload }];
  });
  return { integrity: "ok", rows };
}

/** Whether rows are what was written, all of them. */
export function areIntact(rows: readonly RecoveredRow[], database: string, seed: number): boolean {
  return rows.every((row) => row.payload === computePayload(seed, database, row));
}
