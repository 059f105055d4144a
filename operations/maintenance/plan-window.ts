import { momentOf, type SuppressionWindow, sameRule, windowIdOf } from "./alert-processing";
import { isOpen, liesWithin } from "./maintenance-window";

/** What somebody wants to keep back. */
export interface WindowRequest {
  /** The Azure id of an app, or of a resource group. */
  readonly scope: string;
  readonly seconds: number;
  readonly critical: boolean;
  /** Who asks, and why. */
  readonly description: string;
}

/** From the first opening on. The policy `suppressions-end` asks the same of programs. */
export const longestSeconds = 24 * 3600;

/**
 * The window that a request makes: a new one, or the one that is open about the same, until another time. What is open already about
 * something of it counts from its own beginning, so that windows that follow one another keep nothing back for longer than a day.
 *
 * @param windows those in its resource group
 * @returns the window; or why there may be none
 */
export function planWindow(
  { scope, seconds, critical, description }: WindowRequest,
  windows: readonly SuppressionWindow[],
  now: number,
): SuppressionWindow | string {
  const about = windows.filter((one) => isOpen(one, now) && overlap(one.scope, scope));
  const id = windowIdOf(scope, "maintenance");
  const own = about.find((one) => sameRule(one, id));
  const first = Math.min(now, ...about.map(({ from }) => Date.parse(from)));
  const until = now + seconds * 1000;
  if (until > first + longestSeconds * 1000) {
    const latest = momentOf(first + longestSeconds * 1000);
    return `alerts of ${scope.split("/").at(-1)} are kept back since ${momentOf(first)}, for a day at most: until ${latest}; ask for less, or end that first`;
  }
  if (own !== undefined && own.critical !== critical)
    return `the window about ${scope.split("/").at(-1)} ${own.critical ? "keeps critical alerts back" : "lets critical alerts through"}; end it first`;
  const from = own?.from ?? momentOf(now);
  return { id, scope, from, until: momentOf(until), critical, description };
}

function overlap(one: string, other: string): boolean {
  return liesWithin(one, other) || liesWithin(other, one);
}
