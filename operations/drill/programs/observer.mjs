// Reads followed databases several times a second, and records when each row was there first. Takes no lock: what
// is being written just then is looked at again the next time. Needs Node.js and the sqlite3 program.
//
// Usage: node observer.mjs SETTINGS.json
import { spawn } from "node:child_process";
import { existsSync, openSync, readFileSync, writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const { sqlite3, observations, databases, everySeconds, endsAt } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const record = openSync(observations, "a");
if (endsAt !== undefined) setTimeout(() => process.exit(), endsAt - Date.now());
const newest = new Map();
const shell = spawn(sqlite3, ["-batch"], { stdio: ["pipe", "pipe", "ignore"] });
let text = "";
let swept = () => {};

shell.stdout.setEncoding("utf8").on("data", (chunk) => {
  text += chunk;
  const lines = text.split("\n");
  text = lines.pop();
  for (const line of lines) {
    if (line === "swept") swept();
    else note(line);
  }
});
shell.on("exit", () => process.exit(1));

for (;;) {
  const startedAt = Date.now();
  await sweep();
  await sleep(Math.max(20, everySeconds * 1000 - (Date.now() - startedAt)));
}

function sweep() {
  const queries = databases
    .filter(({ path }) => existsSync(path))
    .map(
      ({ name, path }) =>
        `.open --readonly "file:${encodeURI(path)}?immutable=1"\nSELECT '${name} ' || max(id) || ' ' || CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) FROM drill_rows;\n`,
    );
  return new Promise((resolve) => {
    swept = resolve;
    shell.stdin.write(`${queries.join("")}.open :memory:\nSELECT 'swept';\n`);
  });
}

function note(line) {
  const [, database, id, at] = /^(\S+) (\d+) (\d+)$/.exec(line) ?? [];
  if (database === undefined || newest.get(database) === id) return;
  newest.set(database, id);
  writeSync(record, `${JSON.stringify({ database, id: Number(id), at: Number(at) })}\n`);
}
