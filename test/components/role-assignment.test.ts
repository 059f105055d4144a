import { describe, expect, it } from "vitest";
import { roleDefinitionId, uuidV5 } from "../../components/identity/role-assignment";
import { azureRoles } from "../../lib/azure/built-in-roles";

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe("uuidV5", () => {
  it("is a UUID of version 5, the same for the same text", () => {
    expect(uuidV5("alai/dev/mc-api")).toMatch(uuid);
    expect(uuidV5("alai/dev/mc-api")).toBe(uuidV5("alai/dev/mc-api"));
    expect(uuidV5("alai/dev/mc-api")).not.toBe(uuidV5("alai/prod/mc-api"));
  });
});

describe("roleDefinitionId", () => {
  it("lies below the subscription of the scope", () => {
    const scope = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/alai-dev";
    expect(roleDefinitionId(scope, "AcrPull")).toBe(
      "/subscriptions/00000000-0000-4000-8000-000000000001/providers/Microsoft.Authorization/roleDefinitions/7f951dda-4ed3-4680-a7ca-43fe172d538d",
    );
  });

  it("refuses a scope that is not in a subscription", () => {
    expect(() => roleDefinitionId("alai-dev", "Reader")).toThrow(
      'role "Reader": the scope "alai-dev" is not an Azure id below /subscriptions/; give a resource\'s id',
    );
  });

  it("knows each role by an id of its own", () => {
    const ids = Object.values(azureRoles);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
