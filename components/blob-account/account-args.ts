import type { StorageAccountArgs } from "@pulumi/azure-native/storage";
import { plainAddress, type ReachPlan } from "../reach/reach-plan";

/** Where copies of an account's blobs are kept, and what Azure calls it. */
export const redundancies = {
  local: "Standard_LRS",
  zone: "Standard_ZRS",
  geo: "Standard_RAGRS",
  "geo-zone": "Standard_RAGZRS",
} as const;

export type Redundancy = keyof typeof redundancies;

/** Its group and its name. */
export type AccountPlace = Pick<StorageAccountArgs, "resourceGroupName" | "accountName">;

/** What accounts differ in. */
export interface WantedAccount {
  readonly location: string;
  readonly redundancy: Redundancy;
  readonly accessTier: "Hot" | "Cool";
  /** Whether it was there before: some settings are fixed at creation. */
  readonly exists: boolean;
}

/** A storage account as Azure takes it: Entra only, TLS 1.2, nothing public, closed to all but those who reach it. */
export function closedAccountArgs(wanted: WantedAccount, plan: ReachPlan, place: AccountPlace): StorageAccountArgs {
  return {
    ...place,
    location: wanted.location,
    kind: "StorageV2",
    sku: { name: redundancies[wanted.redundancy] },
    accessTier: wanted.accessTier,
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
    ...(wanted.exists ? {} : fixedAtCreation),
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
