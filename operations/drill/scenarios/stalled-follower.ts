import { DrillError } from "../../programs/external-program";
import { check } from "../evidence/drill-evidence";
import { listDatabases } from "../hosts/host-databases";
import { checkOthersFollowed, reachSteadyState, waitForArrival } from "../phases/following";
import { findFollowers, stallFollower } from "../phases/host-agents";
import { readCommittedRows } from "../phases/host-state";
import { waitFor } from "../wait";
import { possible, type Scenario } from "./scenario";

/** Beyond the time after which a follower counts as stalled. */
const watchdogSeconds = 60;

export const stalledFollower: Scenario = {
  name: "stalled-follower",
  description: "The process that follows one database stands still, and does not end.",
  endState: "The watchdog ends it and restores again; the database is followed as before, the others never stopped.",
  hindrance: possible,
  run: async (site, { steadySeconds }) => {
    const { anvil, forge, timeline } = site;
    await site.start();
    await reachSteadyState(site, steadySeconds / 2);
    // Nothing follows what was never written.
    const written = new Set((await readCommittedRows(anvil)).map(({ database: name }) => name));
    const database = listDatabases(forge.settings).find((one) => one.followedByStandby && written.has(one.name));
    if (database === undefined) throw new DrillError(`nothing that ${forge.name} follows is written on ${anvil.name}`);
    await site.beforeInterruption(`stop the process that follows ${database.name} on ${forge.name}`);
    const stalled = await stallFollower(forge, database);
    const began = timeline.note(forge.name, `the follower of ${database.name} stands still`);
    const patience = forge.settings.timing.stalledSeconds + watchdogSeconds;
    const isReplaced = async () => {
      const now = await findFollowers(forge, database);
      return now.length > 0 && !now.includes(stalled.pid);
    };
    await waitFor(`the follower of ${database.name} is started again`, patience, isReplaced, site).finally(
      stalled.stop,
    );
    const noticed = (timeline.note(forge.name, `the follower of ${database.name} was started again`) - began) / 1000;
    const until = Date.now();
    const seconds = await waitForArrival(site, patience);
    timeline.note(forge.name, "has every row again");
    return {
      databases: [],
      checks: [
        check("the watchdog starts it again", `within ${patience} s`, `after ${noticed.toFixed(1)} s`, true),
        check("every row is with the standby", `within ${patience} s`, `after ${seconds.toFixed(1)} s`, true),
        await checkOthersFollowed(site, { troubled: database, since: began, until }),
      ],
    };
  },
};
