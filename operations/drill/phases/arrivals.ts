import type { DrillSite } from "../drill-site";
import { databasesOf } from "../hosts/host-databases";
import { waitFor } from "../wait";
import { committedOn, observedOn } from "./records";

/** Rows of followed databases that were committed before a moment, and that the standby was not seen to have. */
async function behindAt({ anvil, forge }: DrillSite, moment: number): Promise<readonly string[]> {
  const newest = new Map<string, number>();
  for (const { database, id, at } of await committedOn(anvil)) {
    if (at <= moment) newest.set(database, id);
  }
  const seen = new Map<string, number>();
  for (const { database, id } of await observedOn(forge)) seen.set(database, id);
  return databasesOf(forge.settings)
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
  const look = async () => {
    behind = await behindAt(site, moment);
    return behind.length === 0;
  };
  await waitFor(() => `${site.forge.name} has all rows of ${behind.join(", ")}`, seconds, look, {
    signal: site.signal,
    everySeconds: 0.5,
  });
  return (Date.now() - moment) / 1000;
}
