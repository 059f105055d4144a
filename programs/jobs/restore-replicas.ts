import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { blobUrl, identityToken, leasePath, listBlobs, storeCall } from "./blob-store";
import { at, list, listAt, messageOf, number, runJob, tell, text, textAt } from "./job";
import { applyFile, CorruptError, TruncatedError } from "./ltx-file";
import {
  earlierSnapshot,
  MissingFilesError,
  newestSentAt,
  replicasOf,
  restoreChain,
  type StoredReplicaFile,
} from "./replica-chain";

// Restores the newest backup of every database, reads it with SQLite, and tells what is missing, stale, broken or has lost its rows.

/** Snapshots are made daily at least, and so is this test. */
const comparedAfterMs = 20 * 3_600_000;
/** A table that lost more than this share of its rows is told of; small tables come and go. operations/restore-test/verdict.ts has the same. */
const shrunkShare = 0.5;
const shrunkFrom = 20;
/** Slack gets the first of them; the log has all. */
const toldProblems = 20;

runJob(async () => {
  const problems: string[] = [];
  try {
    const path = await leasePath();
    const blobs = path === undefined ? [] : await listBlobs(text("CONTAINER_URL"), `${path}/`);
    const replicas = replicasOf(path ?? "", blobs);
    for (const database of list("DATABASES").map(testedDatabase)) {
      const found = await problemsOf(database, replicas.get(database.name) ?? []);
      problems.push(...found.map((problem) => `${database.name}: ${problem}`));
    }
  } catch (error) {
    problems.push(`no backup could be tested: ${messageOf(error)}`);
  }
  if (process.env.POSTGRES_SERVER_ID) {
    const unreadable = (error: unknown) => [`PostgreSQL: unreadable: ${messageOf(error)}`];
    problems.push(...(await postgresProblems().catch(unreadable)));
  }
  for (const problem of problems) console.error(problem);
  if (problems.length === 0) return;
  const rest = problems.length > toldProblems ? [`and ${problems.length - toldProblems} more`] : [];
  const lines = [...problems.slice(0, toldProblems), ...rest].map((line) => `• ${line}`);
  await tell("SLACK_WEBHOOK", `:rotating_light: Restore test: backups are broken\n${lines.join("\n")}`);
  process.exitCode = 1;
});

interface TestedDatabase {
  readonly name: string;
  /** Undefined: any age is right. */
  readonly staleAfterSeconds: number | undefined;
  /** It may not exist yet. */
  readonly unwritten: boolean;
}

function testedDatabase(value: unknown): TestedDatabase {
  const name = textAt(value, "name");
  const staleAfterSeconds = at(value, "staleAfterSeconds") ?? undefined;
  if (name === undefined || (staleAfterSeconds !== undefined && typeof staleAfterSeconds !== "number"))
    throw new Error("each of DATABASES must have a name and, where its age counts, a number as staleAfterSeconds");
  return { name, staleAfterSeconds, unwritten: at(value, "unwritten") === true };
}

async function problemsOf(
  { name, staleAfterSeconds, unwritten }: TestedDatabase,
  files: readonly StoredReplicaFile[],
): Promise<string[]> {
  if (files.length === 0) return unwritten ? [] : ["missing: the store holds nothing of it"];
  const found: string[] = [];
  const age = (Date.now() - newestSentAt(files)) / 1000;
  if (staleAfterSeconds !== undefined && age > staleAfterSeconds) {
    found.push(
      `stale: its newest transaction is ${Math.round(age / 60)} min old, ${Math.round(staleAfterSeconds / 60)} min are allowed`,
    );
  }
  try {
    const { damage, rows } = await contentsOf(restoreChain(files));
    if (damage !== undefined) return [...found, `damaged: ${damage}`];
    console.log(`${name}: restored, ${files.length} files in the store, newest ${Math.round(age / 60)} min old`);
    found.push(...(await shrunkTables(files, rows)));
  } catch (error) {
    found.push(`${kindOf(error)}: ${messageOf(error)}`);
  }
  return found;
}

type Rows = Readonly<Record<string, number>>;

/** Compares with the newest snapshot that is about a day old or older: so each loss is told of, and not for ever. */
async function shrunkTables(files: readonly StoredReplicaFile[], rows: Rows): Promise<string[]> {
  const earlier = earlierSnapshot(files, Date.now() - comparedAfterMs);
  if (earlier === undefined) return [];
  const { damage, rows: before } = await contentsOf([earlier]);
  if (damage !== undefined) return [`damaged: ${earlier.name}: ${damage}`];
  const hours = Math.round((Date.now() - earlier.writtenAt) / 3_600_000);
  return Object.entries(before).flatMap(([table, count]) => {
    const now = rows[table];
    if (now === undefined) return [`shrunk: table ${table} is gone; ${hours} h ago it had ${count} rows`];
    if (count < shrunkFrom || now >= count * (1 - shrunkShare)) return [];
    return [`shrunk: table ${table} has ${now} rows; ${hours} h ago it had ${count}`];
  });
}

