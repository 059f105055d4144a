import { check } from "../evidence/drill-evidence";
import { failOver } from "../phases/fail-over";
import { reachSteadyState } from "../phases/following";
import { listLoadedAgents } from "../phases/host-agents";
import { hasRole } from "../phases/host-state";
import { waitFor } from "../wait";
import { requireLocalSite, type Scenario } from "./scenario";

const returnSeconds = 120;

export const vaultDown: Scenario = {
  name: "vault-down",
  description: "No vault answers, and both hosts are started from nothing but what lies on their disks.",
  endState:
    "Agents start, follow and fail over: each host has its secrets in a file of its own, and asks nobody for them.",
  hindrance: requireLocalSite,
  run: async (site, { steadySeconds }) => {
    const { anvil, forge, timeline } = site;
    // On this machine there is no vault at all.
    await site.start();
    await reachSteadyState(site, steadySeconds / 4);
    await site.beforeInterruption("end both hosts' agents, start them again, and fail over, without a vault");
    for (const host of [anvil, forge]) await host.lose();
    timeline.note("both", "lost");
    await forge.comeBack();
    timeline.note(forge.name, "comes back");
    const { promoted, decided } = await failOver(site, { to: forge, from: forge, options: ["--yes", "--json"] });
    await anvil.comeBack();
    timeline.note(anvil.name, "comes back");
    await waitFor(`${anvil.name} follows`, returnSeconds, () => hasRole(anvil, "standby", 2), site);
    timeline.note(anvil.name, "standby, term 2");
    const agents = [...(await listLoadedAgents(anvil)), ...(await listLoadedAgents(forge))];
    const running = agents.filter(({ pid }) => pid !== undefined).length;
    return {
      databases: [],
      checks: [
        check("agents run without a vault", `${agents.length}`, `${running}`, running === agents.length),
        check(
          "the failover works without a vault",
          "promoted",
          `after ${((promoted - decided) / 1000).toFixed(1)} s`,
          true,
        ),
      ],
    };
  },
};
