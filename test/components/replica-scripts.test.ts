import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type JobPath, shippedProgram } from "../../programs/bundle";
import { missingPrograms, realPrograms } from "../real-programs";
import { ReplicaServer } from "./replica-server";
import { runScript, startServer } from "./script-run";

const path = "litestream/term-1";
const { sqlite3 = "", litestream = "" } = realPrograms;

/** What Litestream notes at each file. */
const litestreamTime = "2026-11-21T11:04:05.123Z";

/** Files of one database as real Litestream wrote them: a snapshot, and transactions after it. */
interface Written {
  readonly name: string;
  readonly body: Buffer;
}

function writtenByLitestream(directory: string, ...more: readonly string[]): Written[] {
  const [live, replica] = [join(directory, "live.db"), join(directory, "replica")];
  const sql = (statements: string) => execFileSync(sqlite3, [live], { input: statements, stdio: "pipe" });
  const configuration = join(directory, "litestream.yml");
  const dbs = [{ path: live, replica: { type: "file", path: replica } }];
  writeFileSync(configuration, JSON.stringify({ logging: { level: "error" }, dbs }));
  const send = (...flags: string[]) =>
    execFileSync(litestream, ["replicate", "-once", ...flags, "-config", configuration], { stdio: "ignore" });
  sql(
    `PRAGMA journal_mode=wal; CREATE TABLE "odd ""name"""(x); CREATE TABLE work(id INTEGER PRIMARY KEY, body TEXT);
     WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<300) INSERT INTO work(body) SELECT hex(randomblob(100)) || 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' FROM n;`,
  );
  send("-force-snapshot");
  for (const step of [
    "INSERT INTO work(body) VALUES ('one');",
    "UPDATE work SET body = 'two' WHERE id < 50;",
    `DELETE FROM work WHERE id > 100; DROP TABLE "odd ""name"""; VACUUM;`,
    ...more,
  ]) {
    sql(step);
    send();
  }
  const files = readdirSync(replica, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.map((entry) => {
    const file = join(entry.parentPath, entry.name);
    return { name: file.slice(replica.length + 1), body: readFileSync(file) };
  });
}

const missing = missingPrograms("sqlite3", "litestream");

describe.skipIf(missing !== "")(`scripts about replicas that real Litestream wrote${missing}`, () => {
  let directory: string;
  let written: Written[];
  let server: ReplicaServer;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "replica-scripts-"));
    mkdirSync(join(directory, "replica"));
    written = writtenByLitestream(directory);
  }, 30_000);
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  beforeEach(async () => {
    server = await ReplicaServer.start();
    server.put("failover/lease.json", JSON.stringify({ version: 1, path }));
    return () => server.stop();
  });

  function send(
    database: string,
    change: (file: Written) => Buffer | undefined = ({ body }) => body,
    writtenAt = new Date(),
  ) {
    for (const file of written) {
      const body = change(file);
      if (body !== undefined) server.put(`replicas/${path}/${database}/${file.name}`, body, writtenAt, litestreamTime);
    }
  }

  async function run(job: JobPath, databases: readonly unknown[], more: Readonly<Record<string, string>> = {}) {
    const slack = await startServer(() => ({ status: 200 }));
    const result = await runScript(shippedProgram(job).text, {
      ...server.env,
      ...more,
      DATABASES: JSON.stringify(databases),
      SLACK_WEBHOOK: slack.url,
      CHANNEL: "#ops",
    });
    const messages = slack.received.map(({ body }) => JSON.parse(body.toString()).text as string);
    return { ...result, messages };
  }

  const newest = (files: readonly Written[]) =>
    files
      .map(({ name }) => name)
      .sort()
      .filter((name) => name.startsWith("ltx/0/"))
      .at(-1);
  const test = (...names: string[]) =>
    run(
      "programs/jobs/restore-replicas.ts",
      names.map((name) => ({ name, staleAfterSeconds: 3600, unwritten: name === "new" })),
    );

  it("restore what is sound, and are silent", async () => {
    send("sound");
    const { exitCode, messages, output } = await test("sound", "new");
    expect({ exitCode, messages }).toEqual({ exitCode: 0, messages: [] });
    expect(output).toMatch(/^sound: restored, \d+ files in the store/m);
  });

  it("find what is missing, stale, truncated, corrupt or has a gap, in one message", async () => {
    const last = newest(written);
    const of = (change: (body: Buffer) => Buffer) => (file: Written) =>
      file.name === last ? change(file.body) : file.body;
    send("stale", undefined, new Date(Date.now() - 2 * 3_600_000));
    send(
      "truncated",
      of((body) => body.subarray(0, body.length - 200)),
    );
    send(
      "cut-short",
      of((body) => body.subarray(0, 50)),
    );
    send(
      "corrupt",
      of((body) => Buffer.from(body.map((byte, at) => (at === body.length - 20 ? byte ^ 1 : byte)))),
    );
    send("gap", (file) => (/ltx\/0\/0{15}[23]-/.test(file.name) ? undefined : file.body));
    send("sound");
    const { exitCode, messages, output } = await test(
      "stale",
      "truncated",
      "cut-short",
      "corrupt",
      "gap",
      "gone",
      "sound",
    );
    expect(exitCode).toBe(1);
    expect(messages).toHaveLength(1);
    expect(messages[0]).toContain("• stale: stale: its newest transaction is 120 min old, 60 min are allowed");
    expect(messages[0]).toContain("• gone: missing: the store holds nothing of it");
    expect(messages[0]).toMatch(/• truncated: (truncated|corrupt): /);
    expect(messages[0]).toMatch(/• cut-short: truncated: /);
    expect(messages[0]).toMatch(/• corrupt: corrupt: .*checksum does not match/);
    expect(messages[0]).toMatch(/• gap: corrupt: the files between transaction \d+ and \d+ are gone/);
    expect(messages[0]).not.toContain("• sound");
    expect(output).not.toContain("storage-token");
  });

  it("find what SQLite finds damaged, and a file that is another one's", async () => {
    const other = mkdtempSync(join(directory, "damaged-"));
    mkdirSync(join(other, "replica"));
    const forbidden = "UPDATE sqlite_schema SET sql = 'CREATE TABLE t(x NOT NULL)' WHERE name = 't'";
    const files = writtenByLitestream(
      other,
      `CREATE TABLE t(x); INSERT INTO t VALUES (NULL); PRAGMA writable_schema = ON; ${forbidden};`,
    );
    for (const { name, body } of files) server.put(`replicas/${path}/damaged/${name}`, body);
    const [first] = written.filter(({ name }) => name.startsWith("ltx/0/"));
    send("swapped", ({ name, body }) => (name === newest(written) ? first?.body : body));
    const { exitCode, messages } = await test("damaged", "swapped");
    expect(exitCode).toBe(1);
    expect(messages[0]).toMatch(/• damaged: damaged: NULL value in t\.x/);
    expect(messages[0]).toMatch(/• swapped: corrupt: .*: it holds 0{15}\d-0{15}\d\.ltx/);
  });

  it("ask about tables that are gone, or lost most of their rows, since a snapshot of the day before", async () => {
    const ago = (hours: number) => new Date(Date.now() - hours * 3_600_000);
    send("lately", undefined, ago(10));
    send("yesterday", undefined, ago(25));
    const databases = ["lately", "yesterday"].map((name) => ({ name, staleAfterSeconds: null, unwritten: false }));
    const { exitCode, messages } = await run("programs/jobs/restore-replicas.ts", databases);
    expect(exitCode).toBe(1);
    expect(messages).toEqual([
      ":rotating_light: Restore test: backups are broken\n" +
        '• yesterday: shrunk: table odd "name" is gone; 25 h ago it had 0 rows\n' +
        "• yesterday: shrunk: table work has 100 rows; 25 h ago it had 300",
    ]);
  });

  it("say that nothing could be tested when the store refuses", async () => {
    const { exitCode, messages } = await run("programs/jobs/restore-replicas.ts", []).then(async () => {
      server.blobs.set("failover/lease.json", { body: Buffer.from("{}"), writtenAt: new Date() });
      return test("sound");
    });
    expect(exitCode).toBe(1);
    expect(messages[0]).toContain("no backup could be tested: the lease has no path");
  });

  it("look at Azure's own backups of a PostgreSQL server", async () => {
    send("sound");
    const hours = (age: number) => ({
      properties: { completedTime: new Date(Date.now() - age * 3_600_000).toISOString() },
    });
    const settings = {
      AZURE_MANAGEMENT: server.url,
      POSTGRES_SERVER_ID: "/subscriptions/s/pg",
      POSTGRES_STALE_AFTER_SECONDS: "129600",
    };
    const look = () => run("programs/jobs/restore-replicas.ts", [], settings);
    expect((await look()).messages[0]).toContain("• pg: missing: Azure has no backup of the server");
    server.serverBackups = [hours(90), hours(40)];
    expect((await look()).messages[0]).toContain("• pg: stale: Azure's newest backup is 40 h old");
    server.serverBackups = [hours(90), hours(2)];
    expect(await look()).toMatchObject({ exitCode: 0, messages: [] });
  });

  it("copy what a restore needs, once, within the store", async () => {
    send("sound");
    expect((await run("programs/jobs/copy-replicas.ts", ["sound", "new"])).exitCode).toBe(0);
    const copied = server.names("copies/litestream").map((name) => name.slice("copies/".length));
    expect(copied.length).toBeGreaterThan(1);
    for (const name of copied)
      expect(server.blobs.get(`copies/${name}`)).toMatchObject({
        body: server.blobs.get(`replicas/${name}`)?.body,
        litestreamTime,
      });
    expect(server.copies.every(({ authorization }) => authorization === "Bearer storage-token")).toBe(true);
    const [lease] = server.names("copies/leases/");
    expect(server.blobs.get(lease ?? "")?.body.toString()).toBe(JSON.stringify({ path }));

    const before = server.copies.length;
    expect((await run("programs/jobs/copy-replicas.ts", ["sound"])).exitCode).toBe(0);
    expect(server.copies).toHaveLength(before);

    // The copies alone restore.
    for (const name of server.names("replicas/")) server.blobs.delete(name);
    for (const name of copied) server.put(`replicas/${name}`, server.blobs.get(`copies/${name}`)?.body ?? "");
    expect((await test("sound")).exitCode).toBe(0);
  });

  it("take what another run has copied meanwhile for copied, and no other conflict", async () => {
    send("sound");
    await run("programs/jobs/copy-replicas.ts", ["sound"]);
    server.unlisted = "copies/";
    expect(await run("programs/jobs/copy-replicas.ts", ["sound"])).toMatchObject({ exitCode: 0, messages: [] });
    server.copyIsForbidden = true;
    expect(await run("programs/jobs/copy-replicas.ts", ["sound"])).toMatchObject({ exitCode: 0, messages: [] });
    server.conflict = "ContainerBeingDeleted";
    expect((await run("programs/jobs/copy-replicas.ts", ["sound"])).messages).toEqual([
      expect.stringContaining("answered 409"),
    ]);
  });

  it("tell when the lease leads to nothing: somebody may have changed it", async () => {
    const { exitCode, messages } = await run("programs/jobs/copy-replicas.ts", ["sound"]);
    expect(exitCode).toBe(1);
    expect(messages).toEqual([expect.stringContaining(`there is nothing below ${path}`)]);
  });

  it("copy through the job where the firewall keeps the store from itself, and tell what could not be copied", async () => {
    server.copyIsForbidden = true;
    send("sound");
    send("gap", (file) => (/ltx\/0\/0{15}[23]-/.test(file.name) ? undefined : file.body));
    const { exitCode, messages } = await run("programs/jobs/copy-replicas.ts", ["sound", "gap"]);
    expect(exitCode).toBe(1);
    expect(messages).toEqual([expect.stringMatching(/Backups were not copied\n• gap: the files between/)]);
    const [first = ""] = server.names(`copies/${path}/sound`);
    const { body } = server.blobs.get(first.replace("copies/", "replicas/")) ?? {};
    expect(server.blobs.get(first)).toMatchObject({ body, litestreamTime });
  });
});
