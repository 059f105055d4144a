// Takes the place of the programs that write the primary's databases. Every row that SQLite says is committed is recorded outside the
// host's own directories, so that a drill knows afterwards what there was to lose. Needs Node.js and the sqlite3 program.
//
// Usage: node writer.mjs SETTINGS.json
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { openSync, readFileSync, writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const { sqlite3, host, seed, ledger, databases, endsAt } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const record = openSync(ledger, "a");
if (endsAt !== undefined) setTimeout(() => process.exit(), endsAt - Date.now());
const origin = `${host}-${Date.now()}`;
const prepare = `PRAGMA busy_timeout = 10000;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS drill_rows (id INTEGER PRIMARY KEY, origin TEXT NOT NULL, n INTEGER NOT NULL, payload TEXT NOT NULL);
`;

for (const [index, database] of databases.entries()) void write(database, index);

async function write(database, index) {
  const { name, path, everySeconds, notBefore } = database;
  const random = randomOf(seed + index);
  if (notBefore !== undefined) await sleep(Math.max(0, notBefore - Date.now()));
  await sleep(random() * everySeconds * 1000);
  let shell = openShell(path);
  for (let n = 1; ; n += 1) {
    const payload = createHash("sha256").update(`${seed}:${name}:${origin}:${n}`).digest("hex");
    const id = await shell.insert(n, payload);
    // SQLite refused, or its program ended: nothing was committed that we know of.
    if (id === undefined) {
      await sleep(1000);
      shell = openShell(path);
    } else writeSync(record, `${JSON.stringify({ database: name, origin, n, id, at: Date.now() })}\n`);
    await sleep((0.5 + random()) * everySeconds * 1000);
  }
}

/** One sqlite3 process that keeps the database open, as a program that uses it would. */
function openShell(path) {
  const child = spawn(sqlite3, ["-batch", "-bail", path], { stdio: ["pipe", "pipe", "ignore"] });
  let text = "";
  let waiting = () => {};
  child.stdin.on("error", () => {});
  child.on("error", () => waiting(undefined));
  child.on("close", () => {
    waiting(undefined);
    waiting = (answer) => answer;
  });
  child.stdout.setEncoding("utf8").on("data", (chunk) => {
    text += chunk;
    const done = /^committed (\d+)\n/m.exec(text);
    if (done === null) return;
    text = "";
    waiting(Number(done[1]));
  });
  child.stdin.write(prepare);
  return {
    insert: (n, payload) =>
      new Promise((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) return resolve(undefined);
        waiting = resolve;
        // The second statement runs only when the first is committed: -bail ends the program at an error.
        child.stdin.write(
          `INSERT INTO drill_rows (origin, n, payload) VALUES ('${origin}', ${n}, '${payload}');\nSELECT 'committed ' || last_insert_rowid();\n`,
        );
      }),
  };
}

/** Numbers from 0 to 1 that a seed repeats (mulberry32). */
function randomOf(start) {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
