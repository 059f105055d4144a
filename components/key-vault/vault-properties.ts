import type { VaultArgs } from "@pulumi/azure-native/keyvault";
import type * as pulumi from "@pulumi/pulumi";
import { prefixedAddress, type ReachPlan } from "../reach/reach-plan";

/** A vault's properties: roles instead of access policies, no deletion for good within 90 days, closed to all but those who reach it. */
export function vaultProperties(tenantId: pulumi.Input<string>, plan: ReachPlan): VaultArgs["properties"] {
  return {
    tenantId,
    sku: { family: "A", name: "standard" },
    enableRbacAuthorization: true,
    enableSoftDelete: true,
    softDeleteRetentionInDays: 90,
    enablePurgeProtection: true,
    publicNetworkAccess: plan.addresses.length > 0 ? "Enabled" : "Disabled",
    networkAcls: {
      defaultAction: "Deny",
      bypass: "AzureServices",
      ipRules: plan.addresses.map((address) => ({ value: prefixedAddress(address) })),
    },
  };
}
