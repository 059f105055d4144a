import { setTimeout as sleep } from "node:timers/promises";
import { DrillError } from "../../programs/external-program";
import { check } from "../evidence/drill-evidence";
import { areIntact, listDatabases } from "../hosts/host-databases";
import { reachSteadyState } from "../phases/following";
import { readCommittedRows } from "../phases/host-state";
import { restoreFromStore } from "../phases/kept-rows";
import { requireLocalSite, type Scenario } from "./scenario";

const betweenSeconds = 5;
const graceSeconds = 3;

export const ransomware: Scenario = {
  name: "ransomware",
  description:
    "Everything that a host can reach is encrypted or deleted: its databases, and the store with its own credentials.",
  endState:
    "The copies that no host has credentials for are untouched, and every database is restored from them as it was at the last copy.",
  hindrance: requireLocalSite,
  run: async (site, { steadySeconds }) => {
    const { anvil, forge, timeline, local } = site;
    await site.start();
    await reachSteadyState(site, steadySeconds / 2);
    const lease = await site.lease();
    if (local === undefined || lease === undefined) throw new DrillError("there is nothing to attack");
    const copiedAt = Date.now();
    const copied = await local.copies.copyAll();
    timeline.note("copies", `${copied} files copied`);
    await sleep(betweenSeconds * 1000);
    for (const host of [anvil, forge]) {
      await host.lose();
      const files = listDatabases(host.settings).map(({ path }) => `'${path}'`);
      await host.shell(
        `for file in ${files.join(" ")}; do test -s "$file" && head -c 4096 /dev/urandom > "$file"; rm -f "$file"-*; done; true`,
      );
    }
    const deleted = await local.attacks.deleteEverything();
    timeline.note("both", `databases encrypted, ${deleted} files deleted in the store`);
    const refused = await local.attacks.copiesRefuseHosts();
    const back = await local.copies.bringBack();
    timeline.note("store", `${back} files brought back from the copies`);
    let [restored, due, damaged] = [0, 0, 0];
    const all = await readCommittedRows(anvil);
    for (const database of listDatabases(forge.settings)) {
      const rows = all.filter(
        ({ database: name, at }) =>
          name === database.name && at <= copiedAt - (graceSeconds + database.syncSeconds) * 1000,
      );
      if (rows.length === 0) continue;
      const found = await restoreFromStore(forge, { database, path: lease.path }).catch(() => undefined);
      const keys = new Set(found?.rows.map(({ origin, n }) => `${origin} ${n}`));
      due += rows.length;
      restored += rows.filter(({ origin, n }) => keys.has(`${origin} ${n}`)).length;
      if (found?.integrity !== "ok" || !areIntact(found.rows, database.name, site.seed)) damaged += 1;
    }
    timeline.note("store", `${restored} rows restored`);
    return {
      databases: [],
      checks: [
        check("the hosts' credentials open the copies", "no", refused ? "no" : "yes", refused),
        check(
          "every row until the last copy is restored",
          `${due} rows`,
          `${restored} rows`,
          due > 0 && restored === due,
        ),
        check("damaged databases", "none", damaged === 0 ? "none" : String(damaged), damaged === 0),
      ],
    };
  },
};
