import { durationSeconds } from "../../lib/duration";
import type { AlertingRule } from "./schema";

/** Azure ends an alert when what it tells of has not held for so long. */
export const resolveSeconds = 300;

/**
 * What holds while an alert fires: only once its expression has held for as long as its `for` says, and on until Azure ends it, so that a
 * dip tells nobody the less severe one. A range is a second shorter than so many steps: it has as many samples then, whether its first
 * moment belongs to it, as before Prometheus 3, or not. Whether Azure keeps the series `ALERTS`, which would say the same, is not told.
 *
 * @param every seconds between two looks
 */
export function whileFiring({ expr, for: wait }: Pick<AlertingRule, "expr" | "for">, every: number): string {
  const own = `(${expr.trim()})`;
  // It fires the moment that it holds, which lies between two steps.
  if (wait === undefined) return `(${own} or last_over_time(${own}[${resolveSeconds}s:${every}s]))`;
  const looks = Math.ceil(durationSeconds(wait) / every) + 1;
  const held = `count_over_time(${own}[${looks * every - 1}s:${every}s])`;
  return `(max_over_time(${held}[${resolveSeconds}s:${every}s]) >= ${looks})`;
}
