import { type RehearsedStack, rehearse } from "../../sandbox/project/rehearsal";
import { readCostEstimate } from "./cost-estimate";
import { costPage } from "./cost-page";
import { readPriceTable } from "./price-table";

/** The stack that the control plane's estimate is about. */
const estimatedStack = "prod";

/**
 * {@link costPage} of the stack that the estimate is about, as it is deployed to a world in memory.
 *
 * @throws when it cannot be deployed
 */
export async function rehearsedCostPage(directory: string, signal: AbortSignal): Promise<string> {
  const [rehearsed] = await rehearse({ directory, stacks: [estimatedStack], previews: false, signal });
  if (rehearsed?.up.result !== "succeeded") {
    throw new Error([`${estimatedStack} cannot be deployed:`, ...(rehearsed?.up.errors ?? [])].join("\n"));
  }
  return costPageOf([rehearsed]);
}

/** {@link rehearsedCostPage} of stacks that were deployed already. */
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
