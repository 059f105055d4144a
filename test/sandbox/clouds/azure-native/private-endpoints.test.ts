import { describe, expect, it } from "vitest";
import { Azure, type Deployed, group } from "./azure-fixture";
import { endpoint, network, withAccount } from "./network-fixture";

function redis(azure: Azure, kind: "Cache" | "Cluster"): Promise<Deployed> {
  const resourceGroupName = "rg";
  return kind === "Cache"
    ? azure.create("redis:Redis", {
        resourceGroupName,
        name: "cache",
        sku: { name: "Basic", family: "C", capacity: 0 },
      })
    : azure.create("redisenterprise:RedisEnterprise", {
        ...{ resourceGroupName, clusterName: "cache", sku: { name: "Balanced_B0" }, publicNetworkAccess: "Disabled" },
      });
}
describe("a private endpoint", () => {
  it("needs its subnet, its target, and a part that the target has", async () => {
    const { azure, account, endpoints } = await withAccount();
    await expect(
      azure.create("network:PrivateEndpoint", endpoint(`${endpoints.id}x`, account.id)),
    ).rejects.toMatchObject({ code: "InvalidResourceReference" });
    await expect(
      azure.create("network:PrivateEndpoint", endpoint(endpoints.id, `${account.id}x`)),
    ).rejects.toMatchObject({ code: "InvalidResourceReference" });
    await expect(
      azure.create("network:PrivateEndpoint", endpoint(endpoints.id, account.id, "vault")),
    ).rejects.toMatchObject({ code: "InvalidGroupId" });
    const made = await azure.create("network:PrivateEndpoint", endpoint(endpoints.id, account.id));
    expect(made.outputs.customDnsConfigs).toEqual([{ ipAddresses: ["10.20.4.4"] }]);
    const second = await azure.create(
      "network:PrivateEndpoint",
      { ...endpoint(endpoints.id, account.id, "file"), privateEndpointName: "pe2" },
      "pe2",
    );
    expect(second.outputs.customDnsConfigs).toEqual([{ ipAddresses: ["10.20.4.5"] }]);
    const tagged = await azure.update(second, { ...second.inputs, tags: { a: "b" } });
    expect(tagged.outputs.customDnsConfigs).toEqual([{ ipAddresses: ["10.20.4.5"] }]);
  });

  it("stays while a lock keeps what it leads to", async () => {
    const { azure, account, endpoints } = await withAccount();
    const made = await azure.create("network:PrivateEndpoint", endpoint(endpoints.id, account.id));
    const lock = { scope: account.id, lockName: "keep", level: "CanNotDelete" };
    const kept = await azure.create("authorization:ManagementLockByScope", lock);
    await expect(azure.delete(made)).rejects.toMatchObject({ code: "ScopeLocked", status: 409 });
    await azure.delete(kept);
    await azure.delete(made);
  });

  it.each([
    ["StorageAccount", "Blob"],
    ["StorageAccount", "blob_third"],
    ["Cache", "redisEnterprise"],
    ["Cluster", "redisCache"],
  ] as const)("to a %s refuses the group %s", async (target, groupId) => {
    const { azure, account, endpoints } = await withAccount();
    const id = target === "StorageAccount" ? account.id : (await redis(azure, target)).id;
    await expect(azure.create("network:PrivateEndpoint", endpoint(endpoints.id, id, groupId))).rejects.toMatchObject({
      code: "InvalidGroupId",
    });
  });

  it.each([
    ["Cache", "redisCache"],
    ["Cluster", "redisEnterprise"],
  ] as const)("to a %s leads to %s", async (target, groupId) => {
    const { azure, endpoints } = await withAccount();
    const { id } = await redis(azure, target);
    await expect(azure.create("network:PrivateEndpoint", endpoint(endpoints.id, id, groupId))).resolves.toBeDefined();
  });

  // Codes as in the answers reported in azure-cli#15136 and terraform-azurerm-container-apps-hosting#352.
  it("names exactly one group", async () => {
    const { azure, account, endpoints } = await withAccount();
    const connecting = (groupIds: readonly string[]) => ({
      ...endpoint(endpoints.id, account.id),
      privateLinkServiceConnections: [{ name: "c", privateLinkServiceId: account.id, groupIds }],
    });
    await expect(azure.create("network:PrivateEndpoint", connecting([]))).rejects.toMatchObject({
      code: "MissingParameterOnPrivateLinkServiceConnection",
    });
    await expect(azure.create("network:PrivateEndpoint", connecting(["blob", "file"]))).rejects.toMatchObject({
      code: "OnlyOneGroupIdPermitted",
    });
  });

  it.each([
    ["containerregistry:Registry", { registryName: "images", sku: { name: "Standard" } }, "registry"],
    ["servicebus:Namespace", { namespaceName: "events-bus", sku: { name: "Standard" } }, "namespace"],
  ] as const)("to a %s needs the Premium tier", async (type, inputs, groupId) => {
    const { azure, endpoints } = await withAccount();
    const target = await azure.create(type, { resourceGroupName: "rg", ...inputs });
    await expect(
      azure.create("network:PrivateEndpoint", endpoint(endpoints.id, target.id, groupId)),
    ).rejects.toMatchObject({ code: "SkuNotSupported" });
  });

  it("has one group of zones that exist", async () => {
    const { azure, account, endpoints } = await withAccount();
    await azure.create("network:PrivateEndpoint", endpoint(endpoints.id, account.id));
    const zone = `${group}/providers/Microsoft.Network/privateDnsZones/privatelink.blob.core.windows.net`;
    const zones = {
      resourceGroupName: "rg",
      privateEndpointName: "pe",
      privateDnsZoneGroupName: "default",
      privateDnsZoneConfigs: [{ name: "blob", privateDnsZoneId: zone }],
    };
    await expect(azure.create("network:PrivateDnsZoneGroup", zones)).rejects.toMatchObject({
      code: "InvalidResourceReference",
    });
    await azure.create("privatedns:PrivateZone", {
      resourceGroupName: "rg",
      privateZoneName: "privatelink.blob.core.windows.net",
      location: "global",
    });
    await azure.create("network:PrivateDnsZoneGroup", zones);
    await expect(
      azure.create("network:PrivateDnsZoneGroup", { ...zones, privateDnsZoneGroupName: "second" }),
    ).rejects.toMatchObject({
      code: "MultipleDnsZoneGroupsNotSupported",
    });
  });
});
describe("a private DNS zone", () => {
  const zone = { resourceGroupName: "rg", privateZoneName: "a.internal", location: "global" };

  it("is global, is linked to a network once, and goes after its links", async () => {
    const azure = await Azure.withGroup();
    await expect(azure.check("privatedns:PrivateZone", { ...zone, location: "swedencentral" })).rejects.toThrow(
      "LocationNotAvailableForResourceType",
    );
    const made = await azure.create("privatedns:PrivateZone", zone);
    const link = (virtualNetworkLinkName: string) => ({
      ...zone,
      virtualNetworkLinkName,
      registrationEnabled: false,
      virtualNetwork: { id: `${group}/providers/Microsoft.Network/virtualNetworks/net` },
    });
    await expect(azure.create("privatedns:VirtualNetworkLink", link("one"))).rejects.toMatchObject({
      code: "InvalidResourceReference",
    });
    await azure.create("network:VirtualNetwork", network, "net");
    const linked = await azure.create("privatedns:VirtualNetworkLink", link("one"), "one");
    await expect(azure.create("privatedns:VirtualNetworkLink", link("two"), "two")).rejects.toMatchObject({
      code: "Conflict",
    });
    await expect(azure.delete(made)).rejects.toMatchObject({ code: "CannotDeleteResource" });
    const record = await azure.create("privatedns:PrivateRecordSet", {
      resourceGroupName: "rg",
      privateZoneName: "a.internal",
      recordType: "A",
      relativeRecordSetName: "db",
      ttl: 60,
      aRecords: [{ ipv4Address: "10.0.0.1" }],
    });
    expect(record.outputs).toMatchObject({ fqdn: "db.a.internal.", type: "Microsoft.Network/privateDnsZones/A" });
    await azure.delete(linked);
    await azure.delete(made);
  });
});
