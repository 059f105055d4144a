import { overlaps, parseBlock } from "../../../../lib/ipv4";
import { ServiceError } from "../../../engine/provider";
import { mapsAt, textAt, textsAt } from "../../read-property";
import { RepeatableRandom } from "../../repeatable-random";
import type { ServiceContext } from "../../type-rule";
import { nameOfId, parentOfId, sameId } from "../arm-id";
import { armType } from "../arm-type";
import { invalidReference } from "../existing-resources";
import { subnetType, virtualNetworkType } from "./subnet-use";

const addressType = "azure-native:network:PublicIPAddress";
const gatewayType = "azure-native:network:NatGateway";
const peeringType = "azure-native:network:VirtualNetworkPeering";
const name = {
  pattern: /^[A-Za-z0-9]([\w.-]{0,78}\w)?$/,
  expected: "1 to 80 letters, digits, _ . -",
  code: "InvalidResourceName",
};

/**
 * A public address. Basic ones are made no more since September 2025 (hashicorp/terraform-provider-azurerm#31197); StandardV2 is not in
 * API 2024-05-01, which azure-native uses for them and for gateways.
 */
const publicIpAddress = armType({
  type: "network:PublicIPAddress",
  describedBy: ["network", "PublicIPAddress"],
  path: "Microsoft.Network/publicIPAddresses/{publicIpAddressName}",
  name,
  located: true,
  allowed: {
    "sku.name": ["Standard"],
    publicIPAllocationMethod: ["Static", "Dynamic"],
    publicIPAddressVersion: ["IPv4", "IPv6"],
  },
  defaults: { sku: { name: "Standard", tier: "Regional" }, publicIPAddressVersion: "IPv4", idleTimeoutInMinutes: 4 },
  createOnly: ["sku", "zones", "publicIPAddressVersion"],
  computed: {
    names: ["ipAddress", "provisioningState", "resourceGuid"],
    stable: ["ipAddress"],
    values: ({ id, random }) => ({
      // Of the block that is kept for documents (RFC 5737).
      ipAddress: `198.51.100.${1 + new RepeatableRandom(`address ${id.toLowerCase()}`).below(254)}`,
      provisioningState: "Succeeded",
      resourceGuid: random.guid(),
    }),
  },
  service: {
    write: ({ id, inputs }) => {
      // Source: the answer in fortinet/azure-templates#43.
      if (textAt(inputs, "publicIPAllocationMethod") === "Static") return;
      throw new ServiceError(
        "StandardSkuPublicIPAddressesMustBeStatic",
        `Standard sku publicIp ${id} must have AllocationMethod set to Static.`,
      );
    },
    delete: ({ world, id }) => {
      const user = world
        .list(gatewayType)
        .find(({ properties }) => addressesOf(properties).some((one) => sameId(one, id)));
      if (user === undefined) return;
      // Source: the answer in ernestio/ernest#514.
      throw new ServiceError(
        "PublicIPAddressCannotBeDeleted",
        `Public IP address ${id} can not be deleted since it is still allocated to resource ${user.id}.`,
      );
    },
  },
});

function addressesOf(gateway: ServiceContext["inputs"]): readonly string[] {
  return mapsAt(gateway, "publicIpAddresses").flatMap((address) => textAt(address, "id") ?? []);
}

const natGateway = armType({
  type: "network:NatGateway",
  describedBy: ["network", "NatGateway"],
  path: "Microsoft.Network/natGateways/{natGatewayName}",
  name,
  located: true,
  allowed: { "sku.name": ["Standard"] },
  ranges: { idleTimeoutInMinutes: { minimum: 4, maximum: 120 } },
  // Microsoft's description lets the SKU out, and no report tells that the service refuses a gateway without one; azurerm and az fill in
  // this one before they ask.
  defaults: { sku: { name: "Standard" }, idleTimeoutInMinutes: 4 },
  createOnly: ["sku", "zones"],
  computed: {
    names: ["provisioningState", "resourceGuid", "subnets"],
    values: ({ random }) => ({ provisioningState: "Succeeded", resourceGuid: random.guid(), subnets: [] }),
  },
  service: {
    write: requireAddresses,
    delete: ({ world, id }) => {
      const users = world.list(subnetType).filter(({ properties }) => sameId(textAt(properties, "natGateway.id"), id));
      if (users.length === 0) return;
      // Source: the answer in Azure-Samples/Copilot-Studio-with-Azure-AI-Search#62.
      throw new ServiceError(
        "CannotDeleteNatGatewayAssociatedToSubnet",
        `NAT Gateway ${id} is still configured on ${users.length} subnets. Remove NAT Gateway from all referenced subnets and then delete NAT Gateway.`,
      );
    },
  },
});

