import { join } from "node:path";
import { z } from "zod";
import { readYaml } from "../../lib/located-yaml/read-yaml";
import { runningShare } from "../../lib/running-hours";
import type { PriceTable } from "./price-table";
import {
  type CostedResource,
  formatAmount,
  monthlySum,
  type StackCost,
  stackCost,
  type UnknownCost,
} from "./stack-cost";
import type { SizeCost } from "./system-section";

/** What a stack costs as it is planned, and its budget's amount, if it has one. */
export interface CostedStack {
  readonly stack: string;
  readonly cost: SizeCost;
}

/**
 * The page of what all stacks cost; the sections say what of it the plans of the systems expected.
 *
 * @param systemOf the system whose costs a stack's belong to; undefined for a size that no stack has
 */
export function costPage(
  stacks: readonly CostedStack[],
  systemOf: (stack: string) => string | undefined,
  sections: readonly string[],
  table: PriceTable,
): string {
  const unknown = stacks.flatMap(({ cost }) => cost.unknown);
  const tables = [stackTable(stacks), systemTable(stacks, systemOf)];
  return `${[heading(table), ...tables, unknownPart(unknown), ...sections, priceNotes(table)].join("\n\n")}\n`;
}

/**
 * Compares the control plane's estimate with what its stack costs, service by service.
 *
 * @throws when a service has no reason, or a reason no service
 */
export function estimateSection(plan: StackCost, estimate: CostEstimate, table: PriceTable): string {
  const scope = stackCost(listEstimatedResources(estimate), table);
  const services = [...new Set([...plan.services.keys(), ...Object.keys(estimate.estimate.services)])].sort();
  checkReasons(services, estimate);
  const rows = services.map((service) => {
    const expected = estimate.estimate.services[service];
    const cells = [formatRange(expected), ...[scope, plan].map((cost) => formatAmount(cost.services.get(service)))];
    return `| ${service} | ${cells.join(" | ")} | ${estimate.reasons[service]} |`;
  });
  return [
    "## ALAI: prod",
    "The plan of the control plane estimated what it would cost in a month. The estimate's own scope is priced here, too, so that a difference of prices is not taken for one of scope.",
    comparisonTable(rows, { plan, scope, estimate }),
    summary(plan, scope, estimate),
  ].join("\n\n");
}

/** What a stack's database servers cost in a month. */
export interface NightSaving {
  readonly stack: string;
  /** Whether they are stopped at night and at weekends. */
  readonly isOff: boolean;
  readonly always: number;
  readonly stopped: number;
}

/** What is saved by stopping databases outside production, and what could be. */
export function nightsSection(nights: readonly NightSaving[]): string {
  const rows = nights.map(({ stack, isOff, always, stopped }) => {
    const amounts = [always, stopped, always - stopped].map((amount) => formatAmount(amount));
    return `| ${stack} | ${isOff ? "off" : "on"} | ${amounts.join(" | ")} |`;
  });
  const saved = nights.reduce((sum, { isOff, always, stopped }) => sum + (isOff ? always - stopped : 0), 0);
  return [
    "## Nights and weekends",
    `Databases outside production can be stopped then, by \`nights: off\` ([0068](decisions/0068-databases-sleep-at-night.md)): they run ${Math.round(runningShare * 168)} of 168 hours a week, and their disks are paid for all the time. It saves ${formatAmount(saved)} a month, which is taken off above.`,
    ["| Stack | Nights | Always on | Nights off | Difference |", "|-|-|-:|-:|-:|", ...rows].join("\n"),
  ].join("\n\n");
}

function listEstimatedResources({ scope }: CostEstimate): CostedResource[] {
  return scope.flatMap(({ type, count, inputs }) =>
    Array.from({ length: count }, (_, index) => ({ urn: `estimate ${index}`, type, inputs })),
  );
}

function checkReasons(services: readonly string[], { reasons }: CostEstimate): void {
  const missing = services.filter((service) => reasons[service] === undefined);
  const needless = Object.keys(reasons).filter((service) => !services.includes(service));
  const problems = [
    ...missing.map((service) => `reasons: ${service} is paid for and has no reason`),
    ...needless.map((service) => `reasons: nothing is paid for ${service}`),
  ];
  if (problems.length > 0) throw new Error(`operations/cost/estimate.yaml:\n${problems.join("\n")}`);
}

function heading({ region, currency, recorded, source }: PriceTable): string {
  return `# What the systems cost

Written by \`npm run generate\` from \`operations/cost/\` and from what the stacks make; do not edit.

Amounts are ${currency} a month, [list prices](${source}) of ${region}, recorded ${recorded}, without discounts and taxes. Presets that no stack has are costed as the program would make them.`;
}

