import { describe, expect, it } from "vitest";
import { Azure, type Deployed, group, subnetFor } from "./azure-fixture";

const network = {
  resourceGroupName: "rg",
  virtualNetworkName: "net",
  addressSpace: { addressPrefixes: ["10.20.0.0/16"] },
};
const subnet = (subnetName: string, addressPrefix: string) => ({
  resourceGroupName: "rg",
  virtualNetworkName: "net",
  subnetName,
  addressPrefix,
});

function endpoint(subnetId: string, target: string, groupId = "blob") {
  return {
    resourceGroupName: "rg",
    privateEndpointName: "pe",
    subnet: { id: subnetId },
    privateLinkServiceConnections: [{ name: "c", privateLinkServiceId: target, groupIds: [groupId] }],
  };
}

async function withAccount(): Promise<{ azure: Azure; account: Deployed; endpoints: Deployed }> {
  const azure = await Azure.withGroup();
  const account = await azure.create("storage:StorageAccount", {
    resourceGroupName: "rg",
    accountName: "alpha",
    kind: "StorageV2",
    sku: { name: "Standard_LRS" },
  });
  return { azure, account, endpoints: await subnetFor(azure, undefined, "10.20.4.0/26") };
}

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

describe("a subnet", () => {
  it("lies in its network and beside the others", async () => {
    const azure = await Azure.withGroup();
    await azure.create("network:VirtualNetwork", network, "net");
    await azure.create("network:Subnet", subnet("a", "10.20.0.0/24"), "a");
    await expect(azure.create("network:Subnet", subnet("b", "10.20.0.128/25"))).rejects.toMatchObject({
      code: "NetcfgSubnetRangesOverlap",
    });
    await expect(azure.create("network:Subnet", subnet("b", "10.21.0.0/24"))).rejects.toMatchObject({
      code: "NetcfgInvalidSubnet",
    });
    await azure.create("network:Subnet", subnet("b", "10.20.1.0/24"), "b");
  });

  it.each(["10.20.0.1/24", "10.20.0.0", "office", "10.20.0.0/40"])("has no address range %s", async (addressPrefix) => {
    await expect(new Azure().check("network:Subnet", subnet("a", addressPrefix))).rejects.toThrow(
      "InvalidAddressPrefixFormat",
    );
  });

  it("is made one after the other: a network takes one change at a time", async () => {
    const azure = await Azure.withGroup();
    await azure.create("network:VirtualNetwork", network, "net");
    const both = await Promise.allSettled([
      azure.create("network:Subnet", subnet("a", "10.20.0.0/24"), "a"),
      azure.create("network:Subnet", subnet("b", "10.20.1.0/24"), "b"),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(both.find(({ status }) => status === "rejected")).toMatchObject({
      reason: { code: "AnotherOperationInProgress" },
    });
  });

  it("needs the security group it names, and holds on to it", async () => {
    const azure = await Azure.withGroup();
    await azure.create("network:VirtualNetwork", network, "net");
    const id = `${group}/providers/Microsoft.Network/networkSecurityGroups/nsg`;
    const guarded = { ...subnet("a", "10.20.0.0/24"), networkSecurityGroup: { id } };
    await expect(azure.create("network:Subnet", guarded)).rejects.toMatchObject({ code: "InvalidResourceReference" });
    const securityGroup = await azure.create("network:NetworkSecurityGroup", {
      resourceGroupName: "rg",
      networkSecurityGroupName: "nsg",
    });
    const made = await azure.create("network:Subnet", guarded);
    await expect(azure.delete(securityGroup)).rejects.toMatchObject({
      code: "InUseNetworkSecurityGroupCannotBeDeleted",
    });
    await azure.delete(made);
    await azure.delete(securityGroup);
  });

  it("in use is neither deleted, nor moved, nor handed over; nor is its network", async () => {
    const { azure, account, endpoints } = await withAccount();
    const made = await azure.create("network:PrivateEndpoint", endpoint(endpoints.id, account.id));
    await expect(azure.delete(endpoints)).rejects.toMatchObject({ code: "InUseSubnetCannotBeDeleted" });
    await expect(azure.update(endpoints, { ...endpoints.inputs, addressPrefix: "10.20.5.0/26" })).rejects.toMatchObject(
      {
        code: "InUsePrefixCannotBeDeleted",
      },
    );
    await expect(
      azure.update(endpoints, {
        ...endpoints.inputs,
        delegations: [{ name: "d", serviceName: "Microsoft.App/environments" }],
      }),
    ).rejects.toMatchObject({ code: "SubnetDelegationsCannotChangeWhenSubnetUsedByResource" });
    const net = {
      type: "network:VirtualNetwork",
      name: "net",
      id: `${group}/providers/Microsoft.Network/virtualNetworks/net`,
      inputs: {},
      outputs: {},
    };
    await expect(azure.delete(net)).rejects.toMatchObject({ code: "InUseSubnetCannotBeDeleted" });
    await azure.delete(made);
    await azure.delete(endpoints);
    await azure.delete(net);
  });
});

describe("a virtual network", () => {
  it("cannot give up the range of a subnet, and has the subnets it lists", async () => {
    const azure = await Azure.withGroup();
    const net = await azure.create(
      "network:VirtualNetwork",
      { ...network, subnets: [{ name: "inline", addressPrefix: "10.20.9.0/24" }] },
      "net",
    );
    expect(await azure.exists("network:Subnet", `${net.id}/subnets/inline`)).toBe(true);
    await expect(
      azure.update(net, { ...network, addressSpace: { addressPrefixes: ["10.21.0.0/16"] } }),
    ).rejects.toMatchObject({
      code: "NetcfgInvalidSubnet",
    });
  });
});

describe("security rules", () => {
  const rule = (name: string, priority: number) => ({
    name,
    priority,
    direction: "Inbound",
    access: "Allow",
    protocol: "Tcp",
  });

  it("have a priority of their own", async () => {
    const azure = await Azure.withGroup();
    const nsg = { resourceGroupName: "rg", networkSecurityGroupName: "nsg" };
    await expect(
      azure.check("network:NetworkSecurityGroup", { ...nsg, securityRules: [rule("a", 100), rule("b", 100)] }),
    ).rejects.toThrow("SecurityRuleConflict");
    await expect(
      azure.check("network:NetworkSecurityGroup", { ...nsg, securityRules: [rule("a", 99)] }),
    ).rejects.toThrow("from 100 to 4096");
    await azure.create("network:NetworkSecurityGroup", { ...nsg, securityRules: [rule("a", 100)] });
    await expect(
      azure.create("network:SecurityRule", {
        ...nsg,
        securityRuleName: "b",
        priority: 100,
        direction: "Inbound",
        access: "Deny",
        protocol: "*",
      }),
    ).rejects.toMatchObject({ code: "SecurityRuleConflict" });
  });
});

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
