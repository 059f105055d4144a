import type { GetServerResult, ServerArgs } from "@pulumi/azure-native/dbforpostgresql";
import type * as pulumi from "@pulumi/pulumi";
import { nightsTag } from "../../lib/running-hours";
import { isProduction } from "../context/stack-context";
import type { IdentityReference } from "../identity/managed-identity";
import type { KeyReference } from "../key-vault/key-vault";
import {
  type MaintenanceWindow,
  maintenanceDays,
  type PostgresAccess,
  type PostgresServerArgs,
  type ServerSize,
  serverSizes,
} from "./postgres-server-args";

/** What depends on the server that runs already, if one does. */
export interface SettledArgs {
  readonly version: string;
  readonly storageSizeGB: number;
}

/**
 * The version asked for, and the larger of the disk asked for and the one that has grown: asking for less than there is would be
 * refused, and ignoring the size would send the old one with the next change of anything else.
 */
export function settledArgs(args: PostgresServerArgs, running: RunningServer | undefined): SettledArgs {
  const wanted = args.storageGb ?? smallestDisk;
  const grown = grows(args) ? (running?.storage?.storageSizeGB ?? 0) : 0;
  return { version: args.version, storageSizeGB: Math.max(wanted, grown) };
}

/** Gigabytes. */
const smallestDisk = 32;

/** The server as Azure takes it. */
export function serverArgs(
  args: PostgresServerArgs,
  serverName: string,
  settled: pulumi.Output<SettledArgs>,
): ServerArgs {
  const production = isProduction(args.context);
  return {
    ...placedServer(args, serverName),
    version: settled.version,
    storage: { storageSizeGB: settled.storageSizeGB, autoGrow: grows(args) ? "Enabled" : "Disabled" },
    authConfig: entraOnly(args.tenantId),
    backup: {
      backupRetentionDays: args.backupDays ?? (production ? 14 : 7),
      geoRedundantBackup: (args.geoRedundantBackup ?? production) ? "Enabled" : "Disabled",
    },
    highAvailability: { mode: highAvailabilityMode(args.highAvailability) },
    maintenanceWindow: maintenanceWindow(args.maintenance),
    ...(args.nights === undefined ? {} : { tags: { [nightsTag.name]: args.nights } }),
  };
}

/** What {@link replicaArgs} needs. */
export interface ReplicaParts
  extends Pick<PostgresServerArgs, "context" | "resourceGroupName" | "tenantId" | "access"> {
  readonly size: ServerSize;
  readonly maintenance?: MaintenanceWindow | undefined;
  readonly autoGrow?: boolean | undefined;
  readonly serverName: string;
  /** The id of its source. */
  readonly source: pulumi.Input<string>;
  readonly storageSizeGB: pulumi.Input<number>;
}

/** A read replica as Azure takes it. It has no backups and no standby. */
export function replicaArgs(parts: ReplicaParts): ServerArgs {
  return {
    ...placedServer(parts, parts.serverName),
    createMode: "Replica",
    sourceServerResourceId: parts.source,
    storage: { storageSizeGB: parts.storageSizeGB, autoGrow: grows(parts) ? "Enabled" : "Disabled" },
    authConfig: entraOnly(parts.tenantId),
    maintenanceWindow: maintenanceWindow(parts.maintenance),
  };
}

/** The encryption of a server with a key of ours, which it uses as an identity. */
export function encryptionArgs(
  { uri }: KeyReference,
  identity: Pick<IdentityReference, "id">,
): Pick<ServerArgs, "dataEncryption" | "identity"> {
  return {
    dataEncryption: { type: "AzureKeyVault", primaryKeyURI: uri, primaryUserAssignedIdentityId: identity.id },
    identity: { type: "UserAssigned", userAssignedIdentities: identity.id.apply((id) => ({ [id]: {} })) },
  };
}

function entraOnly(tenantId: PostgresServerArgs["tenantId"]): ServerArgs["authConfig"] {
  return { activeDirectoryAuth: "Enabled", passwordAuth: "Disabled", tenantId };
}

function maintenanceWindow(
  { day, hour }: MaintenanceWindow = { day: "Sunday", hour: 3 },
): ServerArgs["maintenanceWindow"] {
  return { customWindow: "Enabled", dayOfWeek: maintenanceDays.indexOf(day), startHour: hour, startMinute: 0 };
}

