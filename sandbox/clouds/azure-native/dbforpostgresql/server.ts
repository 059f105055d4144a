import type { PropertyMap } from "../../../../deployment/values/property-value";
import { type CheckFailure, ServiceError } from "../../../engine/provider";
import { numberAt, textAt, valueAt } from "../../read-property";
import type { ServiceContext, TypeRule } from "../../type-rule";
import { isWithin, nameOfId, parentOfId, sameId } from "../arm-id";
import { armType } from "../arm-type";
import { invalidReference } from "../existing-resources";
import { delegationsOf, subnetType } from "../network/subnet-use";
import { networkLinkType } from "../privatedns";
import { refuseBadKey } from "./server-key";
import {
  copyDatabases,
  isCopy,
  isReplica,
  ofSource,
  refuseBadSource,
  refuseChangeBesideReplicas,
  requireSource,
  unknownOfCopy,
} from "./server-source";

export const serverType = "azure-native:dbforpostgresql:Server";
export const serverPath = "Microsoft.DBforPostgreSQL/flexibleServers/{serverName}";

/** A server takes one operation at a time, its children's and its replicas' included. */
export function oneOperation(serverId: string): ReturnType<NonNullable<TypeRule["oneAtATime"]>> {
  const name = serverId.split("/").at(-1);
  return {
    key: `postgres:${serverId.toLowerCase()}`,
    refusal: () =>
      new ServiceError(
        "ServerIsBusy",
        `The server '${name}' is busy processing another operation. Please try again later.`,
        409,
      ),
  };
}

/** Source: Azure documentation, "Storage options in Azure Database for PostgreSQL flexible server: Premium SSD sizes". */
const diskSizes = [32, 64, 128, 256, 512, 1024, 2048, 4095, 4096, 8192, 16384, 32767];

export const server = armType({
  type: "dbforpostgresql:Server",
  describedBy: ["postgresql-flexible", "Server", "serverName"],
  path: serverPath,
  name: {
    pattern: /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/,
    expected: "3 to 63 lower-case letters, digits and dashes, no dash at either end",
    code: "InvalidServerName",
    uniqueInWorld: (name) =>
      new ServiceError(
        "ServerNameAlreadyExists",
        `Specified server name '${name}' is already used. Choose another one.`,
        409,
      ),
  },
  located: true,
  required: ["sku.name", "sku.tier"],
  allowed: {
    "sku.tier": ["Burstable", "GeneralPurpose", "MemoryOptimized"],
    version: ["11", "12", "13", "14", "15", "16", "17", "18"],
    createMode: ["Default", "Create", "Update", "PointInTimeRestore", "GeoRestore", "Replica", "ReviveDropped"],
    "highAvailability.mode": ["Disabled", "ZoneRedundant", "SameZone"],
    "backup.geoRedundantBackup": ["Enabled", "Disabled"],
    "storage.autoGrow": ["Enabled", "Disabled"],
    "network.publicNetworkAccess": ["Enabled", "Disabled"],
    "authConfig.activeDirectoryAuth": ["Enabled", "Disabled"],
    "authConfig.passwordAuth": ["Enabled", "Disabled"],
  },
  ranges: { "backup.backupRetentionDays": { minimum: 7, maximum: 35 } },
  check: diskSizeFailures,
  defaults: (inputs) => ({
    backup: { backupRetentionDays: 7, geoRedundantBackup: "Disabled" },
    highAvailability: { mode: "Disabled" },
    network: { publicNetworkAccess: isInSubnet(inputs) ? "Disabled" : "Enabled" },
    dataEncryption: { type: "SystemManaged" },
    createMode: "Default",
    ...(isCopy(inputs)
      ? {}
      : {
          authConfig: { activeDirectoryAuth: "Disabled", passwordAuth: "Enabled" },
          storage: { storageSizeGB: 32, autoGrow: "Disabled" },
          replicationRole: "Primary",
          version: "17",
        }),
  }),
  // Not createMode: the API declares it as changeable, and Update beside a new version asks for an upgrade in place.
  createOnly: [
    "administratorLogin",
    "availabilityZone",
    "backup.geoRedundantBackup",
    "network.delegatedSubnetResourceId",
    "sourceServerResourceId",
    "pointInTimeUTC",
    "dataEncryption.type",
  ],
  notReturned: [
    "administratorLoginPassword",
    "createMode",
    "pointInTimeUTC",
    "replica.promoteMode",
    "replica.promoteOption",
  ],
  // Source: Microsoft.DBforPostgreSQL 2025-08-01, `Server`: "returned only when the target server is a read replica".
  notReturnedFor: (inputs) => (isReplica(inputs) ? [] : ["sourceServerResourceId"]),
  oneAtATime: (inputs, id) => {
    const source = textAt(inputs, "sourceServerResourceId");
    return oneOperation(textAt(inputs, "createMode") === "Replica" && source !== undefined ? source : id);
  },
  computed: {
    names: ["fullyQualifiedDomainName", "state", "minorVersion", "replicaCapacity", "privateEndpointConnections"],
    namesFor: unknownOfCopy,
    stable: ["fullyQualifiedDomainName"],
    values: (context) => ({
      fullyQualifiedDomainName: `${textAt(context.inputs, "serverName")}.postgres.database.azure.com`,
      state: "Ready",
      minorVersion: "4",
      replicaCapacity: textAt(context.inputs, "sku.tier") === "Burstable" ? 0 : 5,
      privateEndpointConnections: [],
      ...ofSource(context),
    }),
  },
  service: {
    write: (context) => {
      requireSource(context);
      refuseBadCompute(context.inputs);
      refuseBadNetwork(context);
      refuseBadKey(context);
    },
    create: (context) => {
      requireAdministrator(context.inputs);
      refuseBadSource(context);
      copyDatabases(context);
    },
    update: (context) => {
      refuseDowngrade(context.existing.properties, context.inputs);
      refuseChangeBesideReplicas(context, false);
    },
    delete: (context) => refuseChangeBesideReplicas(context, true),
  },
});

