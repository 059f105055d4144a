import type { FiringAlert, ReleaseCloud } from "../delivery/app-traffic";
import {
  type AlertProcessing,
  groupOf,
  momentOf,
  type SuppressionWindow,
  suppression,
  windowOf,
} from "./alert-processing";

/** Alerts that began while a window kept them back, and still fire. */
export interface KeptBack {
  readonly window: SuppressionWindow;
  readonly alerts: readonly FiringAlert[];
}

/** What windows work with. */
export interface WindowTools {
  readonly alerts: AlertProcessing;
  readonly cloud: Pick<ReleaseCloud, "firingAlerts">;
  readonly clock: { now(): number };
  /** Tells people what a window has kept back. */
  readonly tellKeptBack: (keptBack: KeptBack) => Promise<void>;
}

/** The windows whose rules are in a resource group: open ones, and those that ended and nobody closed. */
export async function listWindows({ alerts }: Pick<WindowTools, "alerts">, groupId: string) {
  return (await alerts.list(groupId)).flatMap((listed) => windowOf(listed) ?? []);
}

export function isOpen({ from, until }: SuppressionWindow, now: number): boolean {
  return Date.parse(from) <= now && now < Date.parse(until);
}

export async function openWindow({ alerts }: Pick<WindowTools, "alerts">, window: SuppressionWindow): Promise<void> {
  await alerts.write(window.id, suppression(window));
}

/**
 * Ends a window, tells people what began in it and still fires, and takes its rule away: in this order, so that of a run that was killed
 * in between the rule is left, and whoever comes next tells. Azure tells nobody of what fired before.
 */
export async function closeWindow(tools: WindowTools, window: SuppressionWindow): Promise<KeptBack> {
  const now = tools.clock.now();
  // It ends after it began.
  const end = momentOf(Math.max(now, Date.parse(window.from) + 1000));
  const ended = isOpen(window, now) ? { ...window, until: end } : window;
  // Also when it has ended by itself: whoever may not write rules is refused before anybody is told, and not told anew by each run.
  await openWindow(tools, ended);
  const keptBack = { window: ended, alerts: await alertsKeptBack(tools, ended) };
  if (keptBack.alerts.length > 0) await tools.tellKeptBack(keptBack);
  await tools.alerts.remove(window.id);
  return keptBack;
}

/**
 * Whether Azure told of an alert is in its `actionStatus`; nobody has seen what that says around the ends of a window, and an alert that is
 * told twice harms less than one that nobody hears of.
 */
async function alertsKeptBack({ cloud }: WindowTools, window: SuppressionWindow): Promise<readonly FiringAlert[]> {
  const groupId = groupOf(window.scope);
  return (await cloud.firingAlerts(groupId)).filter(({ severity, target = groupId, began }) => {
    const at = Date.parse(began ?? window.from);
    return (
      (window.critical || severity > 0) &&
      liesWithin(target, window.scope) &&
      at >= Date.parse(window.from) &&
      at <= Date.parse(window.until) + effectSeconds * 1000
    );
  });
}

/** Between the end that a rule was given and what Azure does by it. Assumed; nothing says how long it is. */
const effectSeconds = 60;

/** Whether something lies in a scope. Azure writes ids with capitals or without. */
export function liesWithin(id: string, scope: string): boolean {
  return `${id}/`.toLowerCase().startsWith(`${scope}/`.toLowerCase());
}
