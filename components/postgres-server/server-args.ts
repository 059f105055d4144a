import type { ServerArgs } from "@pulumi/azure-native/dbforpostgresql";
import { isProduction } from "../context/production";
import type { MaintenanceWindow, PostgresAccess, PostgresServerArgs } from "./postgres-server-args";
import { serverSizes } from "./server-size";

const days: readonly MaintenanceWindow["day"][] = [
  "Sunday",
  "Monday",
  "Tuesday",
  "Wednesday",
  "Thursday",
  "Friday",
  "Saturday",
];

/** The server as Azure takes it, without its version. */
export function serverArgs(args: PostgresServerArgs, serverName: string): ServerArgs {
  const production = isProduction(args.context);
  const maintenance = args.maintenance ?? { day: "Sunday", hour: 3 };
  return {
    ...placedServer(args, serverName),
    authConfig: { activeDirectoryAuth: "Enabled", passwordAuth: "Disabled", tenantId: args.tenantId },
    backup: {
      backupRetentionDays: args.backupDays ?? (production ? 14 : 7),
      geoRedundantBackup: (args.geoRedundantBackup ?? production) ? "Enabled" : "Disabled",
    },
    highAvailability: { mode: highAvailabilityMode(args.highAvailability) },
    maintenanceWindow: {
      customWindow: "Enabled",
      dayOfWeek: days.indexOf(maintenance.day),
      startHour: maintenance.hour,
      startMinute: 0,
    },
  };
}

/** A read replica of the server: the same size and disk, in the same network. */
export function replicaArgs(
  args: PostgresServerArgs,
  serverName: string,
  sourceServerResourceId: ServerArgs["sourceServerResourceId"],
  location: string | undefined,
): ServerArgs {
  return {
    ...placedServer(args, serverName),
    location: location ?? args.context.location,
    createMode: "Replica",
    sourceServerResourceId,
  };
}

function placedServer(args: PostgresServerArgs, serverName: string): ServerArgs {
  const { name, tier } = serverSizes[args.size];
  return {
    resourceGroupName: args.resourceGroupName,
    location: args.context.location,
    serverName,
    sku: { name, tier },
    network: networkArgs(args.access),
    storage: { storageSizeGB: args.storageGb ?? 32, autoGrow: grows(args) ? "Enabled" : "Disabled" },
  };
}

export function grows(args: Pick<PostgresServerArgs, "autoGrow">): boolean {
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
