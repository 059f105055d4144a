import type { PropertyMap } from "../../../../deployment/values/property-value";
import { contains, type Ipv4Block, overlaps, parseAlignedBlock, parseBlock } from "../../../../lib/ipv4";
import { formatPropertyPath } from "../../../../lib/property-path";
import { type CheckFailure, ServiceError } from "../../../engine/provider";
import type { WorldObject, WorldTransaction } from "../../../world/world";
import { withDefaults } from "../../input-check";
import { mapsAt, placesOf, textAt, textsAt } from "../../read-property";
import type { ExistingContext, ServiceContext } from "../../type-rule";
import { isWithin, nameOfId, parentOfId, sameId } from "../arm-id";
import { armType } from "../arm-type";
import { invalidReference } from "../existing-resources";
import { blocksOfSubnet, delegationsOf, subnetType, usersOfSubnet, virtualNetworkType } from "./subnet-use";

const networkPath = "Microsoft.Network/virtualNetworks/{virtualNetworkName}";

/** A network takes one change at a time, its subnets' included. */
const oneChangeAtATime = (networkId: string) => ({
  key: `virtual-network:${networkId.toLowerCase()}`,
  refusal: () =>
    new ServiceError(
      "AnotherOperationInProgress",
      `Another operation on this or dependent resource is in progress: ${networkId}.`,
      429,
    ),
});

export const virtualNetwork = armType({
  type: "network:VirtualNetwork",
  describedBy: ["network", "VirtualNetwork"],
  path: networkPath,
  name: {
    pattern: /^[A-Za-z0-9][\w.-]{0,62}\w$/,
    expected: "2 to 64 letters, digits, _ . -",
    code: "InvalidResourceName",
  },
  located: true,
  createOnly: ["extendedLocation"],
  check: (inputs) => [
    ...(inputs.addressSpace === undefined
      ? [{ property: "addressSpace", reason: "missing required property 'addressSpace'" }]
      : []),
    ...blockFailures(inputs, "addressSpace.addressPrefixes[*]"),
  ],
  oneAtATime: (_, id) => oneChangeAtATime(id),
  computed: {
    names: ["provisioningState", "resourceGuid", "subnets[*].id", "subnets[*].provisioningState"],
    values: ({ random, id, inputs }) => ({
      provisioningState: "Succeeded",
      resourceGuid: random.guid(),
      ...(inputs.subnets === undefined ? {} : { subnets: inlineSubnets(id, inputs) }),
    }),
  },
  service: {
    update: refuseShrinking,
    delete: ({ world, id }) => {
      for (const subnet of world.children(id)) if (subnet.kind === subnetType) refuseUsedSubnet(world, subnet.id);
    },
    written: putInlineSubnets,
  },
});

function refuseShrinking({ world, id, inputs }: ExistingContext): void {
  const spaces = spacesOf(inputs);
  for (const subnet of world.children(id)) {
    if (subnet.kind !== subnetType || leaves(subnet.id, inputs)) continue;
    if (blocksOfSubnet(subnet.properties).every((block) => spaces.some((space) => contains(space, block)))) continue;
    throw new ServiceError(
      "NetcfgInvalidSubnet",
      `Subnet '${nameOfId(subnet.id)}' is not valid in virtual network '${nameOfId(id)}'.`,
    );
  }
}

/**
 * A network's list of subnets is all that it has: whatever is not on it is deleted, be it a resource of its own. Without a list the
 * provider sends back those that are there. Source: pulumi-azure-native#611, bicep-types-az#1687.
 */
function putInlineSubnets({ world, id, inputs, urn }: ServiceContext): void {
  for (const subnet of world.children(id)) {
    if (subnet.kind !== subnetType || !leaves(subnet.id, inputs)) continue;
    refuseUsedSubnet(world, subnet.id);
    world.delete(subnetType, subnet.id);
  }
  for (const { id: subnetId, ...inline } of inlineSubnets(id, inputs)) {
    const existing = world.get(subnetType, subnetId);
    requireValidSubnet(world, subnetId, inline, spacesOf(inputs));
    if (existing !== undefined) refuseChangeInUse(world, existing, inline);
    const made = { id: existing?.id ?? subnetId, madeFor: existing?.madeFor ?? urn };
    world.put({ cloud: "azure", kind: subnetType, ...made, properties: withDefaults(inline, subnetDefaults) });
  }
}

/** The subnets that a network lists, as it answers them. */
function inlineSubnets(networkId: string, inputs: PropertyMap) {
  return mapsAt(inputs, "subnets").map((inline) => ({
    ...inline,
    id: `${networkId}/subnets/${textAt(inline, "name")}`,
    provisioningState: "Succeeded",
  }));
}

/** Whether a network that says so is left by a subnet. */
function leaves(subnetId: string, network: PropertyMap): boolean {
  if (network.subnets === undefined) return false;
  return !mapsAt(network, "subnets").some((inline) => sameId(textAt(inline, "name"), nameOfId(subnetId)));
}

function spacesOf(network: PropertyMap): readonly Ipv4Block[] {
  return textsAt(network, "addressSpace.addressPrefixes").flatMap((text) => parseBlock(text) ?? []);
}

