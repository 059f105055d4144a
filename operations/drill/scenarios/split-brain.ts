import { setTimeout as sleep } from "node:timers/promises";
import { check } from "../evidence/drill-evidence";
import { failOver, runFailover } from "../phases/fail-over";
import { reachSteadyState } from "../phases/following";
import { hasRole, readCommittedRows } from "../phases/host-state";
import { findMissingRows, listQuarantine, readKeptRows } from "../phases/kept-rows";
import { waitFor } from "../wait";
import { requireLocalSite, type Scenario } from "./scenario";

const bothSeconds = 15;
const returnSeconds = 120;

export const splitBrain: Scenario = {
  name: "split-brain",
  description: "The primary lives and writes, and cannot reach the store; the standby takes over all the same.",
  endState:
    "Without a word that the primary is lost, the failover is refused. With it, each term's path has one writer; the old primary puts what it wrote meanwhile into quarantine, and follows.",
  hindrance: requireLocalSite,
  run: async (site, { steadySeconds }) => {
    const { anvil, forge, timeline } = site;
    await site.start();
    await reachSteadyState(site, steadySeconds / 2);
    timeline.note(anvil.name, "cannot reach the store any more");
    site.local?.anvil.link.set("refused");
    const refused = await runFailover({ to: forge, from: forge, options: ["--yes", "--json"] });
    timeline.note(forge.name, `failover refused with exit code ${refused.exitCode}: ${anvil.name} answers`);
    await failOver(site, { to: forge, from: forge, options: ["--primary-is-lost", "--yes", "--json"] });
    const took = await site.lease();
    await sleep(bothSeconds * 1000, undefined, { signal: site.signal });
    const alone = (await readCommittedRows(anvil)).filter(({ at }) => at > Date.parse(took?.takenAt ?? "")).length;
    timeline.note(anvil.name, "reaches the store again");
    site.local?.anvil.link.set("open");
    const term = took?.term ?? 0;
    await waitFor(`${anvil.name} follows in term ${term}`, returnSeconds, () => hasRole(anvil, "standby", term), site);
    timeline.note(anvil.name, `standby, term ${term}`);
    const quarantine = await listQuarantine(anvil);
    const all = await readCommittedRows(anvil);
    const missing = findMissingRows(all, await readKeptRows([anvil, forge]));
    const after = await site.lease();
    return {
      databases: [],
      checks: [
        check(
          "refused while the primary answers",
          "exit code 5",
          `exit code ${refused.exitCode}`,
          refused.exitCode === 5,
        ),
        check("both wrote for a while", "some rows", `${alone} rows of ${anvil.name}`, alone > 0),
        check(
          "what the old primary wrote is in quarantine",
          "some databases",
          `${quarantine.length} databases`,
          quarantine.length > 0,
        ),
        check("no row is lost", `${all.length} rows`, `${all.length - missing.length} rows`, missing.length === 0),
        check(
          "nobody took the lease back",
          `${forge.name}, term ${term}`,
          `${after?.primary}, term ${after?.term}`,
          after?.primary === forge.name && after.term === term,
        ),
      ],
    };
  },
};
