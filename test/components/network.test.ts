import { ResourceGroup } from "@pulumi/azure-native/resources";
import { describe, expect, it } from "vitest";
import { Network } from "../../components/network/network";
import { privateServiceNames } from "../../lib/private-services";
import { AzureStack, context } from "./azure-stack";

/** A group of its own: a private zone's name can be in a group once. */
const elsewhere = (name = "other") =>
  new ResourceGroup(name, { resourceGroupName: name, location: context.location }).name;

describe("Network", () => {
  it("deploys, then changes nothing, then goes", async () => {
    const stack = new AzureStack();
    const { outputs } = await stack.upTwice(({ network }) => ({
      subnet: network.appsSubnetId,
      blocks: network.privateBlocks,
      zones: Object.keys(network.zoneIds),
    }));
    expect(outputs).toEqual({
      subnet: expect.stringContaining("/virtualNetworks/alai-dev-net/subnets/alai-dev-net-apps"),
      blocks: ["10.20.3.0/26", "10.20.2.0/28"],
      zones: privateServiceNames,
    });
    const subnets = await stack.inputs("azure-native:network:Subnet");
    expect([...subnets.values()].every((subnet) => subnet.networkSecurityGroup !== undefined)).toBe(true);
    await stack.destroy();
    expect(await stack.resources()).toEqual([]);
  });

  it("deploys with the least it can have", async () => {
    const { outputs } = await new AzureStack().upTwice(() => {
      const resourceGroupName = elsewhere();
      const subnets = { apps: "10.30.0.0/27", privateEndpoints: "10.30.1.0/29" };
      const small = new Network("small", { context, resourceGroupName, addressSpace: "10.30.0.0/16", subnets });
      return { postgres: small.postgres === undefined, zones: Object.keys(small.zoneIds) };
    });
    expect(outputs).toEqual({ postgres: true, zones: ["blob", "vault"] });
  });

  it("takes transforms of its children", async () => {
    const stack = new AzureStack();
    await stack.upTwice(() => {
      new Network("open", {
        context,
        resourceGroupName: elsewhere(),
        addressSpace: "10.30.0.0/16",
        subnets: { apps: "10.30.0.0/27", privateEndpoints: "10.30.1.0/29" },
        transform: {
          network: { flowTimeoutInMinutes: 10 },
          subnet: (args) => ({ ...args, defaultOutboundAccess: false }),
        },
      });
    });
    const networks = await stack.inputs("azure-native:network:VirtualNetwork");
    expect(networks.get("open")).toMatchObject({ flowTimeoutInMinutes: 10 });
    const subnets = await stack.inputs("azure-native:network:Subnet");
    expect(subnets.get("open-apps")).toMatchObject({ defaultOutboundAccess: false });
  });

  it("has a way out with fixed addresses", async () => {
    const stack = new AzureStack();
    const { outputs } = await stack.upTwice(() => {
      const made = new Network("out", {
        ...{ context, resourceGroupName: elsewhere(), addressSpace: "10.30.0.0/16", nat: { addresses: 2, zone: "1" } },
        subnets: { apps: "10.30.0.0/27", privateEndpoints: "10.30.1.0/29" },
      });
      return { addresses: made.outboundAddresses };
    });
    expect(outputs.addresses).toEqual([
      expect.stringMatching(/^198\.51\.100\.\d+$/),
      expect.stringMatching(/^198\.51\.100\.\d+$/),
    ]);
    const subnets = await stack.inputs("azure-native:network:Subnet");
    expect(subnets.get("out-apps")).toMatchObject({ natGateway: { id: expect.stringContaining("/natGateways/") } });
    expect(subnets.get("out-endpoints")).not.toHaveProperty("natGateway");
    expect((await stack.inputs("azure-native:network:NatGateway")).get("out-nat")).toMatchObject({ zones: ["1"] });
    await stack.destroy();
    expect(await stack.resources()).toEqual([]);
  });

  it("is peered with another, each from its side, and with none that overlaps", async () => {
    const stack = new AzureStack();
    const pair = (theirs: string) => {
      const resourceGroupName = elsewhere();
      const make = (name: string, space: string) =>
        new Network(name, {
          ...{ context, resourceGroupName, addressSpace: `${space}.0.0/16`, privateDnsZones: [] },
          subnets: { apps: `${space}.0.0/27`, privateEndpoints: `${space}.1.0/29` },
        });
      const [one, other] = [make("one", "10.30"), make("other", theirs)];
      one.peer("other", { networkId: other.id, addressSpace: other.addressSpace });
      other.peer("one", { networkId: one.id, addressSpace: one.addressSpace });
    };
    await stack.upTwice(() => pair("10.31"));
    const peerings = await stack.inputs("azure-native:network:VirtualNetworkPeering");
    expect([...peerings.keys()].sort()).toEqual(["one-peer-other", "other-peer-one"]);
    expect(await new AzureStack().refusal(() => pair("10.30"))).toContain(
      'Network "one": its blocks 10.30.0.0/16 overlap with 10.30.0.0/16 of the peer "other"',
    );
  });

  it("makes both sides of a way, and both know the other's databases, where the other's stack must not need it", async () => {
    const stack = new AzureStack();
    await stack.upTwice(() => {
      const make = (name: string, space: string, environment: string) =>
        new Network(name, {
          ...{ context: { ...context, environment }, resourceGroupName: elsewhere(name), privateDnsZones: [] },
          addressSpace: `${space}.0.0/16`,
          subnets: { apps: `${space}.0.0/27`, postgres: `${space}.2.0/28`, privateEndpoints: `${space}.1.0/29` },
        });
      const [primary, standby] = [make("primary", "10.30", "prod"), make("network", "10.31", "dr")];
      const { id: networkId, addressSpace, postgres } = primary;
      standby.peer("prod", { networkId, addressSpace, databaseZoneId: postgres?.zoneId ?? "" });
    });
    const states = await stack.world.transact((world) =>
      world.list("azure-native:network:VirtualNetworkPeering").map(({ properties }) => properties.peeringState),
    );
    expect(states.sort()).toEqual(["Connected", "Initiated"]);
    const links = await stack.inputs("azure-native:privatedns:VirtualNetworkLink");
    expect(links.get("network-peer-prod")).toMatchObject({
      privateZoneName: "alai-prod.private.postgres.database.azure.com",
      virtualNetwork: { id: expect.stringContaining("alai-dr-network") },
    });
    expect(links.get("network-peer-prod-back")).toMatchObject({
      privateZoneName: "alai-dr.private.postgres.database.azure.com",
      virtualNetwork: { id: expect.stringContaining("alai-prod-primary") },
    });
  });

  it("refuses an address plan that does not fit, before anything is made", async () => {
    const stack = new AzureStack();
    const refusal = await stack.refusal(({ resourceGroupName }) => {
      const subnets = { apps: "10.31.0.0/23", privateEndpoints: "10.30.1.0/29" };
      new Network("bad", { context, resourceGroupName, addressSpace: "10.30.0.0/16", subnets });
    });
    expect(refusal).toContain('Network "bad": subnets.apps: "10.31.0.0/23" is not inside addressSpace "10.30.0.0/16"');
  });
});
