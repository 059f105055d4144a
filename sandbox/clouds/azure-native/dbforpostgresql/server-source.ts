import type { PropertyMap } from "../../../../deployment/values/property-value";
import { ServiceError } from "../../../engine/provider";
import type { WorldObject } from "../../../world/world";
import { withDefaults } from "../../input-check";
import { numberAt, textAt, valueAt } from "../../read-property";
import type { ComputedContext, ExistingContext, ServiceContext } from "../../type-rule";
import { nameOfId, sameId } from "../arm-id";

const copyModes = ["Replica", "PointInTimeRestore", "GeoRestore"];

/** Modes that need a source. Source: the API's description of `sourceServerResourceId`. */
const sourceModes = [...copyModes, "ReviveDropped"];

/** Whether a server is made as a copy of another, as a replica or from its backup. */
export function isCopy(inputs: PropertyMap): boolean {
  return copyModes.includes(textAt(inputs, "createMode") ?? "");
}

export function isReplica(inputs: PropertyMap): boolean {
  return textAt(inputs, "createMode") === "Replica";
}

/**
 * What a copy takes from its source where its own inputs say nothing.
 * Source: azure-rest-api-specs, Microsoft.DBforPostgreSQL 2023-12-01-preview, examples ServerCreateReplica.json and
 * ServerCreatePointInTimeRestore.json, whose answers hold all of it; Azure/azure-cli#30186 for `autoGrow`.
 */
const taken = {
  administratorLogin: [],
  version: [],
  sku: ["name", "tier"],
  storage: ["storageSizeGB", "autoGrow"],
  authConfig: ["activeDirectoryAuth", "passwordAuth", "tenantId"],
} as const;

/** What a preview of a copy cannot tell: everything that it takes from its source. */
export function unknownOfCopy(inputs: PropertyMap): readonly string[] {
  if (!isCopy(inputs)) return [];
  const unsaid = Object.entries(taken).flatMap(([name, parts]) =>
    valueAt(inputs, name) === undefined
      ? [name]
      : parts.map((part) => `${name}.${part}`).filter((path) => valueAt(inputs, path) === undefined),
  );
  return valueAt(inputs, "replicationRole") === undefined ? [...unsaid, "replicationRole"] : unsaid;
}

/** What a copy has of its source, and its place in the replication set. */
export function ofSource({ world, type, inputs, existing }: ComputedContext): PropertyMap {
  if (!isCopy(inputs)) return {};
  const source = existing ?? world.get(type, textAt(inputs, "sourceServerResourceId") ?? "");
  const names = Object.keys(taken);
  const only = (map: PropertyMap) => Object.fromEntries(Object.entries(map).filter(([name]) => names.includes(name)));
  return {
    ...withDefaults(only(inputs), only(source?.properties ?? {})),
    replicationRole: inputs.replicationRole ?? (isReplica(inputs) ? "AsyncReplica" : "Primary"),
    ...(isReplica(inputs) ? { replicaCapacity: 0 } : {}),
  };
}

/** @throws when the mode asks for a source and none is named, or when there is no server that could be updated */
export function requireSource({ world, type, id, inputs }: ServiceContext): void {
  const mode = textAt(inputs, "createMode") ?? "Default";
  if (sourceModes.includes(mode) && textAt(inputs, "sourceServerResourceId") === undefined) {
    throw new ServiceError("InvalidParameterValue", `'sourceServerResourceId' is required when createMode is ${mode}.`);
  }
  if (mode === "Update" && world.get(type, id) === undefined) {
    throw new ServiceError("ResourceNotFound", `There is no server '${id}' that createMode Update could update.`, 404);
  }
}

/** What a replica or a restored server is made from. */
export function refuseBadSource({ world, type, inputs }: ServiceContext): void {
  if (!isCopy(inputs)) return;
  const sourceId = textAt(inputs, "sourceServerResourceId") ?? "";
  const source = world.get(type, sourceId);
  if (source === undefined) {
    throw new ServiceError("ResourceNotFound", `The source server '${sourceId}' was not found.`, 404);
  }
  if (isReplica(inputs)) refuseBadReplica(world.list(type), source, inputs);
  if (textAt(inputs, "createMode") === "PointInTimeRestore") refuseBadRestore(source, inputs);
  const isGeoRestore = textAt(inputs, "createMode") === "GeoRestore";
  if (isGeoRestore && textAt(source.properties, "backup.geoRedundantBackup") !== "Enabled") {
    throw new ServiceError("InvalidParameterValue", "The source server has no geo-redundant backup.");
  }
}

const databaseType = "azure-native:dbforpostgresql:Database";

/** A backup holds every database. Which of them are newer than the moment, the sandbox does not know. */
export function copyDatabases({ world, id, inputs }: ServiceContext): void {
  if (!["PointInTimeRestore", "GeoRestore"].includes(textAt(inputs, "createMode") ?? "")) return;
  const sourceId = textAt(inputs, "sourceServerResourceId") ?? "";
  for (const { kind, id: from, properties } of world.children(sourceId)) {
    if (kind !== databaseType) continue;
    world.put({ cloud: "azure", kind, id: `${id}/databases/${nameOfId(from)}`, properties });
  }
}

/**
 * A server is restored to a moment that is over, and as closed or as open as its source. The codes are the sandbox's.
 * Source: Azure documentation, "Backup and restore in Azure Database for PostgreSQL", restore and networking.
 */
