import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { endLeftover, lives } from "../../../programs/host/agents/child";
import { followedCopy } from "../../../programs/host/agents/follow/copies";
import { askForHandover, nextTerm } from "../../../programs/host/lease/lease";
import { ReplicaHeadsBlob } from "../../../programs/host/lease/replica-heads";
import { azurite, commandLines, keys, litestream, type Name, RealPair, readJson, sqlite3, until } from "./real-pair";

const missing = [
  litestream === undefined ? "Litestream" : "",
  azurite === undefined ? "Azurite" : "",
  sqlite3 === undefined ? "sqlite3" : "",
].filter((name) => name !== "");

const now = (): string => new Date().toISOString();
let directory = "";
let pair: RealPair;

/** The rows that a reader of the standby's copy sees. */
function copied(name: Name, database: string): string {
  try {
    return pair.sql(`file:${followedCopy(pair.root(name), database)}?immutable=1`, "SELECT group_concat(x) FROM rows");
  } catch {
    return "";
  }
}

/** The report on what a host has set aside last. */
function report(name: Name): Readonly<Record<string, unknown>> {
  const [latest = ""] = readdirSync(join(pair.root(name), "aside"))
    .sort()
    .reverse();
  const { databases } = readJson(join(pair.root(name), "aside", latest, "report.json"));
  return typeof databases === "object" && databases !== null ? Object.fromEntries(Object.entries(databases)) : {};
}

function everyFile(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== "secrets.env")
    .map((entry) => join(entry.parentPath, entry.name));
}

