import { check } from "../evidence/drill-evidence";
import { maximumLoss } from "../evidence/drill-targets";
import { failOver, waitUntilReady } from "../phases/fail-over";
import { reachSteadyState } from "../phases/following";
import { hasRole, readCommittedRows, readObservations, readRole } from "../phases/host-state";
import { measureDatabases } from "../phases/measure-databases";
import { waitFor } from "../wait";
import { requireLocalSite, type Scenario } from "./scenario";

/** How far the standby's clock is ahead. */
const aheadSeconds = 600;
const returnSeconds = 120;

export const clockSkew: Scenario = {
  name: "clock-skew",
  description: `The standby's agents have a clock that is ${aheadSeconds / 60} minutes ahead.`,
  endState:
    "Nothing is decided by comparing clocks: the failover works, one term follows the other, and the way back too.",
  hindrance: requireLocalSite,
  run: async (site, { steadySeconds }) => {
    const { anvil, forge, timeline } = site;
    site.local?.forge.skewClock(aheadSeconds);
    await site.start();
    const since = await reachSteadyState(site, steadySeconds / 2);
    await anvil.lose();
    const failedAt = timeline.note(anvil.name, "lost: agents and programs killed");
    await failOver(site, { to: forge, from: forge, options: ["--yes", "--json"] });
    const committed = (await readCommittedRows(anvil)).filter(({ at }) => at >= since);
    const loss = { committed, observed: await readObservations(forge), failedAt, seed: site.seed };
    const databases = await measureDatabases(forge, loss);
    const beyond = databases.filter((database) => database.secondsLost > maximumLoss(database));
    await anvil.comeBack();
    const second = await site.lease();
    await waitFor(`${anvil.name} follows`, returnSeconds, () => hasRole(anvil, "standby", second?.term ?? 0), site);
    const order = { to: anvil, from: anvil, options: ["--back", "--planned", "--yes", "--json"] };
    await waitUntilReady(site, order);
    await failOver(site, order);
    const third = await site.lease();
    const role = await readRole(anvil);
    return {
      databases,
      checks: [
        check(
          "nothing lost beyond the lag",
          "no database",
          beyond.map(({ name }) => name).join(", ") || "no database",
          beyond.length === 0,
        ),
        check(
          "terms follow one another",
          "2, 3",
          `${second?.term}, ${third?.term}`,
          second?.term === 2 && third?.term === 3,
        ),
        check("the way back", `${anvil.name} primary`, `${role?.role}`, role?.role === "primary"),
      ],
    };
  },
};
