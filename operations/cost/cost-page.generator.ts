import { join } from "node:path";
import { z } from "zod";
import type { Generator } from "../../lib/generator";
import { readYaml } from "../../lib/located-yaml/read-yaml";
import { valueAt } from "../../lib/property-path";
import { nightsTag } from "../../lib/running-hours";
import { currentType } from "../../lib/type-token";
import { defaultParameters } from "../../policies/stack-parameters";
import type { RehearsedStack } from "../../sandbox/project/rehearsal";
import { findStack, stackDefinitions } from "../../stacks/registry";
import { readSize, rehearsedStacks, rehearseSizes } from "../rehearsed-stacks";
import {
  type CostedStack,
  costPage,
  estimateSection,
  type NightSaving,
  nightsSection,
  readCostEstimate,
} from "./cost-page";
import { type PriceTable, readPriceTable } from "./price-table";
import { monthlySum, stackCost } from "./stack-cost";
import { readSystemPlans, type SystemPlan } from "./system-plans";
import { type SizeCost, systemSection } from "./system-section";

/** The stack that the control plane's estimate is about. */
const estimatedStack = "prod";

/** What all stacks cost, beside what their plans estimated. */
export const generator: Generator = {
  files: async ({ root, signal }) => {
    const { page } = await systemCosts(root, await rehearsedStacks(root, signal), signal);
    return [{ path: "docs/cost.md", text: page }];
  },
};

export interface SystemCosts {
  /** Every stack, and every preset that no stack has, called as in `betterworld-prod (growth)`. */
  readonly stacks: readonly CostedStack[];
  /** `docs/cost.md`. */
  readonly page: string;
}

/**
 * What stacks and presets cost, from what was deployed to a world in memory. Presets that no stack has are deployed for it.
 *
 * @param rehearsed all of the project's stacks
 */
export async function systemCosts(
  root: string,
  rehearsed: readonly RehearsedStack[],
  signal: AbortSignal,
): Promise<SystemCosts> {
  const table = readPriceTable();
  const stacks = rehearsed.map(({ stack, up }): CostedStack => ({ stack, cost: costOf(up.resources, table) }));
  const plans = Object.entries(readSystemPlans());
  const others = plans.flatMap(([system, plan]) => otherSizes(root, system, plan));
  const made = await rehearseSizes(root, others, signal);
  const sized = made.map(
    ({ stack, up }, index): CostedStack => ({
      stack: `${stack} (${others[index]?.size})`,
      cost: costOf(up.resources, table),
    }),
  );
  const all = [...stacks, ...sized];
  const costOfStack = (name: string): SizeCost => {
    const found = all.find(({ stack }) => stack === name);
    if (found === undefined) throw new Error(`${name} was not deployed`);
    return found.cost;
  };
  const sections = plans.map(([system, plan]) => {
    const costs = Object.entries(plan.sizes).map(([size, { stack, preset }]): [string, SizeCost] => {
      const other = others.some((one) => one.stack === stack && one.size === preset);
      return [size, costOfStack(other ? `${stack} (${preset})` : stack)];
    });
    return systemSection(system, plan, new Map(costs));
  });
  const nights = rehearsed.flatMap(({ stack, up }) =>
    defaultParameters(stack).production ? [] : nightsOf(stack, up.resources, table),
  );
  const estimate = estimateSection(costOfStack(estimatedStack), readCostEstimate(), table);
  return {
    stacks: all,
    page: costPage(all, (stack) => findStack(stack)?.system, [estimate, ...sections, nightsSection(nights)], table),
  };
}

/** What a month of a stack's servers costs when they always run, and when they are stopped at night. Nothing without a server of its own. */
function nightsOf(stack: string, resources: RehearsedStack["up"]["resources"], table: PriceTable): NightSaving[] {
  const servers = resources.filter(
    ({ type, properties }) =>
      currentType(type) === "azure-native:dbforpostgresql:Server" &&
      valueAt(properties, ["highAvailability"]) !== undefined,
  );
  if (servers.length === 0) return [];
  const cost = (nights: string) =>
    monthlySum(
      stackCost(
        servers.map(({ urn, type, properties }) => ({
          urn,
          type,
          inputs: { ...properties, tags: { [nightsTag.name]: nights } },
        })),
        table,
      ),
    );
  const isOff = servers.some(({ properties }) => valueAt(properties, ["tags", nightsTag.name]) === nightsTag.off);
  return [{ stack, isOff, always: cost("on"), stopped: cost(nightsTag.off) }];
}

function costOf(resources: RehearsedStack["up"]["resources"], table: PriceTable): SizeCost {
  // Components have no provider, and no price of their own.
  const made = resources.filter(({ provider }) => provider !== undefined);
  // In a fixed order: that of registration depends on timing.
  made.sort((left, right) => (left.urn < right.urn ? -1 : 1));
  const budget = made.find(({ type }) => currentType(type) === "azure-native:consumption:Budget");
  const amount: unknown = valueAt(budget?.properties, ["amount"]);
  return {
    ...stackCost(
      made.map(({ urn, type, properties }) => ({ urn, type, inputs: properties })),
      table,
    ),
    budget: typeof amount === "number" ? amount : undefined,
  };
}

const presetsSchema = z.looseObject({ presets: z.record(z.string(), z.unknown()).optional() });

/**
 * The sizes of a plan that are presets that their stack does not have.
 *
 * @throws when a stack or a preset of the system has no size in the plan
 */
function otherSizes(root: string, system: string, { sizes }: SystemPlan): { stack: string; size: string }[] {
  const file = join(root, "stacks", system, "inventory", "environments.yaml");
  const { presets = {} } = readYaml({ file, schema: presetsSchema, of: `the presets of ${system}` });
  const listed = Object.values(sizes);
  const stacks = stackDefinitions.flatMap((stack) => (stack.system === system ? stack.name : []));
  const missing = [
    ...stacks.filter((stack) => listed.every((size) => size.stack !== stack)),
    ...Object.keys(presets).filter((preset) => listed.every((size) => size.preset !== preset)),
  ];
  if (missing.length > 0) {
    throw new Error(`operations/cost/plans.yaml: systems.${system}.sizes: nothing is said of ${missing.join(", ")}`);
  }
  return listed.flatMap(({ stack, preset }) =>
    preset === undefined || preset === readSize(root, stack) ? [] : [{ stack, size: preset }],
  );
}
