import { addressAt } from "../../../../lib/ipv4";
import { type PrivateServiceRow, privateServices } from "../../../../lib/private-services";
import { ServiceError } from "../../../engine/provider";
import type { WorldObject, WorldTransaction } from "../../../world/world";
import { mapsAt, textAt, textsAt } from "../../read-property";
import type { ServiceContext } from "../../type-rule";
import { nameOfId, parentOfId, sameId, typeOfId } from "../arm-id";
import { armType } from "../arm-type";
import { findResource, invalidReference, refuseLocked } from "../existing-resources";
import { networkLinkType } from "../privatedns";
import { letsIn } from "./security-group";
import { blocksOfSubnet, privateEndpointType, subnetType } from "./subnet-use";

const endpointPath = "Microsoft.Network/privateEndpoints/{privateEndpointName}";

const privateEndpoint = armType({
  type: "network:PrivateEndpoint",
  describedBy: ["network", "PrivateEndpoint"],
  path: endpointPath,
  name: {
    pattern: /^[A-Za-z0-9][\w.-]{0,62}\w$/,
    expected: "2 to 64 letters, digits, _ . -",
    code: "InvalidResourceName",
  },
  located: true,
  required: ["subnet", "subnet.id"],
  createOnly: [
    "subnet",
    "privateLinkServiceConnections",
    "manualPrivateLinkServiceConnections",
    "customNetworkInterfaceName",
    "ipConfigurations",
  ],
  computed: {
    names: ["provisioningState", "customDnsConfigs", "networkInterfaces"],
    values: (context) => ({
      provisioningState: "Succeeded",
      customDnsConfigs: [{ ipAddresses: [addressOf(context)] }],
      networkInterfaces: [{ id: `${context.id.replace(/privateEndpoints\/([^/]+)$/i, "networkInterfaces/$1.nic")}` }],
    }),
  },
  service: {
    write: (context) => {
      const subnet = textAt(context.inputs, "subnet.id") ?? "";
      if (context.world.get(subnetType, subnet) === undefined) throw invalidReference(subnet, context.id);
      const connections = mapsAt(context.inputs, "privateLinkServiceConnections");
      for (const connection of connections) {
        const target = textAt(connection, "privateLinkServiceId") ?? "";
        const found = findResource(context.world, target);
        if (found === undefined) throw invalidReference(target, context.id);
        requireOneGroup(found, textsAt(connection, "groupIds"), context.id);
        refuseClosedTarget(found);
      }
    },
    // A connection is a part of what it leads to, so a lock there keeps the endpoint. Source: MicrosoftDocs/azure-docs#116983.
    delete: ({ world, id, existing }) => {
      for (const connection of mapsAt(existing.properties, "privateLinkServiceConnections")) {
        const target = textAt(connection, "privateLinkServiceId") ?? "";
        refuseLocked(world, `${target}/privateEndpointConnections/${nameOfId(id)}`, "delete");
      }
    },
  },
});

/** An address of the endpoint's subnet, the same as long as the endpoint has its place among the subnet's endpoints. */
function addressOf({ world, id, inputs }: ServiceContext): string {
  const subnetId = textAt(inputs, "subnet.id") ?? "";
  const existing = textsAt(world.get(privateEndpointType, id)?.properties ?? {}, "customDnsConfigs[0].ipAddresses")[0];
  const [block] = blocksOfSubnet(world.get(subnetType, subnetId)?.properties ?? {});
  if (existing !== undefined || block === undefined) return existing ?? "";
  const taken = new Set(
    world.list(privateEndpointType).flatMap(({ properties }) => textsAt(properties, "customDnsConfigs[0].ipAddresses")),
  );
  // The first four addresses of every subnet are Azure's own.
  for (let index = 4; ; index += 1) if (!taken.has(addressAt(block, index))) return addressAt(block, index);
}

/** What the sandbox knows of the parts that endpoints lead to; a type that is missing here takes any one group. */
const parts: readonly Pick<PrivateServiceRow, "type" | "groupId" | "tier">[] = [
  ...Object.values(privateServices),
  // The zone of a managed environment is named after its region, so it is no row of the table.
  { type: "azure-native:app:ManagedEnvironment", groupId: "managedEnvironments" },
];

/** The network service wants exactly one group; whether it exists, the target's own service says. */
function requireOneGroup(target: WorldObject, given: readonly string[], endpointId: string): void {
  const [group] = given;
  if (group === undefined) {
    throw new ServiceError(
      "MissingParameterOnPrivateLinkServiceConnection",
      `A private link service connection of ${endpointId} is missing required parameter 'group Id'.`,
    );
  }
  if (given.length > 1) {
    throw new ServiceError(
      "OnlyOneGroupIdPermitted",
      `A private link service connection of ${endpointId} has the following group Ids: ${given.join(", ")}. Only one group Id is permitted when connecting to a first-party resource (${target.id}).`,
    );
  }
  const expected = parts.filter(({ type }) => type === target.kind).map(({ groupId }) => groupId);
  if (expected.length === 0 || expected.includes(group) || isSecondaryRegion(target, group, expected)) return;
  throw new ServiceError(
    "InvalidGroupId",
    `Call to ${typeOfId(target.id)} failed. Error message: Invalid groupId '${group}'; ${nameOfId(target.id)} has ${expected.join(", ")}.`,
  );
}

