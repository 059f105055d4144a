import { inTurn } from "../../../programs/host/agents/wait-for";
import type { DrillSite } from "../drill-site";
import { type Check, check } from "../evidence/evidence";
import { databasesOf } from "../hosts/host-databases";
import type { StoredTerm } from "../store/stored-terms";
import { keyOf } from "./kept-rows";
import { committedOn } from "./records";
import { restoredFromStore } from "./store-restore";

type Hosts = Pick<DrillSite, "anvil" | "forge">;

/** Databases that are looked at: the first of the inventory, which are written most. */
const sampled = 5;
const restoresAtOnce = 2;

/**
 * Checks in the store that nobody but its primary wrote into a term's path, of every term: what another host had committed there must
 * be from before the term.
 */
export async function oneWriterPerTerm(site: Hosts, terms: readonly StoredTerm[]): Promise<Check> {
  const strangers: string[] = [];
  let rows = 0;
  for (const term of terms) {
    const late = await rowsOfOthers(site, term);
    const databases = databasesOf(site.forge.settings).slice(0, sampled);
    await inTurn(databases, restoresAtOnce, async (database) => {
      const found = await restoredFromStore(site.forge, { database, path: term.path }).catch(() => undefined);
      rows += found?.rows.length ?? 0;
      const foreign =
        found?.rows.filter(({ origin, n }) => late.has(keyOf({ database: database.name, origin, n }))).length ?? 0;
      if (foreign > 0) strangers.push(`${foreign} rows of ${database.name} in term ${term.term}`);
    });
  }
  const nobody = `nobody else's rows in terms ${terms.map(({ term, primary }) => `${term} (${primary})`).join(", ")}`;
  const isRight = strangers.length === 0 && rows > 0;
  const measured = strangers.length > 0 ? strangers.join(", ") : `nobody's in ${rows} rows`;
  return check("each term was written by its primary alone", nobody, measured, isRight);
}

/** What hosts other than a term's primary committed after it had begun. */
async function rowsOfOthers({ anvil, forge }: Hosts, { primary, beganAt }: StoredTerm): Promise<Set<string>> {
  const late = new Set<string>();
  for (const other of [anvil, forge].filter(({ name }) => name !== primary)) {
    for (const row of await committedOn(other)) if (row.at > beganAt) late.add(keyOf(row));
  }
  return late;
}
