import { setTimeout as sleep } from "node:timers/promises";
import { DrillError } from "../../programs/drill-error";
import type { DrillSite } from "../drill-site";
import type { DrillHost } from "../hosts/drill-host";
import { healthOf } from "./role";

/** How a drill's own watcher looks: as the real ones do, more often. */
export interface Watching {
  readonly everySeconds: number;
  /** Failures in a row until it is told. */
  readonly failures: number;
}

const patienceSeconds = 120;

/** Watches a host until it would have been told that it does not answer. @returns when, in milliseconds since 1970 */
export async function detectLoss(site: DrillSite, host: DrillHost, watching: Watching): Promise<number> {
  const deadline = Date.now() + patienceSeconds * 1000;
  for (let failures = 0; Date.now() < deadline; ) {
    site.signal.throwIfAborted();
    failures = (await healthOf(host)) === 200 ? 0 : failures + 1;
    if (failures >= watching.failures) {
      return site.timeline.note("watcher", `${host.name} does not answer, ${failures} times in a row`);
    }
    await sleep(watching.everySeconds * 1000);
  }
  throw new DrillError(`${host.name} was ended, and its health endpoint still answers after ${patienceSeconds} s`);
}
