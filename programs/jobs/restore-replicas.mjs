// Restores the newest backup of every database, reads it with SQLite, and tells what is missing, stale, broken or has lost its rows.
import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "./environment.mjs";
import { applyFile, CorruptError, TruncatedError } from "./ltx-file.mjs";
import { postgresProblems } from "./postgres-backups.mjs";
import { earlierSnapshot, MissingFilesError, newestSentAt, replicasOf, restoreChain } from "./replica-chain.mjs";
import { blobUrl, leasePath, listedBlobs, storeCall } from "./replica-store.mjs";
import { tell } from "./slack.mjs";
import { integrity, rowCounts } from "./sqlite-file.mjs";

/** Snapshots are made daily at least, and so is this test. */
const comparedAfterMs = 20 * 3_600_000;
/** A table that lost more than this share of its rows is told of; small tables come and go. operations/restore-test/verdict.ts has the same. */
const shrunkShare = 0.5;
const shrunkFrom = 20;

const databases = JSON.parse(text("DATABASES"));
const replicaUrl = text("CONTAINER_URL");
const problems = [];
try {
  const path = await leasePath();
  const replicas = path === undefined ? new Map() : replicasOf(path, await listedBlobs(replicaUrl, `${path}/`));
  for (const database of databases) {
    const found = await problemsOf(database, replicas.get(database.name) ?? []);
    problems.push(...found.map((problem) => `${database.name}: ${problem}`));
  }
} catch (error) {
  problems.push(`no backup could be tested: ${error.message}`);
}
if (process.env.POSTGRES_SERVER_ID) {
  problems.push(...(await postgresProblems().catch((error) => [`PostgreSQL: unreadable: ${error.message}`])));
}
for (const problem of problems) console.error(problem);
if (problems.length > 0) {
  const shown = [...problems.slice(0, 20), ...(problems.length > 20 ? [`and ${problems.length - 20} more`] : [])];
  const lines = shown.map((line) => `• ${line}`).join("\n");
  await tell(text("SLACK_WEBHOOK"), `:rotating_light: Restore test: backups are broken\n${lines}`);
  process.exitCode = 1;
}

async function problemsOf({ name, staleAfterSeconds, unwritten }, files) {
  if (files.length === 0) return unwritten ? [] : ["missing: the store holds nothing of it"];
  const found = [];
  const age = (Date.now() - newestSentAt(files)) / 1000;
  if (staleAfterSeconds !== null && age > staleAfterSeconds) {
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
    found.push(`${kindOf(error)}: ${error.message}`);
  }
  return found;
}

/** Compares with the newest snapshot that is about a day old or older: so each loss is told of, and not for ever. */
async function shrunkTables(files, rows) {
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

/** What the state holds that some files give. It is deleted at once, because the disk is small. */
async function contentsOf(chain) {
  const directory = mkdtempSync(join(tmpdir(), "restore-"));
  try {
    const file = join(directory, "restored.db");
    await restore(chain, file);
    const damage = await integrity(file);
    return damage === "ok" ? { rows: await rowCounts(file) } : { damage };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function kindOf(error) {
  if (error instanceof TruncatedError) return "truncated";
  return error instanceof CorruptError || error instanceof MissingFilesError ? "corrupt" : "unreadable";
}

async function restore(chain, target) {
  const database = openSync(target, "w");
  try {
    for (const { name, file } of chain) {
      const response = await storeCall("GET", blobUrl(replicaUrl, name));
      if (!response.ok) throw new Error(`the blob store answered ${response.status} when ${name} was read`);
      try {
        await applyFile(response.body, file, database);
      } catch (error) {
        error.message = `${name}: ${error.message}`;
        throw error;
      }
    }
  } finally {
    closeSync(database);
  }
}