/** A gateway in a zone takes addresses of that zone, or of all. Source: Azure documentation, "NAT gateway and availability zones". */
function requireAddresses({ world, id, inputs }: ServiceContext): void {
  const zones = textsAt(inputs, "zones");
  for (const addressId of addressesOf(inputs)) {
    const address = world.get(addressType, addressId);
    if (address === undefined) throw invalidReference(addressId, id);
    const theirs = textsAt(address.properties, "zones");
    if (zones.every((zone) => theirs.includes(zone))) continue;
    // The documentation does not tell the code.
    throw new ServiceError(
      "NatGatewayAndPublicIpZoneMismatch",
      `NAT Gateway ${id} cannot use the public IP address ${addressId}: its zones must be the gateway's.`,
    );
  }
}

/** One side of the way between two networks; it leads somewhere when the other side is there, too. */
const peering = armType({
  type: "network:VirtualNetworkPeering",
  describedBy: ["network", "VirtualNetworkPeering"],
  path: "Microsoft.Network/virtualNetworks/{virtualNetworkName}/virtualNetworkPeerings/{virtualNetworkPeeringName}",
  parent: { type: "network:VirtualNetwork", path: "Microsoft.Network/virtualNetworks/{virtualNetworkName}" },
  name,
  required: ["remoteVirtualNetwork", "remoteVirtualNetwork.id"],
  defaults: { allowVirtualNetworkAccess: true, allowForwardedTraffic: false, allowGatewayTransit: false },
  createOnly: ["remoteVirtualNetwork.id"],
  notReturned: ["syncRemoteAddressSpace"],
  computed: {
    names: ["provisioningState", "peeringState", "resourceGuid"],
    values: ({ world, id, inputs, random }) => ({
      provisioningState: "Succeeded",
      peeringState: isAnswered(world, id, inputs) ? "Connected" : "Initiated",
      resourceGuid: random.guid(),
    }),
  },
  service: { write: requireOwnBlocks },
});

function isAnswered(world: ServiceContext["world"], id: string, inputs: ServiceContext["inputs"]): boolean {
  const remote = textAt(inputs, "remoteVirtualNetwork.id") ?? "";
  return world
    .list(peeringType)
    .some(
      ({ id: other, properties }) =>
        sameId(parentOfId(other), remote) && sameId(textAt(properties, "remoteVirtualNetwork.id"), parentOfId(id)),
    );
}

/** Sources: Azure/ResourceModules#731 for a peer's peer; Azure documentation, "Virtual network peering: constraints". */
function requireOwnBlocks({ world, id, inputs }: ServiceContext): void {
  const own = parentOfId(id);
  const remote = textAt(inputs, "remoteVirtualNetwork.id") ?? "";
  if (world.get(virtualNetworkType, remote) === undefined) throw invalidReference(remote, id);
  const blocks = (networkId: string) =>
    textsAt(world.get(virtualNetworkType, networkId)?.properties ?? {}, "addressSpace.addressPrefixes").flatMap(
      (text) => parseBlock(text) ?? [],
    );
  const clash = (one: string, other: string) =>
    blocks(one).some((block) => blocks(other).some((taken) => overlaps(block, taken)));
  const cannot = `Cannot create or update peering ${id}. Virtual networks ${own} and ${remote} cannot be peered because`;
  if (clash(own, remote)) throw new ServiceError("VnetAddressSpacesOverlap", `${cannot} their address spaces overlap.`);
  const peer = world
    .list(peeringType)
    .filter(({ id: other }) => sameId(parentOfId(other), own) && !sameId(other, id))
    .map(({ properties }) => textAt(properties, "remoteVirtualNetwork.id") ?? "")
    .find((other) => clash(other, remote));
  if (peer === undefined) return;
  throw new ServiceError(
    "VnetAddressSpaceOverlapsWithAlreadyPeeredVnet",
    `${cannot} address space of the second virtual network overlaps with address space of virtual network ${nameOfId(peer)} already peered with the first virtual network.`,
  );
}

export const outboundRules = [publicIpAddress, natGateway, peering];