const subnetDefaults = {
  privateEndpointNetworkPolicies: "Disabled",
  privateLinkServiceNetworkPolicies: "Enabled",
  delegations: [],
};

export const subnet = armType({
  type: "network:Subnet",
  describedBy: ["network", "Subnet"],
  path: `${networkPath}/subnets/{subnetName}`,
  parent: { type: "network:VirtualNetwork", path: networkPath },
  name: {
    pattern: /^[A-Za-z0-9]([\w.-]{0,78}\w)?$/,
    expected: "1 to 80 letters, digits, _ . -",
    code: "InvalidResourceName",
  },
  check: (inputs) => [
    ...(inputs.addressPrefix === undefined && inputs.addressPrefixes === undefined
      ? [{ property: "addressPrefix", reason: "missing required property 'addressPrefix' (or 'addressPrefixes')" }]
      : []),
    ...blockFailures(inputs, "addressPrefix"),
    ...blockFailures(inputs, "addressPrefixes[*]"),
  ],
  allowed: {
    privateEndpointNetworkPolicies: ["Disabled", "Enabled", "NetworkSecurityGroupEnabled", "RouteTableEnabled"],
  },
  defaults: subnetDefaults,
  oneAtATime: (_, id) => oneChangeAtATime(parentOfId(id)),
  computed: { names: ["provisioningState"], values: () => ({ provisioningState: "Succeeded" }) },
  service: {
    write: ({ world, id, inputs }) => {
      const network = world.get(virtualNetworkType, parentOfId(id));
      requireValidSubnet(world, id, inputs, spacesOf(network?.properties ?? {}));
    },
    update: ({ world, existing, inputs }) => refuseChangeInUse(world, existing, inputs),
    delete: ({ world, id }) => refuseUsedSubnet(world, id),
  },
});

function blockFailures(inputs: PropertyMap, pattern: string): readonly CheckFailure[] {
  return placesOf(inputs, pattern).flatMap(({ path, value }) => {
    if (typeof value !== "string") return [];
    const block = parseAlignedBlock(value);
    const property = formatPropertyPath(path);
    if (block !== undefined && value.includes("/")) return [];
    return [
      {
        property,
        reason: `InvalidAddressPrefixFormat: '${property}': expected a block such as 10.20.0.0/24, got "${value}"`,
      },
    ];
  });
}

function requireValidSubnet(
  world: WorldTransaction,
  id: string,
  inputs: PropertyMap,
  spaces: readonly Ipv4Block[],
): void {
  const group = textAt(inputs, "networkSecurityGroup.id");
  if (group !== undefined && world.get("azure-native:network:NetworkSecurityGroup", group) === undefined) {
    throw invalidReference(group, id);
  }
  const gateway = textAt(inputs, "natGateway.id");
  if (gateway !== undefined && world.get("azure-native:network:NatGateway", gateway) === undefined) {
    throw invalidReference(gateway, id);
  }
  for (const block of blocksOfSubnet(inputs)) {
    if (!spaces.some((space) => contains(space, block))) {
      throw new ServiceError(
        "NetcfgInvalidSubnet",
        `Subnet '${nameOfId(id)}' is not valid in virtual network '${nameOfId(parentOfId(id))}': its address range lies outside the network's.`,
      );
    }
    const other = world
      .list(subnetType)
      .filter((sibling) => isWithin(sibling.id, parentOfId(id)) && !isWithin(sibling.id, id))
      .find((sibling) => blocksOfSubnet(sibling.properties).some((taken) => overlaps(taken, block)));
    if (other === undefined) continue;
    throw new ServiceError(
      "NetcfgSubnetRangesOverlap",
      `Subnet '${nameOfId(id)}' is not valid because its IP address range overlaps with that of an existing subnet in virtual network '${nameOfId(parentOfId(id))}': '${nameOfId(other.id)}'.`,
    );
  }
}

function refuseChangeInUse(world: WorldTransaction, existing: WorldObject, inputs: PropertyMap): void {
  const { id } = existing;
  const [user] = usersOfSubnet(world, id);
  if (user === undefined) return;
  const before = JSON.stringify(blocksOfSubnet(existing.properties));
  if (before !== JSON.stringify(blocksOfSubnet(inputs))) {
    throw new ServiceError(
      "InUsePrefixCannotBeDeleted",
      `IP prefix of subnet '${nameOfId(id)}' is in use by ${user} and cannot be deleted.`,
    );
  }
  if (delegationsOf(existing.properties).join() !== delegationsOf(inputs).join()) {
    throw new ServiceError(
      "SubnetDelegationsCannotChangeWhenSubnetUsedByResource",
      `Delegations of subnet ${id} cannot be changed because it is being used by the resource ${user}.`,
    );
  }
}

function refuseUsedSubnet(world: WorldTransaction, id: string): void {
  const [user] = usersOfSubnet(world, id);
  if (user === undefined) return;
  throw new ServiceError(
    "InUseSubnetCannotBeDeleted",
    `Subnet ${nameOfId(id)} is in use by ${user} and cannot be deleted. In order to delete the subnet, delete all the resources within the subnet.`,
  );
}
