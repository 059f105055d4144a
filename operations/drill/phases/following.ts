import { setTimeout as sleep } from "node:timers/promises";
import type { HostDatabase } from "../../../programs/host/host-settings";
import type { DrillSite } from "../drill-site";
import { type Check, check } from "../evidence/drill-evidence";
import { listDatabases } from "../hosts/host-databases";
import { computeLags } from "../measurements/ledger";
import { maximum } from "../measurements/statistics";
import { waitFor } from "../wait";
import { findUnfollowedDatabases, hasRole, readCommittedRows, readObservations } from "./host-state";

const startSeconds = 120;
const followSeconds = 180;

/**
 * Waits until the primary is primary and writes, the standby follows every database that was written, and then some more.
 *
 * @returns when it began, in milliseconds since 1970: lags are measured from then on
 */
export async function reachSteadyState(site: DrillSite, seconds: number): Promise<number> {
  const { anvil, forge, signal, timeline } = site;
  await waitFor(`${anvil.name} is primary`, startSeconds, () => hasRole(anvil, "primary", 1), { signal });
  const term = (await site.lease())?.term ?? 0;
  timeline.note(anvil.name, `primary, term ${term}`);
  await waitFor(
    `${anvil.name}'s programs write`,
    startSeconds,
    async () => (await readCommittedRows(anvil)).length > 0,
    {
      signal,
    },
  );
  await waitForCopies(site);
  const since = timeline.note(forge.name, "follows everything that was written");
  await sleep(seconds * 1000, undefined, { signal });
  await waitForCopies(site);
  return since;
}

/** Waits until the standby, or the drill itself, has a copy of every database with rows. */
async function waitForCopies({ anvil, forge, signal, isObserved }: DrillSite): Promise<void> {
  const observed = new Set(
    listDatabases(forge.settings)
      .filter(isObserved)
      .map(({ name }) => name),
  );
  let missing: readonly string[] = [];
  const what = () => `${forge.name} follows ${missing.length === 0 ? "everything" : missing.join(", ")}`;
  const isFollowed = async () => {
    missing = (await findUnfollowedDatabases(anvil, forge)).filter((name) => observed.has(name));
    return missing.length === 0;
  };
  await waitFor(what, followSeconds, isFollowed, { signal, everySeconds: 0.5 });
}

/** Rows of followed databases that were committed before a moment, and that the standby was not seen to have. */
async function findLaggingDatabases({ anvil, forge }: DrillSite, moment: number): Promise<readonly string[]> {
  const newest = new Map<string, number>();
  for (const { database, id, at } of await readCommittedRows(anvil)) {
    if (at <= moment) newest.set(database, id);
  }
  const seen = new Map<string, number>();
  for (const { database, id } of await readObservations(forge)) seen.set(database, id);
  return listDatabases(forge.settings)
    .filter(({ name, followedByStandby }) => followedByStandby && (newest.get(name) ?? 0) > (seen.get(name) ?? 0))
    .map(({ name }) => name);
}

/**
 * Waits until the standby has every row that the primary had committed when this was called.
 *
 * @returns seconds until then
 */
export async function waitForArrival(site: DrillSite, seconds: number): Promise<number> {
  const moment = Date.now();
  let behind: readonly string[] = [];
  const hasArrived = async () => {
    behind = await findLaggingDatabases(site, moment);
    return behind.length === 0;
  };
  await waitFor(() => `${site.forge.name} has all rows of ${behind.join(", ")}`, seconds, hasArrived, {
    signal: site.signal,
    everySeconds: 0.5,
  });
  return (Date.now() - moment) / 1000;
}

/** Beyond the sync interval: a host that makes a full restore beside has less time for the others. */
const allowedSeconds = 15;

/** Checks that trouble with one database did not keep the standby from following the others. To be called when all rows have arrived. */
export async function checkOthersFollowed(
  { anvil, forge }: Pick<DrillSite, "anvil" | "forge">,
  { troubled, since, until }: { readonly troubled: HostDatabase; readonly since: number; readonly until: number },
): Promise<Check> {
  const meanwhile = (await readCommittedRows(anvil)).filter(({ at }) => at >= since && at <= until);
  const lags = new Map(computeLags(meanwhile, await readObservations(forge)).map((lag) => [lag.database, lag]));
  const others = listDatabases(forge.settings).filter(
    ({ followedByStandby, name }) => followedByStandby && name !== troubled.name && lags.has(name),
  );
  const late = others.filter(({ name, syncSeconds }) => {
    const { missing = 0, seconds = [] } = lags.get(name) ?? {};
    return missing > 0 || (maximum(seconds) ?? 0) > syncSeconds + allowedSeconds;
  });
  const all = `${others.length} databases, none later than ${allowedSeconds} s beyond its interval`;
  const isRight = others.length > 0 && late.length === 0;
  const measured = isRight ? all : `late: ${late.map(({ name }) => name).join(", ") || "nothing was written"}`;
  return check("the others were followed meanwhile", "none late", measured, isRight);
}