function stackTable(stacks: readonly CostedStack[]): string {
  const rows = stacks.map(
    ({ stack, cost }) => `| ${stack} | ${formatAmount(monthlySum(cost))} | ${formatAmount(cost.budget)} |`,
  );
  return ["| Stack | Planned | Budget |", "|-|-:|-:|", ...rows].join("\n");
}

function systemTable(stacks: readonly CostedStack[], systemOf: (stack: string) => string | undefined): string {
  const sums = new Map<string, number>();
  for (const { stack, cost } of stacks) {
    const system = systemOf(stack);
    if (system !== undefined) sums.set(system, (sums.get(system) ?? 0) + monthlySum(cost));
  }
  const rows = [...sums].map(([system, amount]) => `| ${system} | ${formatAmount(amount)} |`);
  const all = [...sums.values()].reduce((total, amount) => total + amount, 0);
  return ["| All stacks of | Planned |", "|-|-:|", ...rows, `| **all systems** | **${formatAmount(all)}** |`].join(
    "\n",
  );
}

interface Compared {
  readonly plan: StackCost;
  readonly scope: StackCost;
  readonly estimate: CostEstimate;
}

function comparisonTable(rows: readonly string[], { plan, scope, estimate }: Compared): string {
  const sum = `| **Sum** | **${formatRange(estimate.estimate.total)}** | **${formatAmount(monthlySum(scope))}** | **${formatAmount(monthlySum(plan))}** | |`;
  return [
    "| Service | Estimate | Its scope at list prices | prod as planned | Why |",
    "|-|-:|-:|-:|-|",
    ...rows,
    sum,
  ].join("\n");
}

function summary(plan: StackCost, scope: StackCost, { estimate: { total, target } }: CostEstimate): string {
  const [priced, planned] = [monthlySum(scope), monthlySum(plan)];
  const middle = (total.from + total.to) / 2;
  const where = planned < target.from ? "below" : planned > target.to ? "above" : "within";
  return [
    `- The estimate's scope costs ${formatAmount(priced)} at list prices, ${formatAmount(Math.abs(priced - middle))} ${priced < middle ? "less" : "more"} than the estimate's middle.`,
    `- prod costs ${formatAmount(planned - priced)} more than that scope: it is larger.`,
    `- The whole target was estimated at ${formatRange(target)}; prod is ${where} it. What all of ALAI's stacks cost together is above.`,
  ].join("\n");
}

function unknownPart(unknown: readonly UnknownCost[]): string {
  if (unknown.length === 0) return "Nothing in them is of unknown price.";
  const lines = unknown.map(
    ({ type, why, urn }) => `- ${urn.split(":")[2]}: ${type} ${urn.split("::").at(-1)}: ${why}`,
  );
  return ["Of unknown price, and in no sum:", "", ...lines].join("\n");
}

function priceNotes({ prices, use }: PriceTable): string {
  const asked = Object.values(prices).filter(({ recorded }) => recorded !== undefined).length;
  return `## Expected use

In \`operations/cost/prices.yaml\`: apps active ${use.activeHoursPerDay} hours a day, a job's run ${use.jobRunSeconds} seconds, ${use.storedGb} GB stored, ${use.logGbPerMonth} GB of logs a month. ${asked} of ${Object.keys(prices).length} prices were asked of the retail price API; \`npm run prices -- --refresh\` renews them.`;
}

function formatRange(range: AmountRange | undefined): string {
  if (range === undefined) return "–";
  return range.from === range.to ? formatAmount(range.from) : `${range.from}–${range.to}`;
}

const range = z.strictObject({ from: z.number().nonnegative(), to: z.number().nonnegative() });

const estimateSchema = z.strictObject({
  estimate: z.strictObject({ total: range, target: range, services: z.record(z.string(), range) }),
  scope: z.array(
    z.strictObject({ type: z.string(), count: z.int().positive(), inputs: z.record(z.string(), z.unknown()) }),
  ),
  reasons: z.record(z.string(), z.string().min(1)),
});

/** What was expected to be paid, for what, and why it is otherwise. */
type CostEstimate = z.infer<typeof estimateSchema>;
type AmountRange = z.infer<typeof range>;

const estimateFile = join(__dirname, "estimate.yaml");

/** @throws when the file is not as expected, with everything that is wrong */
export function readCostEstimate(file: string = estimateFile): CostEstimate {
  return readYaml({ file, schema: estimateSchema, of: "the estimate of costs" });
}
