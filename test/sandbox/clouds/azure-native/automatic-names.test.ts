import { describe, expect, it } from "vitest";
import { Azure, guid } from "./azure-fixture";

describe.each([
  [
    "storage:StorageAccount",
    "accountName",
    { kind: "StorageV2", sku: { name: "Standard_LRS" } },
    "StorageAccountAlreadyTaken",
  ],
  [
    "dbforpostgresql:Server",
    "serverName",
    { sku: { name: "Standard_B1ms", tier: "Burstable" }, administratorLogin: "owner", administratorLoginPassword: "p" },
    "ServerNameAlreadyExists",
  ],
  ["containerregistry:Registry", "registryName", { sku: { name: "Basic" } }, "AlreadyInUse"],
  [
    "keyvault:Vault",
    "vaultName",
    { properties: { tenantId: guid, sku: { name: "standard", family: "A" } } },
    "VaultAlreadyExists",
  ],
  ["servicebus:Namespace", "namespaceName", {}, "NamespaceUnavailable"],
  [
    "redisenterprise:RedisEnterprise",
    "clusterName",
    { sku: { name: "Balanced_B0" }, publicNetworkAccess: "Disabled" },
    "NameNotAvailable",
  ],
  ["redis:Redis", "name", { sku: { name: "Basic", family: "C", capacity: 0 } }, "NameNotAvailable"],
] as const)("the name of a %s", (type, property, rest, code) => {
  it("is taken in the whole world", async () => {
    const azure = await Azure.withGroup();
    await azure.create("resources:ResourceGroup", { resourceGroupName: "other", location: "westeurope" }, "other");
    await azure.create(type, { resourceGroupName: "rg", [property]: "sharedname", ...rest }, "one");
    await expect(
      azure.create(type, { resourceGroupName: "other", [property]: "sharedname", ...rest }, "two"),
    ).rejects.toMatchObject({ code, status: 409 });
  });
});
