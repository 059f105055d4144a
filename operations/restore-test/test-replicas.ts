import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BackupPromise } from "../../stacks/system-hosts";
import { runProgram } from "../programs/external-program";
import { type BackupFile, BackupSource, newestTransaction, placeText, type SourceSettings } from "./backup-source";
import type { DatabaseResult, KnownRows, TestReport } from "./test-report";
import { ageFindings, type LiveState, type RestoreFinding, rowFindings } from "./verdict";

export interface ReplicasTest extends Omit<ReplicaTest, "path"> {
  readonly stack: string;
  readonly promises: readonly BackupPromise[];
  /** Rows by database and table in the last test that found nothing wrong with it. */
  readonly knownRows?: KnownRows | undefined;
  /** Called after each database. */
  readonly onResult?: (result: DatabaseResult) => void;
  /** Ends the test after the databases that are being restored. */
  readonly signal?: AbortSignal | undefined;
}

/** How many databases are restored at the same time. */
const atOnce = 2;

/**
 * Restores the newest backup of each database and says what is wrong with it.
 *
 * @throws {RestoreTestError} when the store cannot be read
 */
export async function testReplicas(test: ReplicasTest): Promise<TestReport> {
  const source = new BackupSource(test.source);
  const path = await source.leasePath();
  const report = { version: 1, stack: test.stack, at: test.now.toISOString() } as const;
  if (path === undefined) {
    const message = `there is no lease ${placeText(test.source.lease)}: nothing was ever replicated`;
    const databases = test.promises.map(({ database, tier }) => ({
      database,
      tier,
      findings: [{ kind: "missing", message } as const],
    }));
    return { ...report, source: test.source.container, databases };
  }
  const replicas = await source.replicas(path);
  const databases = await testEach(test.promises, atOnce, test.signal, async (promise) => {
    const files = replicas.get(promise.database) ?? [];
    const result = await testReplica({ ...test, path }, promise, files, test.knownRows?.[promise.database]);
    test.onResult?.(result);
    return result;
  });
  return { ...report, source: `${test.source.container}/${path}`, databases };
}

/** Where the replicas of an account are, or their copies. */
export function sourceSettings(
  account: string,
  container: string,
  lease: SourceSettings["lease"],
  environment: Readonly<Record<string, string | undefined>>,
): SourceSettings {
  const { BACKUP_STORE_ENDPOINT: endpoint, LITESTREAM_AZURE_ACCOUNT_KEY: accountKey } = environment;
  return {
    account: environment.BACKUP_STORE_ACCOUNT ?? account,
    endpoint: endpoint ?? `https://${account}.blob.core.windows.net`,
    container,
    lease,
    accountKey: accountKey === "" ? undefined : accountKey,
  };
}

async function testEach<Item, Result>(
  items: readonly Item[],
  workers: number,
  signal: AbortSignal | undefined,
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) {
      signal?.throwIfAborted();
      const item = items[index];
      if (item !== undefined) results[index] = await work(item);
    }
  };
  await Promise.all(Array.from({ length: workers }, worker));
  return results;
}

/** What all tests of one run have in common. */
interface ReplicaTest {
  readonly source: SourceSettings;
  /** The term's path. */
  readonly path: string;
  readonly programs: { readonly litestream: string; readonly sqlite3: string };
  readonly now: Date;
  /** Where the live databases are, when the test runs on the primary. */
  readonly live?: string | undefined;
}

/**
 * Restores one database into a directory that is deleted afterwards, and judges what came back.
 *
 * @param files what the store holds of it
 * @param before its rows by table in the last test that restored it and found nothing wrong
 */
