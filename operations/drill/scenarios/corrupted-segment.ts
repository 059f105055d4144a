import { DrillError } from "../drill-error";
import { check } from "../evidence/evidence";
import { databasesOf, inspectDatabases } from "../hosts/host-databases";
import { processesWith } from "../phases/agents";
import { waitForArrival } from "../phases/arrivals";
import { reachSteadyState } from "../phases/steady-state";
import { waitFor } from "../wait";
import { onlyLocally, type Scenario } from "./scenario";

const recoverySeconds = 300;

export const corruptedSegment: Scenario = {
  name: "corrupted-segment",
  description: "A file of one database's replica is overwritten in the store before the standby has read it.",
  endState:
    "The standby applies nothing of it. When Litestream has compacted past it, the database is restored and followed again; the primary and all other databases are untouched.",
  hindrance: onlyLocally,
  run: async (site, { steadySeconds }) => {
    const { forge, anvil, timeline, local } = site;
    await site.start();
    await reachSteadyState(site, steadySeconds / 2);
    const [database] = databasesOf(forge.settings);
    const lease = await site.lease();
    if (database === undefined || lease === undefined || local === undefined)
      throw new DrillError("there is nothing to corrupt");
    const named = await processesWith(forge, database.path);
    const followers = (await processesWith(forge, "restore -f")).filter((pid) => named.includes(pid));
    for (const pid of followers) await forge.shell(`kill -STOP ${pid}`);
    const prefix = `${lease.path}/${database.name}/`;
    const blob = await waitFor(
      "the store has a new file",
      30,
      () => local.attacks.newestFileAfter(prefix, Date.now() - 1_000),
      site,
    );
    await local.attacks.overwrite(blob);
    timeline.note("store", `${blob.slice(lease.path.length + 1)} is overwritten`);
    for (const pid of followers) await forge.shell(`kill -CONT ${pid}`);
    const seconds = await waitForArrival(site, recoverySeconds);
    timeline.note(forge.name, "has every row again");
    const found = await inspectDatabases(forge, [database.path]);
    const live = await inspectDatabases(anvil, [database.path]);
    const integrity = found.get(database.path)?.integrity ?? "absent";
    const primary = live.get(databasesOf(anvil.settings)[0]?.path ?? "")?.integrity ?? "ok";
    return {
      databases: [],
      checks: [
        check("the database is followed again", `within ${recoverySeconds} s`, `after ${seconds.toFixed(1)} s`, true),
        check("the standby's copy", "ok", integrity, integrity === "ok"),
        check("the primary's database", "ok", primary, primary === "ok"),
      ],
    };
  },
};
