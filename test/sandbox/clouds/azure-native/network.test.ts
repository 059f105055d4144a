import { describe, expect, it } from "vitest";

import { type PropertyMap, Unknown } from "../../../../deployment/values/property-value";
import { listAt, valueAt } from "../../../../sandbox/clouds/read-property";
import { Azure, account, group, guid } from "./azure-fixture";

import { endpoint, network, subnet, withAccount } from "./network-fixture";

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
describe("a subnet that its network lists", () => {
  const listing = { ...network, subnets: [{ name: "apps", addressPrefix: "10.20.0.0/23" }] };
  const id = `${group}/providers/Microsoft.Network/virtualNetworks/net/subnets/apps`;

  // Source: `PreviewOutputs` in pulumi-azure-native's provider.go: what is no input is unknown, also of an item and in an update.
  it("has an id among the network's outputs, unknown while that is only planned", async () => {
    const azure = await Azure.withGroup();
    expect(valueAt(await azure.preview("network:VirtualNetwork", listing), "subnets[0].id")).toBeInstanceOf(Unknown);
    const made = await azure.create("network:VirtualNetwork", listing);
    expect(made.outputs.subnets).toMatchObject([{ id, name: "apps", addressPrefix: "10.20.0.0/23" }]);
    expect(await azure.exists("network:Subnet", id)).toBe(true);
    const planned = await azure.update(made, { ...listing, tags: { a: "b" } }, true);
    expect(valueAt(planned.outputs, "subnets[0].id")).toBeInstanceOf(Unknown);
  });

  it("is no change when the network is read again or imported", async () => {
    const azure = await Azure.withGroup();
    const made = await azure.create("network:VirtualNetwork", listing);
    expect((await azure.read(made))?.inputs).toEqual(made.inputs);
    expect(listAt((await azure.import(made.type, made.id))?.inputs ?? {}, "subnets")).toEqual(listing.subnets);
  });
});
describe("the list of a network's subnets", () => {
  const listing = (...names: string[]) => ({
    ...network,
    subnets: names.map((name) => ({ name, addressPrefix: `10.20.${["one", "two", "three"].indexOf(name)}.0/24` })),
  });
  async function withListAndSubnet() {
    const azure = await Azure.withGroup();
    const net = await azure.create("network:VirtualNetwork", listing("one"), "net");
    const apart = await azure.create("network:Subnet", subnet("apart", "10.20.9.0/24"), "apart");
    const has = (name: string) => azure.exists("network:Subnet", `${net.id}/subnets/${name}`);
    return { azure, net, apart, has };
  }

  // Source: pulumi-azure-native#611: every PUT of the network carries its list.
  it("is all that the network has after each change of it", async () => {
    const { azure, net, has } = await withListAndSubnet();
    await azure.update(net, { ...listing("one"), tags: { changed: "yes" } });
    expect([await has("one"), await has("apart")]).toEqual([true, false]);
    await azure.update(net, listing("two"));
    expect([await has("one"), await has("two")]).toEqual([false, true]);
    await azure.create("network:Subnet", subnet("again", "10.20.0.0/24"), "again");
  });

  it("leaves those of their own alone where there is none", async () => {
    const azure = await Azure.withGroup();
    const net = await azure.create("network:VirtualNetwork", network, "net");
    const apart = await azure.create("network:Subnet", subnet("apart", "10.20.9.0/24"), "apart");
    await azure.update(net, { ...network, tags: { changed: "yes" } });
    expect(await azure.exists("network:Subnet", apart.id)).toBe(true);
  });

  it("cannot drop a subnet that is in use, nor move it", async () => {
    const { azure, net, apart, has } = await withListAndSubnet();
    const target = await azure.create("storage:StorageAccount", { ...account, accountName: "alpha" });
    await azure.create("network:PrivateEndpoint", endpoint(apart.id, target.id));
    await expect(azure.update(net, listing("one"))).rejects.toMatchObject({ code: "InUseSubnetCannotBeDeleted" });
    const moved = { ...network, subnets: [{ name: "apart", addressPrefix: "10.20.8.0/24" }] };
    await expect(azure.update(net, moved)).rejects.toMatchObject({ code: "InUsePrefixCannotBeDeleted" });
    expect([await has("one"), await has("apart")]).toEqual([true, true]);
  });

  it("is checked as subnets of their own are", async () => {
    const azure = await Azure.withGroup();
    const wrong = (...subnets: { name: string; addressPrefix: string }[]) =>
      azure.create("network:VirtualNetwork", { ...network, subnets }, "net");
    await expect(wrong({ name: "one", addressPrefix: "10.21.0.0/24" })).rejects.toMatchObject({
      code: "NetcfgInvalidSubnet",
    });
    await expect(
      wrong({ name: "one", addressPrefix: "10.20.0.0/24" }, { name: "two", addressPrefix: "10.20.0.0/25" }),
    ).rejects.toMatchObject({ code: "NetcfgSubnetRangesOverlap" });
  });
});

