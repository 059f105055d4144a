import type { DrillSite, KnownLease } from "../drill-site";
import { type Check, check } from "../evidence/evidence";
import { databasesOf } from "../hosts/host-databases";
import { committedOn } from "./records";
import { restoredFromStore } from "./store-restore";

/** Databases that are looked at: the first of the inventory, which are written most. */
const sampled = 3;

/**
 * Checks in the store that nobody but the primary of a term wrote into its path: what another host had committed there must be from
 * before the term.
 */
export async function onlyItsPrimaryWrote(
  site: DrillSite,
  { path, primary, takenAt, term }: KnownLease,
): Promise<Check> {
  const began = Date.parse(takenAt);
  const others = [site.anvil, site.forge].filter(({ name }) => name !== primary);
  const late = new Set<string>();
  for (const other of others) {
    for (const row of await committedOn(other)) if (row.at > began) late.add(`${row.database} ${row.origin} ${row.n}`);
  }
  let strangers = 0;
  for (const database of databasesOf(site.forge.settings).slice(0, sampled)) {
    const { rows } = await restoredFromStore(site.forge, { database, path });
    strangers += rows.filter(({ origin, n }) => late.has(`${database.name} ${origin} ${n}`)).length;
  }
  const name = `term ${term} was written by ${primary} alone`;
  return check(
    name,
    "no row of another host",
    strangers === 0 ? "no row of another host" : `${strangers} rows`,
    strangers === 0,
  );
}
