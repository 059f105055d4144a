import { beforeAll, describe, expect, it } from "vitest";
import { stackDefinitions } from "../../stacks/registry";
import { AlaiWorld } from "./alai-world";

describe("budgets", () => {
  let alai: AlaiWorld;
  beforeAll(async () => {
    alai = await AlaiWorld.deployed();
  }, 120_000);

  const stacks = stackDefinitions.map(({ name }) => name);

  it.each(stacks)("of %s count every group that it pays for, no other stack's, and tell somebody", async (stack) => {
    const resources = await alai.resources(stack);
    const ofType = (type: string) => resources.filter((resource) => resource.type === `azure-native:${type}`);
    const groups = ofType("resources:ResourceGroup").map(({ inputs }) => String(inputs.resourceGroupName));
    const budgets = ofType("consumption:Budget").map(({ inputs }) => {
      const { dimensions } = (inputs.filter ?? {}) as { dimensions?: { values: string[] } };
      return { scope: String(inputs.scope), values: dimensions?.values };
    });
    const counted = budgets.flatMap(({ scope, values }) => values ?? [scope.split("/resourceGroups/")[1]]);
    expect(counted.sort()).toEqual(groups.sort());
    expect(groups.length).toBeGreaterThan(0);
    for (const { inputs } of ofType("consumption:Budget")) {
      const notifications = Object.values(inputs.notifications ?? {}) as {
        contactEmails: string[];
        contactGroups: string[];
      }[];
      for (const { contactEmails, contactGroups } of notifications)
        expect([...contactEmails, ...contactGroups]).not.toEqual([]);
    }
  });
});
