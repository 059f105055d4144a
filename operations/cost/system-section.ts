import { formatAmount, monthlySum, type StackCost } from "./stack-cost";
import type { SystemPlan } from "./system-plans";

/** What a size costs here, and the budget that its stack has. */
export interface SizeCost extends StackCost {
  /** The budget's amount; undefined without one. */
  readonly budget: number | undefined;
}

interface SizeColumn {
  readonly size: string;
  readonly stack: string;
  /** What the plan says that it costs. */
  readonly figure: number | undefined;
  /** What the plan says of a service in it; of all of them, and of those that no stack has. Undefined where it says nothing. */
  readonly planned: (services: "all" | "elsewhere" | { readonly service: string }) => number | undefined;
  readonly hasLines: boolean;
  readonly cost: SizeCost;
}

/**
 * What the sizes of a system cost beside its plan: by service with the reason for each, and the plan line by line.
 *
 * @param costs of all its sizes, by name
 * @throws when a service is paid for and has no reason, a reason has no service, or a saving is of something that nobody pays
 */
export function systemSection(name: string, plan: SystemPlan, costs: ReadonlyMap<string, SizeCost>): string {
  const sizes = Object.keys(plan.sizes).map((size) => columnOf(size, plan, costs));
  const planned = plan.lines.flatMap(({ service }) => service ?? []);
  const services = [...new Set([...sizes.flatMap(({ cost }) => [...cost.services.keys()]), ...planned])].sort();
  const savings = plan.savings.map((saving) => ({ ...saving, amount: savedAmount(saving, costs) }));
  refuseProblems(
    [
      ...services.filter((one) => plan.reasons[one] === undefined).map((one) => `${one} is paid for and has no reason`),
      ...Object.keys(plan.reasons).flatMap((one) => (services.includes(one) ? [] : `nothing is paid for ${one}`)),
      ...savings.flatMap(({ advice, amount }) =>
        amount === undefined ? `nothing is paid for what "${advice}" saves` : [],
      ),
    ],
    name,
  );
  return [
    `## ${plan.title}`,
    plan.about,
    sizeTable(sizes, plan),
    serviceTable(services, sizes, plan),
    ...(plan.lines.length === 0 ? [] : [lineTable(sizes, plan)]),
    ...(savings.length === 0 ? [] : [savingsTable(savings)]),
  ].join("\n\n");
}

function columnOf(size: string, { sizes, lines }: SystemPlan, costs: ReadonlyMap<string, SizeCost>): SizeColumn {
  const [entry, cost] = [sizes[size], costs.get(size)];
  if (entry === undefined || cost === undefined) throw new Error(`nobody deployed the size ${size}`);
  const own = lines.flatMap(({ amounts, service }) => {
    const amount = amounts[size];
    return amount === undefined ? [] : [{ amount, service }];
  });
  return {
    size,
    stack: entry.stack,
    figure: entry.plan,
    hasLines: own.length > 0,
    planned: (services) => {
      const found = own.filter(
        ({ service }) =>
          services === "all" || (services === "elsewhere" ? service === undefined : service === services.service),
      );
      return found.length === 0 ? undefined : sum(found.map(({ amount }) => amount));
    },
    cost,
  };
}

function refuseProblems(problems: readonly string[], system: string): void {
  if (problems.length === 0) return;
  throw new Error(
    ["operations/cost/plans.yaml:", ...problems.map((problem) => `systems.${system}: ${problem}`)].join("\n"),
  );
}

function sizeTable(sizes: readonly SizeColumn[], { sizes: entries }: SystemPlan): string {
  const rows = sizes.map(({ size, stack, figure, cost }) =>
    sizeRow(size, stack, figure, monthlySum(cost), cost.budget),
  );
  // Presets exclude one another; stacks are paid for together.
  if (Object.values(entries).every(({ preset }) => preset === undefined)) {
    const figures = sizes.flatMap(({ figure }) => figure ?? []);
    const here = sum(sizes.map(({ cost }) => monthlySum(cost)));
    rows.push(sizeRow("**Sum**", "", figures.length === 0 ? undefined : sum(figures), here, undefined));
  }
  return [row("Size", ["Stack", "Plan", "Here", "Difference", "Budget"]), "|-|-|-:|-:|-:|-:|", ...rows].join("\n");
}

function sizeRow(
  size: string,
  stack: string,
  figure: number | undefined,
  here: number,
  budget: number | undefined,
): string {
  const difference = figure === undefined ? undefined : here - figure;
  return row(size, [stack, ...[figure, here, difference, budget].map(formatAmount)]);
}

/** What each size costs, beside its plan where that has lines. */
function serviceTable(
  services: readonly string[],
  sizes: readonly SizeColumn[],
  { lines, reasons }: SystemPlan,
): string {
  const amounts = (
    planned: (size: SizeColumn) => number | undefined,
    here: (cost: SizeCost) => number | undefined,
  ): string[] =>
    sizes.flatMap((size) => [...(size.hasLines ? [planned(size)] : []), here(size.cost)].map(formatAmount));
  const head = sizes.flatMap(({ size, hasLines }) => (hasLines ? [`${size}: plan`, "here"] : [size]));
  return [
    row("Service", [...head, "Why"]),
    `|-|${"-:|".repeat(head.length)}-|`,
    ...services.map((service) => {
      const each = amounts(
        ({ planned }) => planned({ service }),
        (cost) => cost.services.get(service),
      );
      return row(service, [...each, reasons[service] ?? ""]);
    }),
    ...(lines.some(({ service }) => service === undefined)
      ? [
          row("In no stack", [
            ...amounts(
              ({ planned }) => planned("elsewhere"),
              () => undefined,
            ),
            "The lines below.",
          ]),
        ]
      : []),
    row("**Sum**", [...amounts(({ planned }) => planned("all"), monthlySum), ""]),
  ].join("\n");
}

function lineTable(sizes: readonly SizeColumn[], { lines }: SystemPlan): string {
  const planned = sizes.filter(({ hasLines }) => hasLines).map(({ size }) => size);
  const rows = lines.map(({ line, amounts, service, elsewhere }) =>
    row(line, [...planned.map((size) => formatAmount(amounts[size])), service ?? `In no stack: ${elsewhere}`]),
  );
  return [row("The plan's line", [...planned, "Here"]), `|-|${"-:|".repeat(planned.length)}-|`, ...rows].join("\n");
}

type Saving = SystemPlan["savings"][number];

/** What it would save in a month; undefined when nobody pays for it. */
function savedAmount({ size, saves }: Saving, costs: ReadonlyMap<string, SizeCost>): number | undefined {
  if ("usd" in saves) return saves.usd;
  const paid = [...(costs.get(size)?.prices ?? [])].filter(([price]) => price.startsWith(saves.of));
  return paid.length === 0 ? undefined : saves.share * sum(paid.map(([, amount]) => amount));
}

function savingsTable(savings: readonly (Saving & { readonly amount: number | undefined })[]): string {
  const rows = savings.map(({ advice, here, size, amount }) => row(advice, [here, size, formatAmount(amount)]));
  return [row("The plan's advice", ["On Azure", "Where", "Saves"]), "|-|-|-|-:|", ...rows].join("\n");
}

function row(title: string, cells: readonly string[]): string {
  return `| ${[title, ...cells].join(" | ")} |`;
}

function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0);
}
