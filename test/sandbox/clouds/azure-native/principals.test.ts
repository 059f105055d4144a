import { describe, expect, it } from "vitest";
import { textAt } from "../../../../sandbox/clouds/read-property";
import { Azure, type Deployed, grantedIdentity } from "./azure-fixture";
import { acrPull, app, withEnvironment } from "./container-apps-fixture";

const identity = { resourceGroupName: "rg", resourceName: "worker" };

// Source: Azure documentation, "Troubleshoot Azure RBAC": the assignments of an identity that was deleted stay, with "Identity not found".
describe("an identity that is made again", () => {
  it("is another principal, and stays that one", async () => {
    const azure = await Azure.withGroup();
    const seen = new Set<unknown>();
    for (let time = 1; time <= 3; time += 1) {
      const made = await azure.create("managedidentity:UserAssignedIdentity", identity, "worker");
      seen.add(made.outputs.principalId).add(made.outputs.clientId);
      const updated = await azure.update(made, { ...identity, tags: { a: "b" } });
      const { principalId, clientId } = made.outputs;
      expect(updated.outputs).toMatchObject({ principalId, clientId });
      expect((await azure.read(updated))?.outputs).toMatchObject({ principalId, clientId });
      await azure.delete(made);
    }
    expect(seen.size).toBe(6);
  });

  it("is another principal when its group was deleted in between", async () => {
    const azure = new Azure();
    const make = async (): Promise<[Deployed, Deployed]> => [
      await azure.create("resources:ResourceGroup", { resourceGroupName: "rg", location: "swedencentral" }, "rg"),
      await azure.create("managedidentity:UserAssignedIdentity", identity, "worker"),
    ];
    const [parent, before] = await make();
    await azure.delete(parent);
    const [, after] = await make();
    expect(after.outputs.principalId).not.toBe(before.outputs.principalId);
  });

  it("has none of the roles that it had", async () => {
    const { azure, environment } = await withEnvironment();
    const registry = await azure.create("containerregistry:Registry", {
      resourceGroupName: "rg",
      registryName: "images",
      sku: { name: "Basic" },
    });
    const id = `${registry.id}/images/api@sha256:aa`;
    await azure.world.transact((world) =>
      world.put({ cloud: "azure", kind: "azure-native:containerregistry:Image", id, properties: {} }),
    );
    const puller = await grantedIdentity(azure, registry.id, acrPull);
    const run = (containerAppName: string) =>
      azure.create("app:ContainerApp", {
        ...app(environment, {}, { image: "images.azurecr.io/api@sha256:aa" }),
        containerAppName,
        identity: { type: "UserAssigned", userAssignedIdentities: [puller.id] },
        configuration: { registries: [{ server: "images.azurecr.io", identity: puller.id }] },
      });
    await run("first");
    await azure.delete(puller);
    await azure.create(puller.type, { resourceGroupName: "rg", resourceName: "app-identity" }, "again");
    await expect(run("second")).rejects.toThrow("the identity has no role AcrPull");
  });
});

it("the own identity of an app is another principal when the app or the identity is made again", async () => {
  const { azure, environment } = await withEnvironment();
  const without = app(environment);
  const given = { ...without, identity: { type: "SystemAssigned" } };
  const principalOf = ({ outputs }: Deployed) => textAt(outputs, "identity.principalId");
  const first = await azure.create("app:ContainerApp", given);
  const same = await azure.update(first, { ...given, tags: { a: "b" } });
  const on = await azure.update(await azure.update(same, without), given);
  await azure.delete(on);
  const again = await azure.create("app:ContainerApp", given);
  expect(principalOf(first)).toMatch(/^[0-9a-f-]{36}$/);
  expect(principalOf(same)).toBe(principalOf(first));
  expect(new Set([first, on, again].map(principalOf)).size).toBe(3);
});
