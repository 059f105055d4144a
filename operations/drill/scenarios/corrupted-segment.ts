import { quoteForShell } from "../../../lib/shell-quote";
import type { HostDatabase } from "../../../programs/host/host-settings";
import { DrillError } from "../../programs/external-program";
import { check } from "../evidence/drill-evidence";
import type { DrillHost } from "../hosts/drill-host";
import { inspectCopy, inspectDatabases, listDatabases } from "../hosts/host-databases";
import { checkOthersFollowed, reachSteadyState, waitForArrival } from "../phases/following";
import { stallFollower } from "../phases/host-agents";
import { waitFor } from "../wait";
import { requireLocalSite, type Scenario } from "./scenario";

const meetSeconds = 60;
const recoverySeconds = 300;

export const corruptedSegment: Scenario = {
  name: "corrupted-segment",
  description:
    "The end of a file of one database's replica is overwritten in the store before the standby has read it.",
  endState:
    "The standby meets it, and does not get past it until Litestream's next snapshot, from which the database is restored and followed again; the primary and all other databases are untouched.",
  hindrance: requireLocalSite,
  run: async (site, { steadySeconds }) => {
    const { forge, anvil, timeline, local } = site;
    await snapshotEachMinute(anvil);
    await site.start();
    await reachSteadyState(site, steadySeconds / 2);
    const [database] = listDatabases(forge.settings);
    const lease = await site.lease();
    if (database === undefined || lease === undefined || local === undefined)
      throw new DrillError("there is nothing to corrupt");
    const stalled = await stallFollower(forge, database);
    const prefix = `${lease.path}/${database.name}/`;
    // The store's times are whole seconds: what is from a second later was not there when the follower stopped.
    const stalledAt = Date.now() + 1_000;
    const newest = () => local.attacks.newestFileAfter(prefix, stalledAt);
    const file = await waitFor("the store has a new file", 30, newest, site);
    await local.attacks.damage(file);
    const since = timeline.note("store", `${file.slice(lease.path.length + 1)} is damaged`);
    await stalled.stop();
    await waitFor(`${forge.name} meets it`, meetSeconds, () => hasMetDamage(forge, database), site);
    timeline.note(forge.name, `${database.name}: Litestream cannot apply it`);
    const seconds = await waitForArrival(site, recoverySeconds);
    const until = timeline.note(forge.name, "has every row again");
    await waitForArrival(site, recoverySeconds);
    const { integrity } = await inspectCopy(forge, site.copyPath(database));
    const livePath = listDatabases(anvil.settings)[0]?.path ?? "";
    const live = (await inspectDatabases(anvil, [livePath])).get(livePath)?.integrity ?? "absent";
    return {
      databases: [],
      checks: [
        check("the database is followed again", `within ${recoverySeconds} s`, `after ${seconds.toFixed(1)} s`, true),
        check("the standby's copy", "ok", integrity, integrity === "ok"),
        check("the primary's database", "ok", live, live === "ok"),
        await checkOthersFollowed(site, { troubled: database, since, until }),
      ],
    };
  },
};

/** On the hosts it is an hour until the next; nothing else of their configuration is changed. */
async function snapshotEachMinute(host: DrillHost): Promise<void> {
  for (const { configuration } of host.settings.replication) {
    const file = quoteForShell(configuration);
    const { exitCode } = await host.shell(
      `sed 's/^  interval: .*/  interval: 1m/' ${file} > ${file}.new && ! cmp -s ${file} ${file}.new && mv ${file}.new ${file}`,
    );
    if (exitCode !== 0) throw new DrillError(`${configuration} has no snapshot interval to shorten`);
  }
}

/** The follow agent writes down what Litestream complains of. */
async function hasMetDamage(host: DrillHost, { name }: HostDatabase): Promise<boolean> {
  const log = quoteForShell(`${host.settings.root}/logs/follow.log`);
  const { exitCode } = await host.shell(`grep -q ${quoteForShell(` ${name}: .*apply ltx file`)} ${log}`);
  return exitCode === 0;
}
