import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ledgerPath } from "../../../operations/drill/hosts/drill-agents";
import type { DrillHost } from "../../../operations/drill/hosts/drill-host";
import { inspectCopy, inspectDatabases } from "../../../operations/drill/hosts/host-databases";
import { checkOneWriterPerTerm, findMissingRows, readKeptRows } from "../../../operations/drill/phases/kept-rows";
import { checkSecrets } from "../../../operations/drill/scenarios/host-loss";
import { executableOnPath, runProgram } from "../../../operations/programs/external-program";
import { hostSettings } from "./host-settings-sample";

const sqlite3 = executableOnPath("sqlite3");
const canary = "canary-4711-not-a-real-key==";
let directory: string;
let host: DrillHost;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "dh-"));
  for (const name of ["home/etc", "home/agents", "home/databases", "home/aside/term-1-x", "record"]) {
    mkdirSync(join(directory, name), { recursive: true });
  }
  writeFileSync(
    join(directory, "home", "etc", "secrets.env"),
    `AZURE_TENANT_ID=public\nLITESTREAM_AZURE_ACCOUNT_KEY=${canary}\n`,
  );
  chmodSync(join(directory, "home", "etc", "secrets.env"), 0o600);
  const settings = hostSettings({ root: join(directory, "home"), launchctl: "/bin/false" });
  host = {
    name: "anvil",
    settings: { ...settings, programs: { ...settings.programs, sqlite3: sqlite3 ?? "" } },
    recordDirectory: join(directory, "record"),
    shell: (script, options) => runProgram("/bin/sh", ["-c", script], options),
    lose: async () => Date.now(),
    comeBack: async () => {},
  };
});

afterEach(() => rmSync(directory, { recursive: true }));

describe("secrets", () => {
  it("may be in their own file, and nothing is left of the search", async () => {
    writeFileSync(join(directory, "home", "etc", "host.json"), '{ "tenant": "public" }');
    expect(await checkSecrets(host)).toMatchObject({ passed: true });
    expect((await runProgram("ls", [join(directory, "record")])).stdout).toBe("");
  });

  it("are found in another file, on a command line, and in a file that others can read", async () => {
    writeFileSync(join(directory, "home", "agents", "one.plist"), `<string>${canary}</string>`);
    expect((await checkSecrets(host)).measured).toContain("agents/one.plist");
    rmSync(join(directory, "home", "agents", "one.plist"));
    const state = join(directory, "state");
    mkdirSync(state);
    writeFileSync(join(state, "hosts.json"), canary);
    expect((await checkSecrets(host, state)).measured).toContain("state/hosts.json");
    const careless = spawn("sh", ["-c", `sleep 20; : ${canary}`]);
    expect(await checkSecrets(host)).toMatchObject({ measured: "a command line", passed: false });
    careless.kill("SIGKILL");
    await new Promise((resolve) => careless.once("exit", resolve));
    chmodSync(join(directory, "home", "etc", "secrets.env"), 0o640);
    expect((await checkSecrets(host)).measured).toContain("etc/secrets.env");
  });
});

describe.skipIf(sqlite3 === undefined)("databases on a host (needs sqlite3)", () => {
  const make = (path: string, origin: string, rows: number) =>
    runProgram(sqlite3 ?? "", [
      path,
      `CREATE TABLE drill_rows (id INTEGER PRIMARY KEY, origin TEXT, n INTEGER, payload TEXT);
       WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < ${rows})
       INSERT INTO drill_rows (origin, n, payload) SELECT '${origin}', i, hex(randomblob(400)) FROM c`,
    ]);

  it("are told apart: whole, empty, absent, damaged", async () => {
    const path = (name: string) => join(directory, "home", "databases", name);
    await make(path("whole.db"), "anvil-1", 2);
    writeFileSync(path("empty.db"), "");
    await make(path("damaged.db"), "anvil-1", 50);
    await runProgram("dd", [
      "if=/dev/urandom",
      `of=${path("damaged.db")}`,
      "bs=1024",
      "seek=8",
      "count=12",
      "conv=notrunc",
    ]);
    await runProgram(sqlite3 ?? "", [path("other.db"), "CREATE TABLE other (id INTEGER)"]);
    const names = ["whole.db", "empty.db", "absent.db", "damaged.db", "other.db"];
    const found = await inspectDatabases(host, names.map(path));
    expect(names.map((name) => found.get(path(name))?.integrity)).toEqual(["ok", "empty", "absent", "damaged", "ok"]);
    expect(found.get(path("whole.db"))?.rows).toMatchObject([{ origin: "anvil-1", n: 1 }, { n: 2 }]);
    expect((await inspectCopy(host, path("whole.db"))).rows).toHaveLength(2);
  });

  it("rows count as kept where a deposed primary's databases are in quarantine", async () => {
    await make(join(directory, "home", "databases", "tasks.db"), "anvil-1", 2);
    await make(join(directory, "home", "aside", "term-1-x", "tasks.db"), "anvil-1", 3);
    const committed = [1, 2, 3, 4].map((n) => ({ database: "tasks", origin: "anvil-1", n, id: n, at: n }));
    const missing = findMissingRows(committed, await readKeptRows([host]));
    expect(missing.map(({ n }) => n)).toEqual([4]);
  });

  it("a term's replicas with rows that another host committed after the term began have two writers", async () => {
    // Restores what lies under the path: `litestream restore -config … -o <output> <database>`.
    const litestream = join(directory, "litestream");
    writeFileSync(litestream, `#!/bin/sh\ncp "${directory}/$REPLICA_PATH/$(basename "$6")" "$5"\n`, { mode: 0o755 });
    const { settings } = host;
    const anvil = { ...host, settings: { ...settings, programs: { ...settings.programs, litestream } } };
    const forge = { ...anvil, name: "forge", recordDirectory: join(directory, "forge") };
    mkdirSync(forge.recordDirectory);
    mkdirSync(join(directory, "term-2"));
    await make(join(directory, "term-2", "tasks.db"), "anvil-1", 3);
    const ledger = [1, 2, 3].map((n) =>
      JSON.stringify({ database: "tasks", origin: "anvil-1", n, id: n, at: n * 1000 }),
    );
    writeFileSync(ledgerPath(anvil), ledger.map((line) => `${line}\n`).join(""));
    const site = { anvil, forge };
    const began = (beganAt: number) => [{ term: 2, primary: "forge", path: "term-2", beganAt }];
    expect(await checkOneWriterPerTerm(site, began(3000))).toMatchObject({
      measured: "nobody's in 3 rows",
      passed: true,
    });
    expect(await checkOneWriterPerTerm(site, began(2000))).toMatchObject({
      measured: "1 rows of tasks in term 2",
      passed: false,
    });
    expect(await checkOneWriterPerTerm(site, [])).toMatchObject({ passed: false });
  });
});
