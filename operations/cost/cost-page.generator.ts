import type { Generator } from "../../lib/generator";
import type { RehearsedStack } from "../../sandbox/project/rehearsal";
import { rehearsedStacks } from "../rehearsed-stacks";
import { costPage, readCostEstimate } from "./cost-page";
import { readPriceTable } from "./price-table";

/** The stack that the control plane's estimate is about. */
const estimatedStack = "prod";

/** What the control plane costs, beside what its plan estimated. */
export const generator: Generator = {
  files: async ({ root, signal }) => [{ path: "docs/cost.md", text: costPageOf(await rehearsedStacks(root, signal)) }],
};

/** {@link costPage} of the stack that the estimate is about, as it was deployed to a world in memory. */
export function costPageOf(rehearsed: readonly RehearsedStack[]): string {
  const found = rehearsed.find(({ stack }) => stack === estimatedStack);
  if (found === undefined) throw new Error(`${estimatedStack} was not deployed`);
  // Components have no provider, and no price of their own.
  const made = found.up.resources.filter(({ provider }) => provider !== undefined);
  const resources = made.map(({ urn, type, properties }) => ({ urn, type, inputs: properties }));
  // In a fixed order: that of registration depends on timing.
  resources.sort((left, right) => (left.urn < right.urn ? -1 : 1));
  return costPage(resources, readCostEstimate(), readPriceTable());
}
