import { azureSchedule, detectionTime } from "../../../components/heartbeat/detection";
import { loadAlaiInventory } from "../../../stacks/alai/inventory";
import type { AlertBound } from "./report-page";

/** What the faster of the two watchers promises, from its schedule. */
export function alertBound(): AlertBound {
  const { alertAfter } = loadAlaiInventory().heartbeat.heartbeat;
  const seconds = detectionTime(azureSchedule, alertAfter).atWorst;
  return {
    seconds,
    how: `promised by the second watcher's schedule: every ${azureSchedule.everySeconds} s, told after ${alertAfter} failures`,
  };
}