/** A storage account that is copied to a second region is reached there through parts of their own: `blob_secondary`. */
function isSecondaryRegion(target: WorldObject, group: string, expected: readonly string[]): boolean {
  const [, part = ""] = /^(\w+)_secondary$/.exec(group) ?? [];
  return target.kind === "azure-native:storage:StorageAccount" && expected.includes(part);
}

function refuseClosedTarget(target: WorldObject): void {
  const tier = parts.find(({ type }) => type === target.kind)?.tier;
  const given = textAt(target.properties, "sku.name");
  if (tier !== undefined && given !== tier) {
    throw new ServiceError(
      "SkuNotSupported",
      `Private endpoints need the ${tier} tier; ${nameOfId(target.id)} is ${given}.`,
    );
  }
  if (textAt(target.properties, "network.delegatedSubnetResourceId") !== undefined) {
    throw new ServiceError(
      "PrivateEndpointNotSupported",
      `The server ${nameOfId(target.id)} lives in a delegated subnet and takes no private endpoints.`,
    );
  }
}

const privateDnsZoneGroup = armType({
  type: "network:PrivateDnsZoneGroup",
  describedBy: ["network", "PrivateDnsZoneGroup"],
  answersType: false,
  path: `${endpointPath}/privateDnsZoneGroups/{privateDnsZoneGroupName}`,
  parent: { type: "network:PrivateEndpoint", path: endpointPath },
  name: { pattern: /^[\w.-]{1,80}$/, expected: "1 to 80 letters, digits, _ . -", code: "InvalidResourceName" },
  computed: { names: ["provisioningState"], values: () => ({ provisioningState: "Succeeded" }) },
  service: {
    write: ({ world, id, inputs }) => {
      for (const config of mapsAt(inputs, "privateDnsZoneConfigs")) {
        const zone = textAt(config, "privateDnsZoneId") ?? "";
        if (world.get("azure-native:privatedns:PrivateZone", zone) === undefined) throw invalidReference(zone, id);
      }
    },
    create: ({ world, id }) => {
      const other = world
        .children(parentOfId(id))
        .find(({ kind }) => kind === "azure-native:network:PrivateDnsZoneGroup");
      if (other === undefined) return;
      throw new ServiceError(
        "MultipleDnsZoneGroupsNotSupported",
        `Private endpoint ${nameOfId(parentOfId(id))} has a DNS zone group already: ${nameOfId(other.id)}.`,
      );
    },
  },
});

/**
 * Why nothing in a network comes to a resource by a private endpoint: there is none, the security group of its subnet keeps a port
 * closed, or the network's names lead past it. Undefined when it can be reached.
 *
 * @param port the one that is used. Default: the first of the service's.
 */
export function closedWay(
  world: WorldTransaction,
  networkId: string,
  target: WorldObject,
  port?: string,
): string | undefined {
  const endpoint = world
    .list(privateEndpointType)
    .filter(({ properties }) => sameId(parentOfId(textAt(properties, "subnet.id") ?? ""), networkId))
    .find(({ properties }) =>
      mapsAt(properties, "privateLinkServiceConnections").some((connection) =>
        sameId(textAt(connection, "privateLinkServiceId"), target.id),
      ),
    );
  const service = Object.values(privateServices).find(({ type }) => type === target.kind);
  if (endpoint === undefined) return "the network has no private endpoint to it";
  if (service === undefined) return undefined;
  const [first] = service.ports;
  const subnet = world.get(subnetType, textAt(endpoint.properties, "subnet.id") ?? "");
  if (subnet !== undefined && !letsIn(world, subnet.properties, port ?? first))
    return `the security group of ${nameOfId(subnet.id)} keeps its port ${port ?? first} closed`;
  return hasName(world, networkId, endpoint.id, service.zone)
    ? undefined
    : `the network's names lead past its private endpoint, which has no record in ${service.zone}`;
}

/** Whether the endpoint is named in a zone that the network is linked to. */
function hasName(world: WorldTransaction, networkId: string, endpointId: string, zone: string): boolean {
  return world
    .children(endpointId)
    .flatMap(({ properties }) => mapsAt(properties, "privateDnsZoneConfigs"))
    .map((config) => textAt(config, "privateDnsZoneId") ?? "")
    .filter((id) => nameOfId(id) === zone)
    .some((id) =>
      world
        .children(id)
        .some(
          ({ kind, properties }) =>
            kind === networkLinkType && sameId(textAt(properties, "virtualNetwork.id"), networkId),
        ),
    );
}

export const privateEndpointRules = [privateEndpoint, privateDnsZoneGroup];
