import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { followedCopy } from "../../../programs/host/agents/follow/copies";
import { writeWish } from "../../../programs/host/agents/lease/predecessors";
import { azurite, keys, litestream, RealPair, sqlite3, until } from "./real-pair";

const missing = litestream === undefined || azurite === undefined || sqlite3 === undefined;
const label = "com.alai.litestream";

describe.skipIf(missing)(
  `a Litestream from before and ours${missing ? " (needs litestream, azurite, sqlite3)" : ""}`,
  () => {
    let directory = "";
    let pair: RealPair;
    const agents = () => join(directory, "agents");
    const list = () => join(agents(), `${label}.plist`);
    const theirs = () => join(directory, "theirs.yml");
    const pid = () => join(directory, "theirs.pid");
    const database = () => pair.path("anvil", "tasks");
    const insert = (row: number) => pair.sql(database(), `INSERT INTO rows VALUES (${row})`);

    /** The rows that the standby follows. */
    const followed = () => {
      const copy = followedCopy(pair.root("forge"), "tasks");
      if (!existsSync(copy)) return "";
      return pair.sql(`file:${copy}?immutable=1`, "SELECT group_concat(x) FROM rows");
    };

    /** The rows that a restore of what was sent to a path gives. */
    function restored(path: string): string {
      const configuration = join(directory, "restore.yml");
      const copy = join(directory, "restored.db");
      writeFileSync(configuration, pair.litestreamConfiguration([{ name: "tasks", path: database() }], path));
      rmSync(copy, { force: true });
      try {
        const env = { ...process.env, LITESTREAM_AZURE_ACCOUNT_KEY: keys[0] };
        execFileSync(litestream ?? "", ["restore", "-config", configuration, "-o", copy, database()], {
          env,
          stdio: "pipe",
        });
      } catch {
        return "nothing to restore";
      }
      return pair.sql(copy, "SELECT group_concat(x) FROM rows; PRAGMA integrity_check").replace("\nok", "");
    }

    /** Where ours send: the lease says so. */
    const ourPath = async () => (await pair.change((lease) => lease)).path;

    const wish = (wanted: "replaced" | "running") => writeWish(pair.root("anvil"), wanted);
    const isPrimary = () => pair.role("anvil").role === "primary";

    beforeAll(async () => {
      directory = mkdtempSync(join(tmpdir(), "before-"));
      mkdirSync(agents());
      // launchd, as far as it is asked: theirs is loaded while its process is there.
      const launchctl = join(directory, "launchctl");
      const loaded = `kill -0 $(cat ${pid()} 2>/dev/null) 2>/dev/null`;
      const run = `LITESTREAM_AZURE_ACCOUNT_KEY=${keys[0]} ${litestream} replicate -config ${theirs()} </dev/null >/dev/null 2>&1 & echo $! > ${pid()}`;
      const verbs = [
        `print) ${loaded} || exit 113;;`,
        `bootout) kill $(cat ${pid()}); while ${loaded}; do sleep 0.1; done;;`,
        `bootstrap) ${run};;`,
      ];
      writeFileSync(launchctl, `#!/bin/sh\ncase $1 in\n${verbs.join("\n")}\nesac\n`);
      chmodSync(launchctl, 0o755);
      pair = await RealPair.begin(directory, ["tasks"], {
        agentsDirectory: agents(),
        predecessors: [{ label, does: "replicate" }],
        programs: { litestream: litestream ?? "", sqlite3: sqlite3 ?? "", node: process.execPath, launchctl },
      });
      writeFileSync(theirs(), pair.litestreamConfiguration([{ name: "tasks", path: database() }], "theirs"));
      writeFileSync(list(), "a list");
      pair.sql(database(), "CREATE TABLE rows (x INTEGER PRIMARY KEY); INSERT INTO rows VALUES (1)");
      execFileSync(launchctl, ["bootstrap"]);
      for (const name of ["anvil", "forge"] as const) pair.start(name);
    }, 60_000);

    afterAll(async () => {
      await pair?.end();
      execFileSync("sh", ["-c", `kill -9 $(cat ${pid()}) 2>/dev/null; true`]);
      rmSync(directory, { recursive: true, force: true });
    }, 60_000);

    it("loses no row when ours replace it, it comes back, and ours replace it again in the same term", async () => {
      // Of more transactions than ours will have captured, so that the two number what follows differently.
      for (const row of [-3, -2, -1]) {
        insert(row);
        await until("theirs has sent it", () => restored("theirs").split(",").includes(String(row)));
      }
      pair.sql(database(), "DELETE FROM rows WHERE x < 0");
      await until("theirs has sent", () => restored("theirs") === "1");
      expect(pair.role("anvil").problem).toContain(`${label} replicates as before`);

      wish("replaced");
      await until("ours replicate", isPrimary);
      insert(2);
      await until("the standby has it", () => followed() === "1,2");
      const path = await ourPath();
      expect([restored(path), restored("theirs")]).toEqual(["1,2", "1"]);

      wish("running");
      await until("theirs replicates", () => existsSync(list()) && !isPrimary());
      insert(3);
      await until("theirs has sent what both wrote", () => restored("theirs") === "1,2,3");
      expect(restored(path)).toBe("1,2");

      wish("replaced");
      await until("ours replicate again", isPrimary);
      insert(4);
      await until("the standby has it all", () => followed() === "1,2,3,4");
      expect([await ourPath(), restored(path), restored("theirs")]).toEqual([path, "1,2,3,4", "1,2,3"]);
    }, 120_000);
  },
);
