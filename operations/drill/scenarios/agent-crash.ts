import type { DrillSite } from "../drill-site";
import { type Check, check } from "../evidence/drill-evidence";
import type { DrillHost } from "../hosts/drill-host";
import { reachSteadyState, waitForArrival } from "../phases/following";
import { killAgent, listLoadedAgents } from "../phases/host-agents";
import { hasRole } from "../phases/host-state";
import { waitFor } from "../wait";
import { possible, type Scenario } from "./scenario";

const restartSeconds = 60;
const catchUpSeconds = 150;

export const agentCrash: Scenario = {
  name: "agent-crash",
  description: "Every agent of both hosts is killed, one host after the other.",
  endState: "launchd starts them again, roles and term are as they were, and no row is missing on the standby.",
  hindrance: possible,
  run: async (site, { steadySeconds }) => {
    await site.start();
    await reachSteadyState(site, steadySeconds / 2);
    const before = await site.lease();
    const checks: Check[] = [];
    for (const host of [site.anvil, site.forge]) checks.push(await crashAll(site, host));
    const seconds = await waitForArrival(site, catchUpSeconds);
    site.timeline.note(site.forge.name, "has every row again");
    const after = await site.lease();
    const roles = (await hasRole(site.anvil, "primary", 1)) && (await hasRole(site.forge, "standby", 1));
    const lease = (one: typeof before) => `${one?.primary}, term ${one?.term}`;
    checks.push(
      check("the lease is as it was", lease(before), lease(after), lease(before) === lease(after)),
      check("roles are as they were", "yes", roles ? "yes" : "no", roles),
      check("every row is with the standby", `within ${catchUpSeconds} s`, `after ${seconds.toFixed(1)} s`, true),
    );
    return { databases: [], checks };
  },
};

async function crashAll(site: DrillSite, host: DrillHost): Promise<Check> {
  const before = await listLoadedAgents(host);
  await site.beforeInterruption(`kill every agent of ${host.name}, one after the other`);
  for (const agent of before) await killAgent(host, agent);
  site.timeline.note(host.name, `${before.length} agents killed`);
  const killed = new Map(before.map(({ label, pid }) => [label, pid]));
  const isBack = async () =>
    (await listLoadedAgents(host)).every(({ label, pid }) => pid !== undefined && pid !== killed.get(label));
  await waitFor(`every agent of ${host.name} runs again`, restartSeconds, isBack, site);
  site.timeline.note(host.name, "all of them run again");
  const count = (await listLoadedAgents(host)).length;
  return check(`agents of ${host.name} run again`, `${before.length}`, `${count}`, count === before.length);
}
