import { join } from "node:path";
import { expect } from "vitest";
import { loadPolicyPack } from "../../deployment/policies/load-policy-pack";
import { AzureStack, type Surroundings } from "./azure-stack";

/**
 * What is made passes every policy of the pack, at preview and at up.
 *
 * @returns the types of what was made
 */
export async function expectPoliciesPassed(make: (around: Surroundings) => unknown): Promise<ReadonlySet<unknown>> {
  const pack = await loadPolicyPack(join(__dirname, "..", "..", "policies"));
  const { events } = await new AzureStack([], [pack]).upTwice(make);
  const said = events.flatMap(({ policyEvent }) => (policyEvent === undefined ? [] : [policyEvent]));
  expect(events.some(({ policyAnalyzeSummaryEvent }) => policyAnalyzeSummaryEvent !== undefined)).toBe(true);
  expect(said.map(({ policyName, resourceUrn, message }) => `${policyName} ${resourceUrn}: ${message}`)).toEqual([]);
  return new Set(events.map(({ resourcePreEvent }) => resourcePreEvent?.metadata.type));
}