describe.skipIf(missing.length > 0)(
  `two hosts with Litestream${missing.length > 0 ? ` (missing: ${missing.join(", ")})` : ""}`,
  () => {
    beforeAll(async () => {
      directory = mkdtempSync(join(tmpdir(), "real-pair-"));
      pair = await RealPair.begin(directory, ["tasks", "torn", "empty", "later", "p2-cache"]);
      for (const database of ["tasks", "torn", "p2-cache"]) {
        pair.sql(
          pair.path("anvil", database),
          "CREATE TABLE rows (x INTEGER PRIMARY KEY); INSERT INTO rows VALUES (1)",
        );
      }
      writeFileSync(pair.path("anvil", "empty"), "");
      for (const name of ["anvil", "forge"] as const) pair.start(name);
      // Azurite starts slowly on a busy machine.
    }, 60_000);

    afterAll(async () => {
      await pair?.end();
      rmSync(directory, { recursive: true, force: true });
    }, 60_000);

    it("the first term: the primary sends, the standby follows, also what appears later; no secret shows", async () => {
      await until(
        "tasks and torn are followed",
        () => copied("forge", "tasks") === "1" && copied("forge", "torn") === "1",
      );
      pair.sql(pair.path("anvil", "later"), "CREATE TABLE rows (x INTEGER PRIMARY KEY); INSERT INTO rows VALUES (7)");
      pair.sql(pair.path("anvil", "tasks"), "INSERT INTO rows VALUES (2)");
      await until(
        "new rows are followed",
        () => copied("forge", "tasks") === "1,2" && copied("forge", "later") === "7",
      );
      const followers = join(pair.root("forge"), "state", "followers.json");
      const databases = () => Object(readJson(followers).databases);
      await until(
        "the followers say so",
        () => databases().tasks?.lagSeconds === 0 && databases().later?.state === "following",
      );
      expect(Object.keys(databases()).sort()).toEqual(["empty", "later", "tasks", "torn"]);
      const shown = [
        ...commandLines(),
        ...pair.said,
        ...everyFile(pair.directory).map((file) => readFileSync(file, "latin1")),
      ];
      expect(shown.filter((text) => keys.some((key) => text.includes(key)))).toEqual([]);
    });

    it("new credentials: what the store refuses changes nothing; with the right ones Litestream starts again, and sends", async () => {
      const state = join(pair.root("anvil"), "state", "replication-p0.json");
      const { litestream: before } = readJson(state);
      pair.writeSecrets("anvil", Buffer.from("of another account").toString("base64"));
      await until("it is told", () => /do not open the store \(403/.test(String(readJson(state).problem)));
      expect(readJson(state).litestream).toBe(before);
      expect(pair.role("anvil").problem).toBeUndefined();
      pair.writeSecrets("anvil", keys[1]);
      await until(
        "another process",
        () => typeof readJson(state).litestream === "number" && readJson(state).litestream !== before,
      );
      pair.sql(pair.path("anvil", "tasks"), "INSERT INTO rows VALUES (3)");
      await until("it sends", () => copied("forge", "tasks") === "1,2,3");
    });

    it("new credentials: followers go on until others have a copy", async () => {
      const before = pair.litestreams("forge");
      pair.writeSecrets("forge", keys[1]);
      await until("all are others", () => {
        expect(copied("forge", "tasks")).toBe("1,2,3");
        const now = pair.litestreams("forge");
        return now.length === before.length && !now.some((pid) => before.includes(pid));
      });
      expect([copied("forge", "later"), copied("forge", "torn")]).toEqual(["7", "1"]);
    });

    it("the primary is lost: the standby takes over what was sent, and of a replica that is torn what can be read", async () => {
      await pair.crash("anvil");
      const { path } = await pair.change((lease) => lease);
      await pair
        .container()
        .getBlockBlobClient(`${path}/torn/ltx/0/0000000000000002-0000000000000002.ltx`)
        .upload("torn", 4);
      // As half of a transaction would be that Litestream applied before it found the damage: SQLite sees nothing wrong with it.
      pair.sql(followedCopy(pair.root("forge"), "torn"), "UPDATE rows SET x = 999");
      pair.sql(pair.path("anvil", "tasks"), "INSERT INTO rows VALUES (1000)");
      await pair.change((lease) => nextTerm(lease, "forge", "anvil is lost", now()));
      await until("forge is primary", () => pair.role("forge").role === "primary");
      expect(readJson(join(pair.root("forge"), "state", "promotion.json")).databases).toMatchObject({
        tasks: { from: "adopted" },
        torn: { from: "restored", txid: "0000000000000001", lost: 1 },
        empty: { from: "adopted" },
        "p2-cache": { from: "restored" },
      });
      for (const [database, rows] of [
        ["tasks", "1,2,3"],
        ["torn", "1"],
        ["later", "7"],
        ["p2-cache", "1"],
      ] as const) {
        expect(pair.sql(pair.path("forge", database), "SELECT group_concat(x) FROM rows; PRAGMA integrity_check")).toBe(
          `${rows}\nok`,
        );
      }
      pair.sql(pair.path("forge", "tasks"), "INSERT INTO rows VALUES (4)");
    });

    it("the lost primary returns: what it alone has is set aside, and it follows", async () => {
      pair.start("anvil");
      await until("anvil follows", () => copied("anvil", "tasks") === "1,2,3,4");
      expect(report("anvil")).toMatchObject({
        tasks: { unsent: "unknown" },
        later: { unsent: "none" },
        "p2-cache": { unsent: "none" },
      });
      const aside = join(pair.root("anvil"), "aside");
      const [directory = ""] = readdirSync(aside);
      expect(pair.sql(join(aside, directory, "tasks.db"), "SELECT group_concat(x) FROM rows")).toBe("1,2,3,1000");
      expect(readdirSync(join(pair.root("anvil"), "databases"))).toEqual([]);
    });

    it("a handover loses nothing", async () => {
      pair.sql(pair.path("forge", "tasks"), "INSERT INTO rows VALUES (5)");
      await pair.change((lease) => askForHandover(lease, "anvil", now()));
      await until("forge is fenced", async () => (await pair.change((lease) => lease)).phase.kind === "fenced");
      expect(pair.litestreams("forge")).toEqual([]);
      // A follower sleeps until it is told of something to fetch, also of what was sent last.
      const { path, phase: ended } = await pair.change((lease) => lease);
      const told = await new ReplicaHeadsBlob(pair.container("failover"), "p0").read();
      expect(told).toMatchObject({ path, databases: ended.kind === "fenced" ? ended.positions : {} });
      const { phase } = await pair.change((lease) => nextTerm(lease, "anvil", "planned", now()));
      expect(phase.kind).toBe("serving");
      await until("anvil is primary", () => pair.role("anvil").role === "primary");
      expect(pair.sql(pair.path("anvil", "tasks"), "SELECT group_concat(x) FROM rows")).toBe("1,2,3,4,5");
      await until("forge follows", () => copied("forge", "tasks") === "1,2,3,4,5");
      for (const database of Object.values(report("forge"))) expect(database).toMatchObject({ unsent: "none" });
      expect(Object.keys(report("forge"))).toContain("tasks");
    });
  },
);

describe("what a killed agent has left running", () => {
  it("is ended when it is what the agent starts, and left alone when the id is somebody else's by now", async () => {
    const directory = mkdtempSync(join(tmpdir(), "leftover-"));
    const file = join(directory, "x.pid");
    const child = spawn("sleep", ["60"], { stdio: "ignore" });
    const gone = new Promise((resolve) => child.once("exit", resolve));
    try {
      writeFileSync(file, `${child.pid}\n`);
      endLeftover(file, "/opt/litestream");
      expect(lives(child.pid ?? 0)).toBe(true);
      writeFileSync(file, `${child.pid}\n`);
      execFileSync("kill", ["-STOP", String(child.pid)]);
      endLeftover(file, "sleep");
      await gone;
      expect(child.signalCode).toBe("SIGKILL");
    } finally {
      child.kill("SIGKILL");
      rmSync(directory, { recursive: true });
    }
  });
});
