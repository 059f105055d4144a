import { DrillError } from "../drill-error";
import { check } from "../evidence/evidence";
import { databasesOf } from "../hosts/host-databases";
import { processesWith } from "../phases/agents";
import { waitForArrival } from "../phases/arrivals";
import { reachSteadyState } from "../phases/steady-state";
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
    const { forge, timeline } = site;
    await site.start();
    await reachSteadyState(site, steadySeconds / 2);
    const [database] = databasesOf(forge.settings);
    if (database === undefined) throw new DrillError("the inventory has no database");
    const [stalled] = await processesWith(forge, `restore -f`).then((all) => withPath(site, all, database.path));
    if (stalled === undefined) throw new DrillError(`${forge.name} has no process that follows ${database.name}`);
    await site.beforeInterruption(`stop the process that follows ${database.name} on ${forge.name}`);
    await forge.shell(`kill -STOP ${stalled}`);
    const began = timeline.note(forge.name, `the follower of ${database.name} stands still`);
    const patience = forge.settings.timing.stalledSeconds + watchdogSeconds;
    const isReplaced = async () => {
      const now = await withPath(site, await processesWith(forge, "restore -f"), database.path);
      return now.length > 0 && !now.includes(stalled);
    };
    await waitFor(`the follower of ${database.name} is started again`, patience, isReplaced, site);
    const noticed = (timeline.note(forge.name, `the follower of ${database.name} was started again`) - began) / 1000;
    const seconds = await waitForArrival(site, patience);
    timeline.note(forge.name, "has every row again");
    return {
      databases: [],
      checks: [
        check("the watchdog starts it again", `within ${patience} s`, `after ${noticed.toFixed(1)} s`, true),
        check("every row is with the standby", `within ${patience} s`, `after ${seconds.toFixed(1)} s`, true),
      ],
    };
  },
};

/** Those of the processes that follow a database: its path, and nothing that only begins like it. */
async function withPath(
  { forge }: Parameters<Scenario["run"]>[0],
  processes: readonly number[],
  path: string,
): Promise<readonly number[]> {
  const named = await processesWith(forge, path);
  return processes.filter((pid) => named.includes(pid));
}
