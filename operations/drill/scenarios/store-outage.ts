import { setTimeout as sleep } from "node:timers/promises";
import { check } from "../evidence/drill-evidence";
import { runFailover } from "../phases/fail-over";
import { reachSteadyState, waitForArrival } from "../phases/following";
import { hasRole, readCommittedRows } from "../phases/host-state";
import { requireLocalSite, type Scenario } from "./scenario";

const catchUpSeconds = 180;

export const storeOutage: Scenario = {
  name: "store-outage",
  description: "The store refuses connections, and then swallows them.",
  endState:
    "The primary goes on serving and writing; a failover is refused; afterwards it confirms its term and replicates again, and no row is missing.",
  hindrance: requireLocalSite,
  run: async (site, { steadySeconds, outageSeconds }) => {
    await site.start();
    await reachSteadyState(site, steadySeconds / 2);
    const before = await site.lease();
    const links = [site.local?.anvil.link, site.local?.forge.link];
    const began = site.timeline.note("store", "refuses connections");
    for (const link of links) link?.set("refused");
    await sleep((outageSeconds * 1000) / 2, undefined, { signal: site.signal });
    site.timeline.note("store", "swallows connections");
    for (const link of links) link?.set("silent");
    const failover = await runFailover({ to: site.forge, from: site.forge, options: ["--yes", "--json"] });
    await sleep(Math.max(0, began + outageSeconds * 1000 - Date.now()), undefined, { signal: site.signal });
    const stillPrimary = await hasRole(site.anvil, "primary", 1);
    const ended = site.timeline.note("store", "answers again");
    for (const link of links) link?.set("open");
    const meanwhile = (await readCommittedRows(site.anvil)).filter(({ at }) => at > began && at < ended).length;
    const seconds = await waitForArrival(site, catchUpSeconds);
    site.timeline.note(site.forge.name, "has every row again");
    const after = await site.lease();
    return {
      databases: [],
      checks: [
        check(
          "the primary goes on",
          "primary, and its programs write",
          `${stillPrimary ? "primary" : "not primary"}, ${meanwhile} rows`,
          stillPrimary && meanwhile > 0,
        ),
        check(
          "a failover without the lease is refused",
          "exit code not 0",
          `exit code ${failover.exitCode}`,
          failover.exitCode !== 0,
        ),
        check("the term is as it was", String(before?.term), String(after?.term), before?.term === after?.term),
        check("every row is with the standby", `within ${catchUpSeconds} s`, `after ${seconds.toFixed(1)} s`, true),
      ],
    };
  },
};
