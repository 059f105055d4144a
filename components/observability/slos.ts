import { z } from "zod";
import { durationSeconds } from "../../lib/duration";
import { leastBudget } from "../../lib/error-budget";
import { durationSchema } from "../host-replication/schema";
import { whileFiring } from "./inhibition";
import type { AlertingRule, RuleGroup } from "./schema";
import { environmentNames, expressionSchema, runbookSchema } from "./schema";

/** Days that a workspace answers questions over. Source: Azure Monitor service limits, "Prometheus: query data, time range". */
const longestWindow = 32 * 86_400;

/** What is promised of a service, and how it is told whether it is kept. */
export const sloSchema = z
  .strictObject({
    name: z.string().regex(/^[a-z][a-z0-9-]*$/, "expected a short name, for example api-availability"),
    service: z.string().meta({ description: "Whose promise it is: releases of it wait while the budget is spent" }),
    // Below, the fastest burn would be more than everything: 14.4 times what may fail.
    objective: z.number().min(95).max(99.999).meta({ description: "Percent that has to go well" }),
    window: durationSchema
      .default("30d")
      .refine((text) => durationSeconds(text) <= longestWindow, "expected at most 32d, over which Azure answers")
      .meta({ description: "Over which the budget of what may fail is counted. Default: 30d" }),
    total: expressionSchema.meta({ description: "A counter of everything, as a selector of PromQL" }),
    bad: expressionSchema.optional().meta({ description: "A counter of what went wrong" }),
    good: expressionSchema.optional().meta({ description: "Instead of bad: a counter of what went well" }),
    runbook: runbookSchema.meta({ description: "What to do: a page of docs/runbooks and its heading" }),
    environments: environmentNames,
  })
  .refine(({ bad, good }) => (bad === undefined) !== (good === undefined), "expected one of bad and good")
  .meta({ description: "A service level objective", makes: [{ type: "landscape:observability:Alerts" }] });

export type Slo = z.infer<typeof sloSchema>;

/** Where the share of a budget that is left is kept: 1 is all of it, less than 0 is more than spent. */
export const budgetMetric = "slo:error_budget:remaining";

/**
 * How fast a budget may burn: so many times what is allowed, over a long window, and still over a short one, so that an alert ends soon
 * after what it tells of. Of a budget of 30 days that is 2 % in an hour, 5 % in six hours, and 10 % in three days.
 * Source: Google, "The Site Reliability Workbook", chapter 5, "Multiwindow, Multi-Burn-Rate Alerts", table 5-8.
 */
const burns = [
  { name: "BurnsFast", rate: 14.4, long: "1h", short: "5m", severity: "critical" },
  { name: "BurnsSlowly", rate: 6, long: "6h", short: "30m", severity: "warning" },
  { name: "Burns", rate: 1, long: "3d", short: "6h", severity: "info" },
] as const satisfies readonly { readonly severity: AlertingRule["severity"]; readonly [key: string]: unknown }[];

const windows = ["30m", "1h", "6h", "3d"] as const;

/** Between two looks: groups of objectives say no other. */
const everySeconds = 60;

/**
 * The rules of an objective: what goes wrong and everything, by the second; the share that goes wrong over each window; what is left of
 * the budget; and alerts when it burns too fast. Longer windows add up what shorter ones recorded, which weighs each request alike and
 * reads one series instead of one for each replica.
 */
export function sloGroup({
  name,
  service,
  objective,
  window,
  total,
  bad,
  good,
  runbook,
  environments,
}: Slo): RuleGroup {
  const labels = { slo: name, service };
  const of = (metric: string) => `${metric}{slo="${name}"}`;
  const all = `sum(rate(${total}[5m]))`;
  const wrong = bad === undefined ? `${all} - sum(rate(${good}[5m]))` : `sum(rate(${bad}[5m])) or vector(0)`;
  const over = (length: string) =>
    `sum_over_time(${of("slo:bad:rate5m")}[${length}]) / sum_over_time(${of("slo:total:rate5m")}[${length}])`;
  const allowed = Number(((100 - objective) / 100).toPrecision(6));
  return {
    name: `slo-${name}`,
    environments,
    rules: [
      { record: "slo:bad:rate5m", expr: wrong, labels },
      { record: "slo:total:rate5m", expr: all, labels },
      { record: "slo:error_ratio:5m", expr: `${of("slo:bad:rate5m")} / ${of("slo:total:rate5m")}`, labels },
      ...windows.map((length) => ({ record: `slo:error_ratio:${length}`, expr: over(length), labels })),
      { record: budgetMetric, expr: `1 - (${over(window)}) / ${allowed}`, labels },
      {
        alert: `${pascalCase(name)}BudgetSpent`,
        expr: `${of(budgetMetric)} < ${leastBudget}`,
        severity: "warning",
        summary: `${name}: less than ${100 * leastBudget} % of what may go wrong within ${window} is left; releases wait`,
        runbook,
      },
      ...burns.map(({ name: speed, rate, long, severity }, index): AlertingRule => {
        const burning = burns.slice(0, index + 1).map((burn) => {
          const limit = Number((burn.rate * allowed).toPrecision(6));
          const above = (length: string) => `${of(`slo:error_ratio:${length}`)} > ${limit}`;
          return `${above(burn.long)} and ${above(burn.short)}`;
        });
        return {
          alert: `${pascalCase(name)}${speed}`,
          // While it burns faster the more severe alert tells, and this one says nothing.
          expr: burning.reduceRight((own, faster) => `${own} unless ${whileFiring({ expr: faster }, everySeconds)}`),
          severity,
          summary: `${name}: ${rate} times as much goes wrong as may for ${objective} % within ${window}, for ${long}`,
          runbook,
        };
      }),
    ],
  };
}

function pascalCase(name: string): string {
  return name.replace(/(?:^|-)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