// Source: answers reported in terraform-provider-azurerm#16547 and avdaccelerator#818.
describe("a network rule for a subnet", () => {
  const deploy = {
    "Microsoft.Storage": (azure: Azure, subnetId: string) =>
      azure.create("storage:StorageAccount", {
        ...account,
        networkRuleSet: { defaultAction: "Deny", virtualNetworkRules: [{ virtualNetworkResourceId: subnetId }] },
      }),
    "Microsoft.KeyVault": (azure: Azure, subnetId: string, rule = {}) =>
      azure.create("keyvault:Vault", {
        resourceGroupName: "rg",
        properties: {
          tenantId: guid,
          sku: { family: "A", name: "standard" },
          networkAcls: { defaultAction: "Deny", bypass: "None", virtualNetworkRules: [{ id: subnetId, ...rule }] },
        },
      }),
  };
  async function withSubnet() {
    const azure = await Azure.withGroup();
    await azure.create("network:VirtualNetwork", network, "net");
    return { azure, work: await azure.create("network:Subnet", subnet("work", "10.20.0.0/24"), "work") };
  }

  it.each(["Microsoft.Storage", "Microsoft.KeyVault"] as const)(
    "needs the subnet's endpoint for %s",
    async (service) => {
      const { azure, work } = await withSubnet();
      await expect(deploy[service](azure, work.id)).rejects.toThrow(`SubnetsHaveNoServiceEndpointsConfigured`);
      await expect(deploy[service](azure, `${work.id}-gone`)).rejects.toMatchObject({
        code: "InvalidResourceReference",
      });
      await azure.update(work, { ...subnet("work", "10.20.0.0/24"), serviceEndpoints: [{ service }] });
      await deploy[service](azure, work.id);
    },
  );

  it("of a vault may do without where it says so", async () => {
    const { azure, work } = await withSubnet();
    await deploy["Microsoft.KeyVault"](azure, work.id, { ignoreMissingVnetServiceEndpoint: true });
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

  it("in a group's list are all that it has after a change of it", async () => {
    const azure = await Azure.withGroup();
    const nsg = { resourceGroupName: "rg", networkSecurityGroupName: "nsg", securityRules: [rule("a", 100)] };
    const made = await azure.create("network:NetworkSecurityGroup", nsg);
    const apart = await azure.create("network:SecurityRule", {
      ...{ resourceGroupName: "rg", networkSecurityGroupName: "nsg", securityRuleName: "b" },
      ...{ priority: 110, direction: "Inbound", access: "Deny", protocol: "*" },
    });
    await azure.update(made, { ...nsg, tags: { changed: "yes" } });
    expect(await azure.exists("network:SecurityRule", apart.id)).toBe(false);
  });
});

describe("a NAT gateway", () => {
  const address = (more: PropertyMap = {}) => ({
    ...{ resourceGroupName: "rg", publicIpAddressName: "ip", publicIPAllocationMethod: "Static", zones: ["1"] },
    ...more,
  });
  const gateway = (addressId: string, more: PropertyMap = {}) => ({
    ...{ resourceGroupName: "rg", natGatewayName: "nat", sku: { name: "Standard" }, zones: ["1"] },
    ...{ publicIpAddresses: [{ id: addressId }], ...more },
  });

  it("takes a fixed address of its zone, and both stay while they are in use", async () => {
    const azure = await Azure.withGroup();
    await expect(
      azure.create("network:PublicIPAddress", address({ publicIPAllocationMethod: "Dynamic" })),
    ).rejects.toMatchObject({ code: "StandardSkuPublicIPAddressesMustBeStatic" });
    const ip = await azure.create("network:PublicIPAddress", address());
    const create = (more: PropertyMap) => azure.create("network:NatGateway", gateway(ip.id, more));
    await expect(create({ zones: ["2"] })).rejects.toMatchObject({ code: "NatGatewayAndPublicIpZoneMismatch" });
    const nat = await create({});
    await azure.create("network:VirtualNetwork", network, "net");
    const out = { ...subnet("a", "10.20.0.0/24"), natGateway: { id: nat.id } };
    await expect(azure.create("network:Subnet", { ...out, natGateway: { id: `${nat.id}2` } })).rejects.toMatchObject({
      code: "InvalidResourceReference",
    });
    const made = await azure.create("network:Subnet", out, "a");
    const { sku: _none, ...bare } = gateway(ip.id);
    const plain = await azure.create("network:NatGateway", { ...bare, natGatewayName: "plain" });
    expect(plain.outputs.sku).toEqual({ name: "Standard" });
    await azure.delete(plain);
    await expect(azure.delete(nat)).rejects.toMatchObject({ code: "CannotDeleteNatGatewayAssociatedToSubnet" });
    await expect(azure.delete(ip)).rejects.toMatchObject({ code: "PublicIPAddressCannotBeDeleted" });
    await azure.delete(made);
    await azure.delete(nat);
    await azure.delete(ip);
  });
});

describe("a peering", () => {
  const other = (name: string, block: string) => ({
    ...{ resourceGroupName: "rg", virtualNetworkName: name, addressSpace: { addressPrefixes: [block] } },
  });
  const peering = (from: string, to: string) => ({
    ...{ resourceGroupName: "rg", virtualNetworkName: from, virtualNetworkPeeringName: "peer" },
    remoteVirtualNetwork: { id: to },
  });

  it("leads somewhere when both sides are there, between networks that do not overlap", async () => {
    const azure = await Azure.withGroup();
    const net = await azure.create("network:VirtualNetwork", network, "net");
    const there = await azure.create("network:VirtualNetwork", other("there", "10.21.0.0/16"), "there");
    const same = await azure.create("network:VirtualNetwork", other("same", "10.20.4.0/24"), "same");
    const twin = await azure.create("network:VirtualNetwork", other("twin", "10.21.4.0/24"), "twin");
    await expect(azure.create("network:VirtualNetworkPeering", peering("net", `${net.id}2`))).rejects.toMatchObject({
      code: "InvalidResourceReference",
    });
    await expect(azure.create("network:VirtualNetworkPeering", peering("net", same.id))).rejects.toMatchObject({
      code: "VnetAddressSpacesOverlap",
    });
    const first = await azure.create("network:VirtualNetworkPeering", peering("net", there.id), "first");
    expect(first.outputs.peeringState).toBe("Initiated");
    const second = await azure.create("network:VirtualNetworkPeering", peering("there", net.id), "second");
    expect(second.outputs.peeringState).toBe("Connected");
    const third = { ...peering("net", twin.id), virtualNetworkPeeringName: "third" };
    await expect(azure.create("network:VirtualNetworkPeering", third, "third")).rejects.toMatchObject({
      code: "VnetAddressSpaceOverlapsWithAlreadyPeeredVnet",
    });
  });
});