/** What is in a database: its rows by table, or what is damaged. */
interface Contents {
  readonly damage?: string;
  readonly rows: Rows;
}

/** What the state holds that some files give. It is deleted at once, because the disk is small. */
async function contentsOf(chain: readonly StoredReplicaFile[]): Promise<Contents> {
  const directory = mkdtempSync(join(tmpdir(), "restore-"));
  try {
    const file = join(directory, "restored.db");
    await restore(chain, file);
    const damage = await integrity(file);
    return damage === "ok" ? { rows: await rowCounts(file) } : { damage, rows: {} };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function kindOf(error: unknown): string {
  if (error instanceof TruncatedError) return "truncated";
  return error instanceof CorruptError || error instanceof MissingFilesError ? "corrupt" : "unreadable";
}

async function restore(chain: readonly StoredReplicaFile[], target: string): Promise<void> {
  const database = openSync(target, "w");
  try {
    for (const { name, file } of chain) {
      const response = await storeCall("GET", blobUrl(text("CONTAINER_URL"), name));
      if (!response.ok || response.body === null)
        throw new Error(`the blob store answered ${response.status} when ${name} was read`);
      try {
        await applyFile(response.body, file, database);
      } catch (error) {
        if (error instanceof Error) error.message = `${name}: ${error.message}`;
        throw error;
      }
    }
  } finally {
    closeSync(database);
  }
}

// Whether Azure has a recent backup of a PostgreSQL server. That it restores is shown by a point-in-time restore: docs/backups.md.

const managementTimeoutMs = 60_000;

/** What is wrong with the server's backups; empty when nothing is. */
async function postgresProblems(): Promise<string[]> {
  const management = process.env.AZURE_MANAGEMENT ?? "https://management.azure.com";
  const server = text("POSTGRES_SERVER_ID");
  const name = server.split("/").at(-1);
  const response = await fetch(`${management}${server}/backups?api-version=2024-08-01`, {
    headers: { authorization: `Bearer ${await identityToken("https://management.azure.com/")}` },
    signal: AbortSignal.timeout(managementTimeoutMs),
  });
  if (!response.ok) return [`${name}: unreadable: Azure answered ${response.status} when its backups were listed`];
  const times = listAt(await response.json(), "value")
    .map((backup) => Date.parse(textAt(backup, "properties", "completedTime") ?? ""))
    .filter(Number.isFinite);
  if (times.length === 0) return [`${name}: missing: Azure has no backup of the server`];
  const age = (Date.now() - Math.max(...times)) / 1000;
  console.log(`${name}: ${times.length} backups, the newest ${Math.round(age / 60)} min old`);
  if (age <= number("POSTGRES_STALE_AFTER_SECONDS")) return [];
  return [`${name}: stale: Azure's newest backup is ${Math.round(age / 3600)} h old`];
}

// What SQLite says of a file. By the SQLite in Node.js 22.13 or newer; an older Node.js asks `sqlite3` on the PATH.

/** `ok`, or what is damaged. */
async function integrity(file: string): Promise<string> {
  return (await column(file, "PRAGMA integrity_check(3)")).join("; ");
}

/** Rows by table; those of SQLite and of Litestream are left out, and what an extension would have to read. */
async function rowCounts(file: string): Promise<Record<string, number>> {
  const names = await column(
    file,
    `SELECT hex(name) FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'
     AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE '\\_litestream\\_%' ESCAPE '\\'`,
  );
  const rows: Record<string, number> = {};
  for (const name of names.map((hex) => Buffer.from(hex, "hex").toString("utf8"))) {
    const [count] = await column(file, `SELECT count(*) FROM "${name.replaceAll('"', '""')}"`);
    rows[name] = Number(count);
  }
  return rows;
}

async function column(file: string, sql: string): Promise<string[]> {
  const sqlite = await import("node:sqlite").catch(() => undefined);
  if (sqlite === undefined) {
    const lines = execFileSync("sqlite3", ["-readonly", "-batch", file, sql], { encoding: "utf8" }).split("\n");
    return lines.filter((line) => line !== "");
  }
  const database = new sqlite.DatabaseSync(file, { readOnly: true });
  try {
    const rows = database.prepare(sql).all();
    return rows.map((row) => String(Object.values(row)[0]));
  } finally {
    database.close();
  }
}
