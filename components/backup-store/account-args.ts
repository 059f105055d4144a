import type { StorageAccountArgs } from "@pulumi/azure-native/storage";
import { isProduction } from "../context/production";
import { plainAddress, type ReachPlan } from "../reach/reach-plan";
import type { BackupStoreArgs } from "./backup-store-args";

const skus = {
  local: "Standard_LRS",
  zone: "Standard_ZRS",
  geo: "Standard_RAGRS",
  "geo-zone": "Standard_RAGZRS",
} as const;

/** The account as Azure takes it: Entra only, TLS 1.2, nothing public, closed to all but those who reach it. */
export function accountArgs(
  args: BackupStoreArgs,
  plan: ReachPlan,
  place: { readonly resourceGroupName: StorageAccountArgs["resourceGroupName"]; readonly accountName: string },
): StorageAccountArgs {
  const redundancy = args.redundancy ?? (isProduction(args.context) ? "geo" : "local");
  return {
    ...place,
    location: args.context.location,
    kind: "StorageV2",
    sku: { name: skus[redundancy] },
    accessTier: "Hot",
    allowBlobPublicAccess: false,
    allowSharedKeyAccess: false,
    defaultToOAuthAuthentication: true,
    allowCrossTenantReplication: false,
    enableHttpsTrafficOnly: true,
    minimumTlsVersion: "TLS1_2",
    isLocalUserEnabled: false,
    publicNetworkAccess: plan.addresses.length > 0 ? "Enabled" : "Disabled",
    networkRuleSet: {
      defaultAction: "Deny",
      bypass: "AzureServices",
      ipRules: plan.addresses.map((address) => ({ action: "Allow", iPAddressOrRange: plainAddress(address) })),
    },
    ...(args.adopt === undefined ? fixedAtCreation : {}),
  };
}

/** What an account that exists cannot be given any more, or not before its keys are renewed. */
const fixedAtCreation: Partial<StorageAccountArgs> = {
  encryption: {
    keySource: "Microsoft.Storage",
    requireInfrastructureEncryption: true,
    services: { blob: { enabled: true, keyType: "Account" }, file: { enabled: true, keyType: "Account" } },
  },
  keyPolicy: { keyExpirationPeriodInDays: 90 },
  sasPolicy: { expirationAction: "Log", sasExpirationPeriod: "1.00:00:00" },
};