function isInSubnet(inputs: PropertyMap): boolean {
  return valueAt(inputs, "network.delegatedSubnetResourceId") !== undefined;
}

function diskSizeFailures(inputs: PropertyMap): readonly CheckFailure[] {
  const size = numberAt(inputs, "storage.storageSizeGB");
  if (size === undefined || textAt(inputs, "storage.type") === "PremiumV2_LRS" || diskSizes.includes(size)) return [];
  const property = "storage.storageSizeGB";
  return [
    { property, reason: `InvalidStorageSize: '${property}': expected one of ${diskSizes.join(", ")}, got ${size}` },
  ];
}

/** Source: Azure documentation, "Quickstart: create a flexible server", administrator login. */
const reservedLogins = /^(azure_superuser|azure_pg_admin|admin|administrator|root|guest|public|pg_.*)$/i;

function requireAdministrator(inputs: PropertyMap): void {
  const isNew = ["Default", "Create"].includes(textAt(inputs, "createMode") ?? "Default");
  if (!isNew) return;
  if (textAt(inputs, "authConfig.passwordAuth") === "Enabled") {
    const missing = ["administratorLogin", "administratorLoginPassword"].filter(
      (key) => textAt(inputs, key) === undefined,
    );
    if (missing.length > 0) {
      throw new ServiceError(
        "InvalidParameterValue",
        `Password authentication is enabled, so the server needs ${missing.join(" and ")}.`,
      );
    }
  } else if (textAt(inputs, "authConfig.activeDirectoryAuth") !== "Enabled") {
    throw new ServiceError(
      "InvalidParameterValue",
      "At least one of password and Microsoft Entra authentication must be enabled.",
    );
  }
  const login = textAt(inputs, "administratorLogin");
  if (login !== undefined && reservedLogins.test(login)) {
    throw new ServiceError("ReservedUserName", `The administrator login '${login}' is reserved.`);
  }
}

const delegation = "Microsoft.DBforPostgreSQL/flexibleServers";
const zoneSuffix = ".postgres.database.azure.com";

function invalid(message: string): ServiceError {
  return new ServiceError("InvalidParameterValue", message);
}

/** What the tier does not offer. */
function refuseBadCompute(inputs: PropertyMap): void {
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
function refuseBadNetwork({ world, id, inputs }: ServiceContext): void {
  const subnetId = textAt(inputs, "network.delegatedSubnetResourceId");
  const zoneId = textAt(inputs, "network.privateDnsZoneArmResourceId");
  if (subnetId === undefined) return;
  if (textAt(inputs, "network.publicNetworkAccess") === "Enabled") {
    throw new ServiceError(
      "ConflictingPublicNetworkAccessAndVirtualNetworkConfiguration",
      "Conflicting configuration is detected between Public Network Access and Virtual Network arguments. Public Network Access is not supported along with Virtual Network feature.",
    );
  }
  const subnet = world.get(subnetType, subnetId);
  if (subnet === undefined) throw invalidReference(subnetId, id);
  if (!delegationsOf(subnet.properties).includes(delegation)) {
    throw new ServiceError(
      "SubnetNotDelegated",
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
      `The private DNS zone '${zone}' is not linked to the virtual network '${nameOfId(parentOfId(subnetId))}' of the server.`,
    );
  }
}

/** Disks only grow and versions only rise. */
function refuseDowngrade(before: PropertyMap, after: PropertyMap): void {
  const sizeBefore = numberAt(before, "storage.storageSizeGB") ?? 0;
  const sizeAfter = numberAt(after, "storage.storageSizeGB") ?? sizeBefore;
  if (sizeAfter < sizeBefore) {
    throw new ServiceError(
      "StorageSizeCannotBeReduced",
      `The storage size cannot be reduced from ${sizeBefore} to ${sizeAfter} GB.`,
    );
  }
  const versionBefore = Number(textAt(before, "version"));
  const versionAfter = Number(textAt(after, "version"));
  if (versionAfter < versionBefore) {
    throw new ServiceError(
      "VersionDowngradeNotSupported",
      `The server runs version ${versionBefore} and cannot go back to ${versionAfter}.`,
    );
  }
}
