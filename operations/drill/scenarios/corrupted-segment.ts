import { DrillError } from "../../programs/drill-error";
import { check } from "../evidence/evidence";
import { databasesOf, inspectCopy, inspectDatabases } from "../hosts/host-databases";
import { waitForArrival } from "../phases/arrivals";
import { stallFollower } from "../phases/followers";
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
    const stalled = await stallFollower(forge, database);
    const prefix = `${lease.path}/${database.name}/`;
    const newest = () => local.attacks.newestFileAfter(prefix, Date.now() - 1_000);
    const file = await waitFor("the store has a new file", 30, newest, site);
    await local.attacks.overwrite(file);
    timeline.note("store", `${file.slice(lease.path.length + 1)} is overwritten`);
    await stalled.stop();
    const seconds = await waitForArrival(site, recoverySeconds);
    timeline.note(forge.name, "has every row again");
    const { integrity } = await inspectCopy(forge, site.copyPath(database));
    const livePath = databasesOf(anvil.settings)[0]?.path ?? "";
    const live = (await inspectDatabases(anvil, [livePath])).get(livePath)?.integrity ?? "absent";
    return {
      databases: [],
      checks: [
        check("the database is followed again", `within ${recoverySeconds} s`, `after ${seconds.toFixed(1)} s`, true),
        check("the standby's copy", "ok", integrity, integrity === "ok"),
        check("the primary's database", "ok", live, live === "ok"),
      ],
    };
  },
};
