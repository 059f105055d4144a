import { ServiceError } from "../../../engine/provider";
import type { WorldObject } from "../../../world/world";
import { mapsAt, textAt, textsAt } from "../../property-path";
import type { ServiceContext } from "../../type-rule";
import { nameOfId, parentOfId } from "../arm-id";
import { armType } from "../arm-type";
import { addressIn } from "../ip-block";
import { findResource, invalidReference } from "../resource-lookup";
import { blocksOfSubnet, privateEndpointType, subnetType } from "./subnet-use";

const endpointPath = "Microsoft.Network/privateEndpoints/{privateEndpointName}";

/** The parts of a service that an endpoint can lead to. Source: Azure documentation, "What is a private endpoint? Private-link resource". */
const groupIds: Readonly<Record<string, readonly string[]>> = {
  "azure-native:storage:StorageAccount": ["blob", "file", "queue", "table", "web", "dfs"].flatMap((part) => [
    part,
    `${part}_secondary`,
  ]),
  "azure-native:keyvault:Vault": ["vault"],
  "azure-native:containerregistry:Registry": ["registry"],
  "azure-native:dbforpostgresql:Server": ["postgresqlServer"],
  "azure-native:servicebus:Namespace": ["namespace"],
  "azure-native:redis:Redis": ["redisCache"],
  "azure-native:redisenterprise:RedisEnterprise": ["redisEnterprise"],
  "azure-native:app:ManagedEnvironment": ["managedEnvironments"],
};

const privateEndpoint = armType({
  type: "network:PrivateEndpoint",
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
        requireGroupId(found, textsAt(connection, "groupIds"));
        refuseClosedTier(found);
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
  for (let index = 4; ; index += 1) if (!taken.has(addressIn(block, index))) return addressIn(block, index);
}

function requireGroupId(target: WorldObject, given: readonly string[]): void {
  const allowed = groupIds[target.kind];
  const wrong = given.find((group) => allowed !== undefined && !allowed.includes(group));
  if (given.length === 1 && wrong === undefined) return;
  throw new ServiceError(
    "PrivateEndpointGroupIdNotSupported",
    400,
    `Call to ${target.id} failed. Expected one of the group ids ${(allowed ?? []).join(", ")}, got ${given.length === 0 ? "none" : given.join(", ")}.`,
  );
}

function refuseClosedTier(target: WorldObject): void {
  const premiumOnly = ["azure-native:containerregistry:Registry", "azure-native:servicebus:Namespace"];
  if (premiumOnly.includes(target.kind) && textAt(target.properties, "sku.name") !== "Premium") {
    throw new ServiceError(
      "SkuNotSupported",
      400,
      `Private endpoints need the Premium tier; ${nameOfId(target.id)} is ${textAt(target.properties, "sku.name")}.`,
    );
  }
  if (textAt(target.properties, "network.delegatedSubnetResourceId") !== undefined) {
    throw new ServiceError(
      "PrivateEndpointNotSupported",
      400,
      `The server ${nameOfId(target.id)} lives in a delegated subnet and takes no private endpoints.`,
    );
  }
}

const privateDnsZoneGroup = armType({
  type: "network:PrivateDnsZoneGroup",
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
        400,
        `Private endpoint ${nameOfId(parentOfId(id))} has a DNS zone group already: ${nameOfId(other.id)}.`,
      );
    },
  },
});

export const privateEndpointRules = [privateEndpoint, privateDnsZoneGroup];

/** Whether a network has a private endpoint that leads to a resource. */
export function hasPrivateEndpoint(world: ServiceContext["world"], networkId: string, target: string): boolean {
  return world
    .list(privateEndpointType)
    .filter(
      ({ properties }) => parentOfId(textAt(properties, "subnet.id") ?? "").toLowerCase() === networkId.toLowerCase(),
    )
    .some(({ properties }) =>
      mapsAt(properties, "privateLinkServiceConnections").some(
        (connection) => textAt(connection, "privateLinkServiceId")?.toLowerCase() === target.toLowerCase(),
      ),
    );
}
