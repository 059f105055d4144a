import { setTimeout as sleep } from "node:timers/promises";
import { quoteForShell } from "../../../lib/shell-quote";
import { DrillError } from "../../programs/external-program";
import { check } from "../evidence/drill-evidence";
import { areIntact, listDatabases } from "../hosts/host-databases";
import { reachSteadyState, waitForArrival } from "../phases/following";
import { readCommittedRows } from "../phases/host-state";
import { restoreFromStore } from "../phases/kept-rows";
import { requireLocalSite, type Scenario } from "./scenario";

/** From the last good moment to the mistake, and from there to its discovery. */
const quietSeconds = 3;
/** A restore to a point in time ends with the last transaction that was sent before it. */
const graceSeconds = 3;
const followSeconds = 120;

export const deletion: Scenario = {
  name: "deletion",
  description: "Somebody deletes every row of a database on the primary; the standby follows that, too.",
  endState: "A restore to the moment before has every row that was committed until then; the live databases go on.",
  hindrance: requireLocalSite,
  run: async (site, { steadySeconds }) => {
    const { anvil, forge, timeline } = site;
    await site.start();
    await reachSteadyState(site, steadySeconds / 2);
    const [database] = listDatabases(anvil.settings);
    const lease = await site.lease();
    if (database === undefined || lease === undefined) throw new DrillError("there is nothing to delete");
    await sleep(quietSeconds * 1000);
    const moment = Date.now();
    const deleting = `${quoteForShell(anvil.settings.programs.sqlite3)} -cmd '.timeout 10000' ${quoteForShell(database.path)} 'DELETE FROM drill_rows'`;
    const { exitCode, stderr } = await anvil.shell(deleting);
    if (exitCode !== 0) throw new DrillError(`the rows of ${database.name} cannot be deleted: ${stderr}`);
    timeline.note(anvil.name, `every row of ${database.name} is deleted`);
    await sleep(quietSeconds * 1000);
    const restored = await restoreFromStore(forge, {
      database,
      path: lease.path,
      timestamp: new Date(moment).toISOString(),
    });
    timeline.note("store", `${database.name} is restored as it was before`);
    const found = new Set(restored.rows.map(({ origin, n }) => `${origin} ${n}`));
    const due = (await readCommittedRows(anvil)).filter(
      ({ database: name, at }) => name === database.name && at <= moment - graceSeconds * 1000,
    );
    await waitForArrival(site, followSeconds);
    timeline.note(forge.name, "has every row that was written since");
    const missing = due.filter(({ origin, n }) => !found.has(`${origin} ${n}`));
    const intact = restored.integrity === "ok" && areIntact(restored.rows, database.name, site.seed);
    return {
      databases: [],
      checks: [
        check(
          "every row until then is restored",
          `${due.length} rows`,
          `${due.length - missing.length} rows`,
          due.length > 0 && missing.length === 0,
        ),
        check("the restored database", "ok", intact ? "ok" : restored.integrity, intact),
      ],
    };
  },
};
