import { describe, expect, it } from "vitest";
import { ContainerRegistry } from "../../components/container-registry/container-registry";
import { AzureStack } from "./azure-stack";

const type = "azure-native:containerregistry:Registry";

describe("ContainerRegistry", () => {
  it("deploys without an admin user, and changes nothing the second time", async () => {
    const stack = new AzureStack();
    const { outputs } = await stack.upTwice((around) => {
      const registry = new ContainerRegistry("images", { ...around, size: { sku: "Basic" } });
      return { server: registry.loginServer, privateNames: registry.privateNames };
    });
    expect(outputs).toEqual({
      server: expect.stringMatching(/^alaidevimages[0-9a-f]{8}\.azurecr\.io$/),
      privateNames: [],
    });
    expect((await stack.inputs(type)).get("images")).toMatchObject({
      adminUserEnabled: false,
      anonymousPullEnabled: false,
    });
  });

  it("deploys Premium closed, and changes nothing the second time", async () => {
    const stack = new AzureStack();
    const { outputs } = await stack.upTwice((around) => {
      const { network } = around;
      const registry = new ContainerRegistry("images", {
        ...around,
        size: { sku: "Premium", network, zoneRedundant: true, reachedBy: [{ who: "apps", via: "private-endpoint" }] },
        transform: { registry: { dataEndpointEnabled: true } },
      });
      return { server: registry.loginServer, privateNames: registry.privateNames };
    });
    expect(outputs.privateNames).toEqual([outputs.server]);
    expect((await stack.inputs(type)).get("images")).toMatchObject({
      publicNetworkAccess: "Disabled",
      zoneRedundancy: "Enabled",
      networkRuleSet: { defaultAction: "Deny" },
      policies: { exportPolicy: { status: "disabled" }, azureADAuthenticationAsArmPolicy: { status: "disabled" } },
      dataEndpointEnabled: true,
    });
  });

  it("refuses a Premium registry that nobody reaches", async () => {
    const refusal = await new AzureStack().refusal((around) => {
      new ContainerRegistry("images", { ...around, size: { sku: "Premium", reachedBy: [] } });
    });
    expect(refusal).toContain('ContainerRegistry "images": reachedBy is empty, so nobody could use it');
  });
});
