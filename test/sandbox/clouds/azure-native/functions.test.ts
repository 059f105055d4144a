import { describe, expect, it } from "vitest";
import { Secret } from "../../../../deployment/values/property-value";
import { Azure, account, group, subscription } from "./azure-fixture";

describe("a resource group", () => {
  it("takes what it contains with it", async () => {
    const azure = await Azure.withGroup();
    const alpha = await azure.create("storage:StorageAccount", { ...account, accountName: "alpha" });
    await azure.delete({ type: "resources:ResourceGroup", name: "rg", id: group, inputs: {}, outputs: {} });
    expect(await azure.exists("storage:StorageAccount", alpha.id)).toBe(false);
    await azure.delete(alpha);
  });

  it("has a name by Azure's rule", async () => {
    const azure = new Azure();
    await expect(
      azure.create("resources:ResourceGroup", { resourceGroupName: "ends.", location: "swedencentral" }),
    ).rejects.toThrow("InvalidResourceGroupName");
  });
});
describe("functions", () => {
  it("read an object by the parts of its id, or find nothing", async () => {
    const azure = await Azure.withGroup();
    expect(await azure.invoke("resources:getResourceGroup", { resourceGroupName: "rg" })).toMatchObject({
      id: group,
      location: "swedencentral",
    });
    await expect(
      azure.invoke("app:getContainerApp", { resourceGroupName: "rg", containerAppName: "api" }),
    ).rejects.toMatchObject({
      code: "ResourceNotFound",
      status: 404,
    });
  });

  it("tell who is deploying", async () => {
    expect(await new Azure().invoke("authorization:getClientConfig", {})).toMatchObject({
      subscriptionId: subscription.split("/").at(-1),
    });
  });

  it("hand out storage keys as secrets, and none where shared keys are off", async () => {
    const azure = await Azure.withGroup();
    await azure.create("storage:StorageAccount", { ...account, accountName: "alpha" });
    const { keys } = await azure.invoke("storage:listStorageAccountKeys", {
      resourceGroupName: "rg",
      accountName: "alpha",
    });
    expect(keys).toEqual([
      expect.objectContaining({ value: expect.any(Secret) }),
      expect.objectContaining({ value: expect.any(Secret) }),
    ]);
    await azure.create(
      "storage:StorageAccount",
      { ...account, accountName: "beta", allowSharedKeyAccess: false },
      "beta",
    );
    await expect(
      azure.invoke("storage:listStorageAccountKeys", { resourceGroupName: "rg", accountName: "beta" }),
    ).rejects.toMatchObject({ code: "KeyBasedAuthenticationNotPermitted", status: 403 });
  });

  it("hand out no keys of an account that is not there", async () => {
    const azure = await Azure.withGroup();
    await expect(
      azure.invoke("storage:listStorageAccountKeys", { resourceGroupName: "rg", accountName: "alpha" }),
    ).rejects.toMatchObject({ code: "ResourceNotFound" });
  });

  it("read generic objects by their names, of which each has its own", async () => {
    const azure = await Azure.withGroup();
    const made = [];
    for (const name of ["one", "two"])
      made.push(await azure.create("web:WebApp", { resourceGroupName: "rg", name, httpsOnly: true }, name));
    expect(new Set(made.map(({ id }) => id)).size).toBe(2);
    const read = await azure.invoke("web:getWebApp", { resourceGroupName: "rg", name: "two" });
    expect(read).toMatchObject({ id: made[1]?.id, name: "two", httpsOnly: true });
    const machine = await azure.create("compute:VirtualMachine", { resourceGroupName: "rg", vmName: "m" }, "m");
    const args = { resourceGroupName: "rg", vmName: "m" };
    expect((await azure.invoke("compute:getVirtualMachine", args)).id).toBe(machine.id);
    await expect(
      azure.invoke("compute:getVirtualMachine", { resourceGroupName: "rg", vmName: "other" }),
    ).rejects.toMatchObject({ code: "ResourceNotFound" });
  });

  it("hand out the credentials of a registry whose administrator is enabled, as secrets", async () => {
    const azure = await Azure.withGroup();
    const registry = { resourceGroupName: "rg", registryName: "images", sku: { name: "Basic" } };
    const made = await azure.create("containerregistry:Registry", registry);
    const ask = () =>
      azure.invoke("containerregistry:listRegistryCredentials", { resourceGroupName: "rg", registryName: "images" });
    await expect(ask()).rejects.toMatchObject({ code: "UnAuthorizedForCredentialOperations" });
    await azure.update(made, { ...registry, adminUserEnabled: true });
    expect(await ask()).toMatchObject({ username: "images", passwords: [{ value: expect.any(Secret) }, {}] });
  });

  it("hand out signatures for parts of an account as secrets", async () => {
    const azure = await Azure.withGroup();
    await azure.create("storage:StorageAccount", { ...account, accountName: "alpha" });
    const asked = { resourceGroupName: "rg", accountName: "alpha", sharedAccessExpiryTime: "2030-01-01" };
    const { serviceSasToken } = await azure.invoke("storage:listStorageAccountServiceSAS", asked);
    expect(serviceSasToken).toBeInstanceOf(Secret);
    const { accountSasToken } = await azure.invoke("storage:listStorageAccountSAS", asked);
    expect(accountSasToken).toBeInstanceOf(Secret);
  });

  it("that nobody modelled say so", async () => {
    await expect(new Azure().invoke("web:listWebAppBackups", {})).rejects.toMatchObject({
      code: "InvokeNotModelled",
      message: expect.stringContaining("Run this stack on the real engine (--engine pulumi), or model it"),
    });
  });
});