function refuseBadRestore({ properties }: WorldObject, inputs: PropertyMap): void {
  const refuse = (message: string): never => {
    throw new ServiceError("InvalidParameterValue", message);
  };
  const to = Date.parse(textAt(inputs, "pointInTimeUTC") ?? "");
  if (Number.isNaN(to)) refuse("'pointInTimeUTC' is required when createMode is PointInTimeRestore.");
  if (to > Date.now()) refuse("'pointInTimeUTC' must not be later than now.");
  const isIn = (map: PropertyMap) => textAt(map, "network.delegatedSubnetResourceId") !== undefined;
  if (isIn(inputs) !== isIn(properties)) refuse("A server cannot be restored across public and private access.");
}

const mostReplicas = 5;

/**
 * What a replica needs of its source, and has of its own: never Burstable, no replica of a replica, at most five, as much CPU and disk
 * as its source, a disk that grows where the source's does, no standby, no backups in two regions, a key of its own where the source
 * has one. Azure's documentation has the rules and not the codes, which are the sandbox's.
 * Source: Azure documentation, "Read replicas in Azure Database for PostgreSQL" and "Data encryption".
 */
function refuseBadReplica(servers: readonly WorldObject[], source: WorldObject, inputs: PropertyMap): void {
  const { properties } = source;
  const isBurstable = (map: PropertyMap) => textAt(map, "sku.tier") === "Burstable";
  const problems: readonly (readonly [boolean, string])[] = [
    [isBurstable(properties) || isBurstable(inputs), "Read replicas are not supported for Burstable tier."],
    [isReplicaOf(source, undefined), "A read replica cannot be created from another read replica."],
    [
      servers.filter((server) => isReplicaOf(server, source.id)).length >= mostReplicas,
      `The server has ${mostReplicas} read replicas already.`,
    ],
    [
      coresOf(inputs, properties) < coresOf(properties),
      "The compute of a read replica must not be below its source's.",
    ],
    [diskOf(inputs, properties) < diskOf(properties), "The storage of a read replica must not be below its source's."],
    [
      textAt(properties, "storage.autoGrow") === "Enabled" && textAt(inputs, "storage.autoGrow") === "Disabled",
      "Storage auto-grow must be enabled on a read replica of a server that has it.",
    ],
    [
      (textAt(inputs, "highAvailability.mode") ?? "Disabled") !== "Disabled",
      "High availability is not supported for read replicas.",
    ],
    [
      textAt(inputs, "backup.geoRedundantBackup") === "Enabled",
      "Geo-redundant backup is not supported for read replicas.",
    ],
    [
      textAt(properties, "dataEncryption.type") === "AzureKeyVault" &&
        textAt(inputs, "dataEncryption.type") !== "AzureKeyVault",
      "A read replica of a server with a customer managed key needs one of its region.",
    ],
  ];
  for (const [isWrong, message] of problems) if (isWrong) throw new ServiceError("InvalidParameterValue", message);
}

function isReplicaOf({ properties }: WorldObject, sourceId: string | undefined): boolean {
  if (textAt(properties, "replicationRole") !== "AsyncReplica") return false;
  return sourceId === undefined || sameId(textAt(properties, "sourceServerResourceId"), sourceId);
}

/** The CPUs of a size such as `Standard_D4ds_v5`; of a copy that says none its source's. */
function coresOf(...maps: readonly PropertyMap[]): number {
  const size = maps.map((map) => textAt(map, "sku.name")).find((name) => name !== undefined) ?? "";
  return Number(/^Standard_[A-Z]+(\d+)/.exec(size)?.[1] ?? 0);
}

function diskOf(...maps: readonly PropertyMap[]): number {
  return maps.map((map) => numberAt(map, "storage.storageSizeGB")).find((size) => size !== undefined) ?? 0;
}

/**
 * A server is changed so that its replicas keep up with it: when it grows they come first, when it shrinks they come after; its version
 * does not rise, and it does not go, while it has some. Source: Azure documentation, "Read replicas: Scale" and "Considerations".
 */
export function refuseChangeBesideReplicas({ world, type, existing, inputs }: ExistingContext, goes: boolean): void {
  const refuse = (message: string): never => {
    throw new ServiceError("InvalidParameterValue", message);
  };
  const replicas = world.list(type).filter((server) => isReplicaOf(server, existing.id));
  const source = world.get(type, textAt(existing.properties, "sourceServerResourceId") ?? "");
  if (goes) {
    if (replicas.length > 0) refuse("The server has read replicas; delete them first.");
    return;
  }
  const before = existing.properties;
  const smallest = Math.min(...replicas.map(({ properties }) => coresOf(properties)));
  if (coresOf(inputs, before) > smallest)
    refuse("Scale up the read replicas first: the primary must not have more compute.");
  if (
    isReplicaOf(existing, undefined) &&
    source !== undefined &&
    coresOf(inputs, before) < coresOf(source.properties)
  ) {
    refuse("Scale down the primary first: a read replica must not have less compute.");
  }
  if (replicas.length > 0 && (textAt(inputs, "version") ?? textAt(before, "version")) !== textAt(before, "version")) {
    refuse("The server has read replicas; a major version upgrade needs them to be deleted first.");
  }
}
