import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { raiseAlarm } from "../../../operations/restore-test/alarm";
import { newestTransaction, replicaFiles } from "../../../operations/restore-test/backup-source";
import { tableRows } from "../../../operations/restore-test/postgres/test-dumps";
import { keepReport, readKnownRows, reportLines } from "../../../operations/restore-test/report-pages";
import { inspectSqlite, restoreReplica } from "../../../operations/restore-test/test-replicas";
import type { TestReport } from "../../../operations/restore-test/test-report";
import { ageFindings } from "../../../operations/restore-test/verdict";
import { backupPromises } from "../../../stacks/alai/alai-hosts";
import { loadAlaiInventory } from "../../../stacks/alai/inventory";
import { startServer } from "../../components/script-run";
import { frozenInventory } from "../../frozen-inventory";
import { realPrograms } from "../../real-programs";

const report: TestReport = {
  version: 1,
  stack: "prod",
  at: "2026-11-21T11:00:00.000Z",
  source: "system-db-backups/litestream/term-1",
  databases: [
    { database: "tasks", tier: "P0-critical", findings: [], rows: { work: 3, done: 4 }, ageSeconds: 61 },
    { database: "costs", tier: "P1", findings: [{ kind: "missing", message: "nothing <!channel> there" }] },
  ],
};

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "restore-report-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe("what the inventory promises", () => {
  const promises = new Map(
    backupPromises(loadAlaiInventory(frozenInventory)).map((promise) => [promise.database, promise]),
  );

  it("is the tier's, or the database's own", () => {
    expect(promises.size).toBe(69);
    expect(promises.get("mission-control")).toMatchObject({ staleAfterSeconds: 86_400, lossSeconds: 61 });
    expect(promises.get("flywheel")).toMatchObject({ lossSeconds: 90 });
    expect(promises.get("contracts")).toMatchObject({ tier: "P0-financial", staleAfterSeconds: 90 * 86_400 });
    expect(promises.get("vcr")?.staleAfterSeconds).toBeUndefined();
  });

  it("is compared with the live database, to the second", () => {
    const [tasks] = [promises.get("tasks")];
    if (tasks === undefined) throw new Error("no tasks");
    const sent = new Date(0);
    const behind = (seconds: number) =>
      ageFindings(tasks, sent, new Date(1e12), { changedAt: new Date(seconds * 1000) });
    expect(behind(61)).toEqual([]);
    expect(behind(62)).toMatchObject([{ kind: "stale" }]);
  });

  it("does not blame a database that was quiet until a moment ago, but for what the tier allows", () => {
    const tasks = promises.get("tasks");
    if (tasks === undefined) throw new Error("no tasks");
    const judged = (now: number, changedAt: number) =>
      ageFindings(tasks, new Date(0), new Date(now * 1000), { changedAt: new Date(changedAt * 1000) });
    expect(judged(3600, 3600 - 61)).toEqual([]);
    expect(judged(3600, 3700)).toEqual([]);
    expect(judged(3600, 3600 - 62)).toMatchObject([{ kind: "stale" }]);
    expect(judged(1e9, 1e9)).toMatchObject([{ kind: "stale" }]);
  });
});

describe("the files of a replica", () => {
  const name = (level: number, first: string, last: string) =>
    `term/tasks/ltx/${level}/${first.padStart(16, "0")}-${last.padStart(16, "0")}.ltx`;
  const blob = (text: string, second: number) => ({ name: text, bytes: 1, writtenAt: new Date(second * 1000) });

  it("are those of the term, and tell when the newest transaction was first sent", () => {
    const files = replicaFiles("term", [
      blob(name(0, "1", "a"), 10),
      blob(name(0, "b", "b"), 20),
      blob(name(9, "1", "b"), 500),
      blob("term/tasks/other", 900),
      blob(name(0, "f", "f").replace("term", "term-2"), 900),
    ]).get("tasks");
    expect(files).toHaveLength(3);
    expect(newestTransaction(files ?? [])).toEqual({ transaction: "000000000000000b", sentAt: new Date(20_000) });
    expect(newestTransaction([])).toBeUndefined();
  });
});

describe.skipIf(realPrograms.sqlite3 === undefined)("SQLite (needs sqlite3)", () => {
  it("finds a file damaged that opens", async () => {
    const file = join(directory, "a.db");
    const fill =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<900) INSERT INTO t SELECT i FROM n;";
    execFileSync(realPrograms.sqlite3 ?? "", [file], { input: `CREATE TABLE t(x); CREATE INDEX i ON t(x); ${fill}` });
    expect(await inspectSqlite(realPrograms.sqlite3 ?? "", file)).toEqual({ damage: [], rows: { t: 900 } });
    const bytes = readFileSync(file);
    bytes.fill(0xff, bytes.length - 4096);
    writeFileSync(file, bytes);
    expect((await inspectSqlite(realPrograms.sqlite3 ?? "", file)).damage.length).toBeGreaterThan(0);
  });
});

