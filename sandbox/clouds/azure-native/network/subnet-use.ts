import type { PropertyMap } from "../../../../deployment/values/property-value";
import { type Ipv4Block, parseBlock } from "../../../../lib/ipv4";
import type { WorldTransaction } from "../../../world/world";
import { mapsAt, textAt, textsAt } from "../../read-property";
import { sameId } from "../arm-id";

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

/** The services a subnet is handed over to. */
export function delegationsOf(properties: PropertyMap): readonly string[] {
  return mapsAt(properties, "delegations").flatMap((delegation) => textAt(delegation, "serviceName") ?? []);
}
