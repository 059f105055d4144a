import type { PropertyMap } from "../../../../deployment/values/property-value";
import { ServiceError } from "../../../engine/provider";
import { numberAt, textAt } from "../../property-path";
import type { ServiceContext } from "../../type-rule";
import { isWithin, nameOfId, parentOfId, sameId } from "../arm-id";
import { delegationsOf, subnetType } from "../network/subnet-use";
import { networkLinkType } from "../privatedns";
import { invalidReference } from "../resource-lookup";

const delegation = "Microsoft.DBforPostgreSQL/flexibleServers";
const zoneSuffix = ".postgres.database.azure.com";

function invalid(message: string): ServiceError {
  return new ServiceError("InvalidParameterValue", 400, message);
}

/** What the tier does not offer. */
export function refuseBadCompute(inputs: PropertyMap): void {
  const tier = textAt(inputs, "sku.tier");
  const size = textAt(inputs, "sku.name") ?? "";
  const isBurstableSize = size.startsWith("Standard_B");
  if (size !== "" && isBurstableSize !== (tier === "Burstable"))
    throw invalid(`The size ${size} is not one of the tier ${tier}.`);
  const mode = textAt(inputs, "highAvailability.mode");
  if (tier === "Burstable" && mode !== undefined && mode !== "Disabled") {
    throw invalid("High availability is not supported for Burstable tier; use GeneralPurpose or MemoryOptimized.");
  }
}

/** A server in a network needs a subnet of its own kind, and a zone that is linked to the network and carries the right name. */
export function refuseBadNetwork({ world, id, inputs }: ServiceContext): void {
  const subnetId = textAt(inputs, "network.delegatedSubnetResourceId");
  const zoneId = textAt(inputs, "network.privateDnsZoneArmResourceId");
  if (subnetId === undefined) return;
  const subnet = world.get(subnetType, subnetId);
  if (subnet === undefined) throw invalidReference(subnetId, id);
  if (!delegationsOf(subnet.properties).includes(delegation)) {
    throw new ServiceError(
      "SubnetNotDelegated",
      400,
      `The subnet ${nameOfId(subnetId)} must be delegated to '${delegation}'.`,
    );
  }
  if (zoneId === undefined) throw invalid("A server in a network needs 'network.privateDnsZoneArmResourceId'.");
  if (world.get("azure-native:privatedns:PrivateZone", zoneId) === undefined) throw invalidReference(zoneId, id);
  const zone = nameOfId(zoneId).toLowerCase();
  if (!zone.endsWith(zoneSuffix) || zone === `${nameOfId(id)}${zoneSuffix}`) {
    throw invalid(`The private DNS zone '${zone}' must end in '${zoneSuffix}' and must not be the server's own name.`);
  }
  const isLinked = world
    .list(networkLinkType)
    .some(
      (link) => isWithin(link.id, zoneId) && sameId(textAt(link.properties, "virtualNetwork.id"), parentOfId(subnetId)),
    );
  if (!isLinked) {
    throw new ServiceError(
      "PrivateDnsZoneNotLinked",
      400,
      `The private DNS zone '${zone}' is not linked to the virtual network '${nameOfId(parentOfId(subnetId))}' of the server.`,
    );
  }
}

/** What a replica or a restored server is made from. */
export function refuseBadSource({ world, type, inputs }: ServiceContext): void {
  const mode = textAt(inputs, "createMode") ?? "Default";
  if (!["Replica", "PointInTimeRestore", "GeoRestore"].includes(mode)) return;
  const sourceId = textAt(inputs, "sourceServerResourceId") ?? "";
  const source = world.get(type, sourceId);
  if (source === undefined)
    throw new ServiceError("ResourceNotFound", 404, `The source server '${sourceId}' was not found.`);
  if (mode === "Replica" && textAt(source.properties, "sku.tier") === "Burstable") {
    throw invalid("Read replicas are not supported for Burstable tier.");
  }
  if (mode === "GeoRestore" && textAt(source.properties, "backup.geoRedundantBackup") !== "Enabled") {
    throw invalid("The source server has no geo-redundant backup.");
  }
}

/** Disks only grow and versions only rise. */
export function refuseDowngrade(before: PropertyMap, after: PropertyMap): void {
  const sizeBefore = numberAt(before, "storage.storageSizeGB") ?? 0;
  const sizeAfter = numberAt(after, "storage.storageSizeGB") ?? sizeBefore;
  if (sizeAfter < sizeBefore) {
    throw new ServiceError(
      "StorageSizeCannotBeReduced",
      400,
      `The storage size cannot be reduced from ${sizeBefore} to ${sizeAfter} GB.`,
    );
  }
  const versionBefore = Number(textAt(before, "version"));
  const versionAfter = Number(textAt(after, "version"));
  if (versionAfter < versionBefore) {
    throw new ServiceError(
      "VersionDowngradeNotSupported",
      400,
      `The server runs version ${versionBefore} and cannot go back to ${versionAfter}.`,
    );
  }
}