describe("a restore by Litestream that fails", () => {
  it.each([
    ["unrestorable", "write restored.db.tmp: no space left on device"],
    ["unrestorable", "Get https://x/: dial tcp 10.0.0.1:443: connect: connection refused"],
    ["unrestorable", "DefaultAzureCredential: failed to acquire a token"],
    ["truncated", "decode header: unexpected EOF"],
    ["corrupt", "decode database: file checksum mismatch"],
  ])("is %s after: %s", async (kind, message) => {
    const litestream = join(directory, "litestream");
    writeFileSync(litestream, `#!/bin/sh\necho "$SAYS" >&2\nexit 1\n`, { mode: 0o755 });
    vi.stubEnv("SAYS", message);
    const lease = { container: "failover", blob: "lease.json" };
    const source = { account: "a", endpoint: "http://127.0.0.1:1", container: "c", lease };
    expect(await restoreReplica(litestream, source, "term/tasks", directory)).toEqual({ kind, message });
    vi.unstubAllEnvs();
    // Killed, it says nothing.
    writeFileSync(litestream, "#!/bin/sh\nexit 124\n", { mode: 0o755 });
    const killed = await restoreReplica(litestream, source, "term/tasks", directory);
    expect(killed).toEqual({
      kind: "unrestorable",
      message: "Litestream ended with exit code 124 and said nothing",
    });
  });
});

describe("the rows of a PostgreSQL database", () => {
  it("belong to their tables in whatever order the counts come, and whatever the tables are called", async () => {
    const answers = ['public.a|b\u001f"a|b"\npublic.c\u001fc\n', "1\u001f7\n0\u001f300\n"];
    const psql = async () => ({ exitCode: 0, stdout: answers.shift() ?? "", stderr: "" });
    expect(await tableRows(psql, "mission_control")).toEqual({ rows: { "public.a|b": 300, "public.c": 7 } });
  });
});

describe("the report", () => {
  it("is a table with what is wrong below it", () => {
    expect(reportLines(report)).toEqual([
      "Database  Tier         Result   Age   Rows  Restored in",
      "tasks     P0-critical  ok       61 s  7     –",
      "costs     P1           missing  –     –     –",
      "missing: costs: nothing <!channel> there",
    ]);
  });

  it("is kept, and the rows of what is sound with it", () => {
    writeFileSync(join(directory, "known-rows.json"), JSON.stringify({ costs: { old: 9 }, tasks: { work: 1 } }));
    keepReport(directory, report);
    expect(readKnownRows(directory)).toEqual({ costs: { old: 9 }, tasks: { work: 3, done: 4 } });
    keepReport(directory, { ...report, databases: [{ database: "tasks", tier: "P0-critical", findings: [] }] });
    expect(readKnownRows(directory)).toMatchObject({ tasks: { work: 3, done: 4 } });
    keepReport(directory, report);
    expect(JSON.parse(readFileSync(join(directory, "report.json"), "utf8"))).toEqual(report);
    expect(readFileSync(join(directory, "report.md"), "utf8")).toContain("| tasks | P0-critical | ok | 61 s | 7 | – |");
    writeFileSync(join(directory, "known-rows.json"), "{");
    expect(() => readKnownRows(directory)).toThrow(/is not what a restore test wrote/);
  });

  it("raises one alarm, and only when something is wrong", async () => {
    const slack = await startServer(() => ({ status: 200 }));
    expect(await raiseAlarm(slack.url, { ...report, databases: report.databases.slice(0, 1) })).toBeUndefined();
    expect(slack.received).toEqual([]);
    expect(await raiseAlarm(slack.url, report)).toBeUndefined();
    const [message] = slack.received.map(({ body }) => JSON.parse(body.toString()).text);
    expect(message).toBe(
      ":rotating_light: Restore test of prod: 1 of 2 backups restore; broken: costs (missing)\n• costs: missing: nothing &lt;!channel&gt; there",
    );
  });

  it("says that nobody was told, without the webhook's address", async () => {
    const slack = await startServer(() => ({ status: 500 }));
    expect(await raiseAlarm(slack.url, report)).toBe("Slack answered 500; nobody was told");
    expect(await raiseAlarm("http://127.0.0.1:1/secret", report)).toBe(
      "Slack did not answer (TypeError); nobody was told",
    );
  });
});
