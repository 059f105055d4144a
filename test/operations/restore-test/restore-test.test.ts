import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ReplicasTest, testReplicas } from "../../../operations/restore-test/test-replicas";
import type { KnownRows, TestReport } from "../../../operations/restore-test/test-report";
import type { BackupPromise } from "../../../stacks/system-hosts";
import { ends, runCommand } from "../../cli/run-command";
import { startServer } from "../../components/script-run";
import { missingPrograms, realPrograms } from "../../real-programs";
import { EmulatedStore } from "./emulated-store";

const path = "litestream/term-1-20261121T110405Z";
const sent = ["sound", "tasks", "truncated", "corrupt", "ahead", "shrunk"];
const rows = 60;

function promise(database: string): BackupPromise {
  return { database, tier: "P0-critical", staleAfterSeconds: 3600, unwritten: false, lossSeconds: 61 };
}

const skipped = missingPrograms("litestream", "azurite", "sqlite3");

describe.skipIf(skipped !== "")(`restore test on real Litestream and a real blob store${skipped}`, () => {
  let store: EmulatedStore;

  beforeAll(async () => {
    store = await EmulatedStore.start();
    for (const name of sent) {
      store.sql(
        name,
        `CREATE TABLE work(id INTEGER PRIMARY KEY, body TEXT); CREATE TABLE "odd ""name"""(x);
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<${rows}) INSERT INTO work(body) SELECT hex(randomblob(200)) FROM n;`,
      );
    }
    store.replicate(path, sent);
    await store.spoil(`${path}/truncated`, (bytes) => bytes.subarray(0, bytes.length / 2));
    await store.spoil(`${path}/corrupt`, (bytes) => {
      const middle = Math.floor(bytes.length / 2);
      bytes.writeUInt8(bytes.readUInt8(middle) ^ 0xff, middle);
      return bytes;
    });
  }, 30_000);

  afterAll(() => store?.stop());

  async function test(names: readonly string[], more: Partial<ReplicasTest> = {}): Promise<TestReport> {
    const { litestream = "", sqlite3 = "" } = realPrograms;
    return testReplicas({
      stack: "prod",
      source: store.settings,
      promises: names.map(promise),
      programs: { litestream, sqlite3 },
      now: new Date(),
      ...more,
    });
  }

  function found({ databases }: TestReport): Record<string, readonly string[]> {
    return Object.fromEntries(databases.map(({ database, findings }) => [database, findings.map(({ kind }) => kind)]));
  }

  it("calls everything missing while there is no lease", async () => {
    expect(found(await test(["sound"]))).toEqual({ sound: ["missing"] });
  });

  it("restores what is sound, and tells missing, truncated and corrupt apart", async () => {
    await store.writeLease(path);
    const report = await test(["sound", "truncated", "corrupt", "never-sent"]);
    expect(found(report)).toEqual({
      sound: [],
      truncated: ["truncated"],
      corrupt: ["corrupt"],
      "never-sent": ["missing"],
    });
    expect(report.databases[0]).toMatchObject({
      rows: { work: rows, 'odd "name"': 0 },
      transaction: "0000000000000001",
    });
    expect(report.source).toBe(`system-db-backups/${path}`);
  });

  it("calls stale what is older than its tier allows", async () => {
    const later = new Date(Date.now() + 3_700_000);
    const report = await test(["sound"], { now: later });
    expect(found(report)).toEqual({ sound: ["stale"] });
    expect(report.databases[0]?.findings[0]?.message).toMatch(/ is 1 h( 1 min)? old|62 min old/);
    const quiet = { ...promise("sound"), staleAfterSeconds: undefined };
    const unwritten = { ...promise("never-sent"), unwritten: true };
    expect(found(await test([], { now: later, promises: [quiet, unwritten] }))).toEqual({
      sound: [],
      "never-sent": [],
    });
    const knownRows = { "never-sent": { work: 3 } };
    expect(found(await test([], { promises: [unwritten], knownRows }))).toEqual({ "never-sent": ["missing"] });
  });

  it("compares with the live database where it is at hand", async () => {
    expect(found(await test(["sound"], { live: store.directory }))).toEqual({ sound: [] });
    store.sql("ahead", "INSERT INTO work(body) VALUES ('not sent');");
    const report = await test(["ahead"], { live: store.directory });
    expect(found(report)).toEqual({ ahead: ["shrunk"] });
    expect(report.databases[0]?.findings[0]?.message).toBe("table work has 60 rows; the live database has 61");
  });

  it("asks about a table that lost most of its rows since it was last sound", async () => {
    const known: KnownRows = { shrunk: { work: 200, gone: 5 }, sound: { work: 61 } };
    const report = await test(["shrunk", "sound"], { knownRows: known });
    expect(found(report)).toEqual({ shrunk: ["shrunk", "shrunk"], sound: [] });
  });

  it("says so when the store cannot be read, which is no statement about backups", async () => {
    const source = { ...store.settings, endpoint: "http://127.0.0.1:1/devstoreaccount1" };
    await expect(test(["sound"], { source })).rejects.toThrow(/^the lease failover\/lease.json cannot be read at http/);
  });

  it("finds the path in the copies of the lease, whatever became of the lease", async () => {
    await store.replicas.uploadBlockBlob("leases/2026-11-20T000000.000Z.json", '{"path":"litestream/term-0"}', 28);
    const source = { ...store.settings, lease: { container: "system-db-backups", newestBelow: "leases/" } };
    expect(found(await test(["sound"], { source }))).toEqual({ sound: ["missing"] });
    const text = JSON.stringify({ path });
    await store.replicas.uploadBlockBlob("leases/2026-11-21T000000.000Z.json", text, text.length);
    expect(found(await test(["sound"], { source }))).toEqual({ sound: [] });
  });

  it("is a command: a report, its files, an alarm, exit code 1; the store's key is in none of them", async () => {
    const slack = await startServer(() => ({ status: 200 }));
    const { account, endpoint, accountKey = "" } = store.settings;
    const output = join(store.directory, "report");
    const {
      exitCode,
      output: printed,
      errors,
    } = await runCommand(
      [
        "restore-test",
        "--stack",
        "prod",
        "--database",
        "tasks",
        "--database",
        "hivemind",
        "--json",
        "--output",
        output,
      ],
      {
        BACKUP_STORE_ACCOUNT: account,
        BACKUP_STORE_ENDPOINT: endpoint,
        LITESTREAM_AZURE_ACCOUNT_KEY: accountKey,
        LITESTREAM: realPrograms.litestream ?? "",
        RESTORE_TEST_SLACK_WEBHOOK: slack.url,
      },
    );
    expect(exitCode).toBe(1);
    expect(found(JSON.parse(printed))).toEqual({ hivemind: ["missing"], tasks: [] });
    expect(ends(errors)[1]).toBe(
      "restore-test · stack prod · 1 of 2 backups restore; broken: hivemind (missing), exit code 1",
    );
    expect(slack.received).toHaveLength(1);
    const files = readdirSync(output).map((name) => readFileSync(join(output, name), "utf8"));
    expect(files).toHaveLength(3);
    expect([printed, errors, ...files].join("\n")).not.toContain(accountKey);
  });
});
