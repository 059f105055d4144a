import { setTimeout as sleep } from "node:timers/promises";
import type { DrillSite } from "../drill-site";
import { databasesOf } from "../hosts/host-databases";
import { waitFor } from "../wait";
import { committedOn, notYetFollowed } from "./records";
import { hasRole } from "./role";

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
  await waitFor(`${anvil.name}'s programs write`, startSeconds, async () => (await committedOn(anvil)).length > 0, {
    signal,
  });
  await waitForCopies(site);
  const since = timeline.note(forge.name, "follows everything that was written");
  await sleep(seconds * 1000, undefined, { signal });
  await waitForCopies(site);
  return since;
}

/** Waits until the standby, or the drill itself, has a copy of every database with rows. */
export async function waitForCopies({ anvil, forge, signal, isObserved }: DrillSite): Promise<void> {
  const observed = new Set(
    databasesOf(forge.settings)
      .filter(isObserved)
      .map(({ name }) => name),
  );
  let missing: readonly string[] = [];
  const what = () => `${forge.name} follows ${missing.length === 0 ? "everything" : missing.join(", ")}`;
  const look = async () => {
    missing = (await notYetFollowed(anvil, forge)).filter((name) => observed.has(name));
    return missing.length === 0;
  };
  await waitFor(what, followSeconds, look, { signal, everySeconds: 0.5 });
}