function placedServer(
  args: Pick<PostgresServerArgs, "context" | "resourceGroupName" | "access" | "size">,
  serverName: string,
): ServerArgs {
  const { name, tier } = serverSizes[args.size];
  return {
    resourceGroupName: args.resourceGroupName,
    location: args.context.location,
    serverName,
    sku: { name, tier },
    network: networkArgs(args.access),
  };
}

function grows(args: Pick<PostgresServerArgs, "autoGrow">): boolean {
  return args.autoGrow ?? true;
}

function networkArgs(access: PostgresAccess): ServerArgs["network"] {
  switch (access.kind) {
    case "network":
      return {
        delegatedSubnetResourceId: access.network.subnetId,
        privateDnsZoneArmResourceId: access.network.zoneId,
        publicNetworkAccess: "Disabled",
      };
    case "private-endpoint":
      return { publicNetworkAccess: "Disabled" };
    case "addresses":
      return { publicNetworkAccess: "Enabled" };
  }
}

function highAvailabilityMode(wanted: PostgresServerArgs["highAvailability"]): string {
  switch (wanted) {
    case undefined:
      return "Disabled";
    case "zone":
      return "ZoneRedundant";
    case "same-zone":
      return "SameZone";
  }
}

/** What a running server has that cannot be changed at will. */
type RunningServer = Pick<GetServerResult, "version" | "network" | "storage" | "dataEncryption">;

/**
 * Compares what is asked for with what runs.
 *
 * @param running undefined when there is no server yet
 * @returns what would lose data or cannot be undone; empty when nothing would
 */
export function changeProblems(
  args: Pick<
    PostgresServerArgs,
    "version" | "allowMajorUpgrade" | "access" | "storageGb" | "autoGrow" | "replicas" | "key"
  >,
  running: RunningServer | undefined,
): string[] {
  if (running === undefined) return [];
  return [
    ...versionProblems(args, running),
    ...networkProblems(args, running),
    ...diskProblems(args, running),
    ...keyProblems(args, running),
  ];
}

function keyProblems({ key }: Pick<PostgresServerArgs, "key">, running: RunningServer): string[] {
  const isOwn = running.dataEncryption?.type === "AzureKeyVault";
  if (isOwn === (key === "own")) return [];
  const is = isOwn ? "a key of ours" : "Azure's key";
  return [`key: the server is encrypted with ${is}, which is fixed at creation; restore its backup to a second server`];
}

/** A disk that grows by itself may be larger than what is asked for, and stays so; of any other it is a mistake. */
function diskProblems(args: Pick<PostgresServerArgs, "storageGb" | "autoGrow">, running: RunningServer): string[] {
  const wanted = args.storageGb ?? smallestDisk;
  const is = running.storage?.storageSizeGB ?? 0;
  if (grows(args) || wanted >= is) return [];
  return [`storageGb is ${wanted}, but the server's disk has ${is} GB, and a disk never shrinks; say ${is}`];
}

function versionProblems(
  { version, allowMajorUpgrade, replicas = [] }: Pick<PostgresServerArgs, "version" | "allowMajorUpgrade" | "replicas">,
  running: RunningServer,
): string[] {
  if (running.version === undefined || running.version === version) return [];
  if (Number(version) < Number(running.version)) {
    return [
      `version is "${version}", but the server runs ${running.version}, and a version never goes down; say "${running.version}"`,
    ];
  }
  if (replicas.length > 0) {
    return [
      `version is "${version}", but the server runs ${running.version}, and one with replicas is not upgraded; take them out first`,
    ];
  }
  if (allowMajorUpgrade === true) return [];
  return [
    `version is "${version}", but the server runs ${running.version}; an upgrade stops the server and cannot be undone: take a backup, then set allowMajorUpgrade: true`,
  ];
}

function networkProblems({ access }: Pick<PostgresServerArgs, "access">, running: RunningServer): string[] {
  const inNetwork = (running.network?.delegatedSubnetResourceId ?? "") !== "";
  if (inNetwork === (access.kind === "network")) return [];
  const is = inNetwork ? "lives in a network" : "does not live in a network";
  return [
    `access.kind is "${access.kind}", but the server ${is}, which is fixed at creation; make a second server and move the data`,
  ];
}