async function testReplica(
  test: ReplicaTest,
  promise: BackupPromise,
  files: readonly BackupFile[],
  before: Readonly<Record<string, number>> | undefined,
): Promise<DatabaseResult> {
  const { database, tier } = promise;
  const newest = newestTransaction(files);
  const liveFile = test.live === undefined ? undefined : join(test.live, `${database}.db`);
  const liveSince = liveFile === undefined ? undefined : readChangeTime(liveFile);
  if (newest === undefined) {
    // A database that does not exist yet needs no backup. One that was restored before did exist.
    const isNew = liveFile === undefined ? promise.unwritten : liveSince === undefined;
    if (isNew && before === undefined) return { database, tier, findings: [] };
    return { database, tier, findings: [{ kind: "missing", message: `nothing below ${test.path}/${database}/` }] };
  }
  const rowsBefore = liveFile === undefined ? undefined : await readRows(test, liveFile);
  const scratch = mkdtempSync(join(tmpdir(), "restore-test-"));
  try {
    const restored = await restoreReplica(test.programs.litestream, test.source, `${test.path}/${database}`, scratch);
    const known = {
      database,
      tier,
      transaction: newest.transaction,
      ageSeconds: Math.round((test.now.getTime() - newest.sentAt.getTime()) / 1000),
    };
    const age = ageFindings(promise, newest.sentAt, test.now, liveSince && { changedAt: liveSince });
    if (restored.kind !== "restored") {
      return { ...known, findings: [{ kind: restored.kind, message: restored.message }, ...age] };
    }
    const { damage, rows } = await inspectSqlite(test.programs.sqlite3, restored.file);
    const rowsAfter = liveFile === undefined ? undefined : await readRows(test, liveFile);
    const live: LiveState | undefined = liveSince &&
      rowsBefore &&
      rowsAfter && { changedAt: liveSince, rowsBefore, rowsAfter };
    const damaged = damage.slice(0, 5).map((message): RestoreFinding => ({ kind: "damaged", message }));
    const findings = [...damaged, ...age, ...(damage.length > 0 ? [] : rowFindings(rows, live, before))];
    return { ...known, findings, restoreSeconds: restored.seconds, rows };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function readRows(
  { programs }: ReplicaTest,
  file: string,
): Promise<Readonly<Record<string, number>> | undefined> {
  const counted = await countRows(programs.sqlite3, file);
  return "rows" in counted ? counted.rows : undefined;
}

/** How a restore ended. */
type Restored =
  | { readonly kind: "restored"; readonly file: string; readonly seconds: number }
  /** Litestream's message, and what it means. */
  | { readonly kind: "truncated" | "corrupt" | "unrestorable"; readonly message: string };

/** Long enough for many gigabytes over a slow connection. */
const restoreSeconds = 3600;

/**
 * Restores the newest state of one replica with Litestream. Its checksums cover every file it reads.
 *
 * @param scratch an empty directory
 * @param path the replica's path in the container
 */
export async function restoreReplica(
  litestream: string,
  source: SourceSettings,
  path: string,
  scratch: string,
): Promise<Restored> {
  const inScratch = (name: string) => join(scratch, name);
  const [configuration, live, file] = [inScratch("litestream.yml"), inScratch("live.db"), inScratch("restored.db")];
  writeFileSync(configuration, restoreConfiguration(source, path, live), { mode: 0o600 });
  const started = performance.now();
  const { exitCode, stderr, stdout } = await runProgram(
    litestream,
    ["restore", "-config", configuration, "-no-expand-env", "-o", file, live],
    { environment: credentials(source), timeoutSeconds: restoreSeconds },
  );
  const seconds = (performance.now() - started) / 1000;
  if (exitCode === 0) return { kind: "restored", file, seconds };
  const said = (stderr.trim() || stdout.trim()).split("\n").at(-1);
  const message = said || `Litestream ended with exit code ${exitCode} and said nothing`;
  return { kind: notFinished.includes(exitCode) ? "unrestorable" : failureKind(message), message };
}

/** `runProgram` gave up waiting, or could not start it. */
const notFinished: readonly number[] = [124, 127];

/** Errors of this machine, such as a full disk: the backup may be sound. */
const hindrance =
  /no space left|disk quota|permission denied|read-only file system|too many open files|dial tcp|connection re(fused|set)|timeout|deadline exceeded|credential|authoriz|authenticat/i;

function failureKind(message: string): "truncated" | "corrupt" | "unrestorable" {
  if (hindrance.test(message)) return "unrestorable";
  return /\bEOF\b|invalid ltx file|short buffer/i.test(message) ? "truncated" : "corrupt";
}

/** Written as JSON, which is valid YAML. */
function restoreConfiguration(source: SourceSettings, path: string, live: string): string {
  const replica = {
    type: "abs",
    "account-name": source.account,
    bucket: source.container,
    path,
    endpoint: source.endpoint,
  };
  return JSON.stringify({ logging: { level: "error", stderr: true }, dbs: [{ path: live, replica }] });
}

function credentials({ accountKey }: SourceSettings): NodeJS.ProcessEnv {
  return accountKey === undefined ? process.env : { ...process.env, LITESTREAM_AZURE_ACCOUNT_KEY: accountKey };
}

/** What is in a SQLite file. */
interface SqliteContents {
  /** What `PRAGMA integrity_check` found; empty when the file is sound. */
  readonly damage: readonly string[];
  /** Rows by table. Empty when the file is damaged beyond counting. */
  readonly rows: Readonly<Record<string, number>>;
}

/** Checking a large database reads all of it. */
const checkSeconds = 1800;

/**
 * Checks a file and counts its rows, read only.
 *
 * @param sqlite3 the SQLite shell
 */
export async function inspectSqlite(sqlite3: string, file: string): Promise<SqliteContents> {
  const check = await ask(sqlite3, file, "PRAGMA integrity_check;");
  if ("problem" in check) return { damage: [check.problem], rows: {} };
  const damage = check.lines.filter((line) => line !== "ok");
  const counted = await countRows(sqlite3, file);
  return "problem" in counted ? { damage: [...damage, counted.problem], rows: {} } : { damage, rows: counted.rows };
}

/**
 * The rows of each table; those of Litestream and of SQLite itself are left out.
 *
 * @returns the problem, as SQLite tells it, when they cannot be counted
 */
async function countRows(
  sqlite3: string,
  file: string,
): Promise<{ readonly rows: Readonly<Record<string, number>> } | { readonly problem: string }> {
  const own = "type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
  const tables = await ask(
    sqlite3,
    file,
    `SELECT hex(name) FROM sqlite_schema WHERE ${own} AND name NOT LIKE '\\_litestream\\_%' ESCAPE '\\' ORDER BY name;`,
  );
  if ("problem" in tables) return tables;
  const names = tables.lines.map((line) => Buffer.from(line, "hex").toString("utf8"));
  if (names.length === 0) return { rows: {} };
  const counts = await ask(
    sqlite3,
    file,
    names.map((name) => `SELECT count(*) FROM "${name.replaceAll('"', '""')}";`).join("\n"),
  );
  if ("problem" in counts) return counts;
  return { rows: Object.fromEntries(names.map((name, index) => [name, Number(counts.lines[index])])) };
}

/** When a live database was last written: the file or its write-ahead log. Undefined when there is none. */
function readChangeTime(file: string): Date | undefined {
  const times = [file, `${file}-wal`].flatMap((path) => {
    const found = statSync(path, { throwIfNoEntry: false });
    return found === undefined || (path !== file && found.size === 0) ? [] : [found.mtimeMs];
  });
  return times.length === 0 ? undefined : new Date(Math.max(...times));
}

async function ask(
  sqlite3: string,
  file: string,
  sql: string,
): Promise<{ readonly lines: readonly string[] } | { readonly problem: string }> {
  const arguments_ = ["-readonly", "-batch", "-bail", "-noheader", "-list", file];
  const { exitCode, stdout, stderr } = await runProgram(sqlite3, arguments_, {
    input: `.timeout 5000\n${sql}\n`,
    timeoutSeconds: checkSeconds,
  });
  if (exitCode !== 0) return { problem: stderr.trim().split("\n")[0] || `sqlite3 ended with exit code ${exitCode}` };
  return { lines: stdout.split("\n").filter((line) => line !== "") };
}
