import type { PropertyMap } from "../../../../deployment/values/property-value";
import { ServiceError } from "../../../engine/provider";
import { withDefaults } from "../../input-check";
import { textAt, valueAt } from "../../read-property";
import type { ComputedContext, ServiceContext } from "../../type-rule";

const copyModes = ["Replica", "PointInTimeRestore", "GeoRestore"];

/** Modes that need a source. Source: the API's description of `sourceServerResourceId`. */
const sourceModes = [...copyModes, "ReviveDropped"];

/** Whether a server is made as a copy of another, as a replica or from its backup. */
export function isCopy(inputs: PropertyMap): boolean {
  return copyModes.includes(textAt(inputs, "createMode") ?? "");
}

function isReplica(inputs: PropertyMap): boolean {
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
  if (isReplica(inputs) && textAt(source.properties, "sku.tier") === "Burstable") {
    throw new ServiceError("InvalidParameterValue", "Read replicas are not supported for Burstable tier.");
  }
  const isGeoRestore = textAt(inputs, "createMode") === "GeoRestore";
  if (isGeoRestore && textAt(source.properties, "backup.geoRedundantBackup") !== "Enabled") {
    throw new ServiceError("InvalidParameterValue", "The source server has no geo-redundant backup.");
  }
}
