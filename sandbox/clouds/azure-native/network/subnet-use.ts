import type { PropertyMap } from "../../../../deployment/values/property-value";
import { type Ipv4Block, parseBlock } from "../../../../lib/ipv4";
import type { WorldTransaction } from "../../../world/world";
import { mapsAt, textAt, textsAt } from "../../read-property";
import type { ServiceContext } from "../../type-rule";
import { nameOfId, parentOfId, sameId } from "../arm-id";
import { invalidReference } from "../existing-resources";

export const subnetType = "azure-native:network:Subnet";
export const virtualNetworkType = "azure-native:network:VirtualNetwork";
export const privateEndpointType = "azure-native:network:PrivateEndpoint";

/** Where each type that lives in a subnet names it. */
const residents = {
  [privateEndpointType]: "subnet.id",
  "azure-native:dbforpostgresql:Server": "network.delegatedSubnetResourceId",
  "azure-native:app:ManagedEnvironment": "vnetConfiguration.infrastructureSubnetId",
  "azure-native:redis:Redis": "subnetId",
} as const;

/** The ids of what lives in a subnet. */
export function usersOfSubnet(world: WorldTransaction, subnetId: string): readonly string[] {
  return Object.entries(residents).flatMap(([type, path]) =>
    world
      .list(type)
      .filter(({ properties }) => sameId(textAt(properties, path), subnetId))
      .map(({ id }) => id),
  );
}

/** A subnet's address blocks, whichever of the two properties gives them. */
export function blocksOfSubnet(properties: PropertyMap): readonly Ipv4Block[] {
  const single = textAt(properties, "addressPrefix");
  const prefixes = [...(single === undefined ? [] : [single]), ...textsAt(properties, "addressPrefixes")];
  return prefixes.flatMap((prefix) => parseBlock(prefix) ?? []);
}

/**
 * The subnets of network rules that have no endpoint for the rules' service, in Azure's words; undefined when all have one.
 * Source: answers reported in terraform-provider-azurerm#16547 and avdaccelerator#818.
 *
 * @throws when a subnet does not exist
 */
export function missingServiceEndpoints(
  { world, id }: ServiceContext,
  subnetIds: readonly string[],
  service: string,
): string | undefined {
  const missing = subnetIds.filter((subnetId) => {
    const subnet = world.get(subnetType, subnetId);
    if (subnet === undefined) throw invalidReference(subnetId, id);
    const endpoints = mapsAt(subnet.properties, "serviceEndpoints").flatMap(
      (endpoint) => textAt(endpoint, "service") ?? [],
    );
    return !endpoints.some((endpoint) => sameId(endpoint, service) || sameId(endpoint, `${service}.Global`));
  });
  const [first] = missing;
  if (first === undefined) return undefined;
  return `Subnets ${missing.map(nameOfId).join(", ")} of virtual network ${parentOfId(first)} do not have ServiceEndpoints for ${service} resources configured. Add ${service} to subnet's ServiceEndpoints collection before trying to ACL ${service} resources to these subnets..`;
}

/** The services a subnet is handed over to. */
export function delegationsOf(properties: PropertyMap): readonly string[] {
  return mapsAt(properties, "delegations").flatMap((delegation) => textAt(delegation, "serviceName") ?? []);
}
