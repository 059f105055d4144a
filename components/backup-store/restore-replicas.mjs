// Restores the newest backup of every database, reads it with SQLite, and tells what is missing, stale or broken.
import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "../scheduled-script/environment.mjs";
import { tell } from "../scheduled-script/slack.mjs";
import { applyFile, CorruptError, TruncatedError } from "./ltx-file.mjs";
import { postgresProblems } from "./postgres-backups.mjs";
import { MissingFilesError, newestSentAt, replicasOf, restoreChain } from "./replica-chain.mjs";
import { blobUrl, leasePath, listedBlobs, storeCall } from "./replica-store.mjs";

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
  const directory = mkdtempSync(join(tmpdir(), "restore-"));
  try {
    const file = join(directory, "restored.db");
    await restore(files, file);
    const damage = await integrity(file);
    if (damage !== "ok") found.push(`damaged: ${damage}`);
    else console.log(`${name}: restored, ${files.length} files in the store, newest ${Math.round(age / 60)} min old`);
  } catch (error) {
    found.push(`${kindOf(error)}: ${error.message}`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  return found;
}

function kindOf(error) {
  if (error instanceof TruncatedError) return "truncated";
  return error instanceof CorruptError || error instanceof MissingFilesError ? "corrupt" : "unreadable";
}

async function restore(files, target) {
  const database = openSync(target, "w");
  try {
    for (const { name, file } of restoreChain(files)) {
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

/** By the SQLite in Node.js 22.13 or newer; an older Node.js asks `sqlite3` on the PATH. */
async function integrity(file) {
  const { DatabaseSync } = await import("node:sqlite").catch(() => ({}));
  if (DatabaseSync === undefined) {
    return execFileSync("sqlite3", ["-readonly", file, "PRAGMA integrity_check(3)"], { encoding: "utf8" }).trim();
  }
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const rows = database.prepare("PRAGMA integrity_check(3)").all();
    return rows.map(({ integrity_check: line }) => line).join("; ");
  } finally {
    database.close();
  }
}
