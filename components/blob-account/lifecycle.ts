import type { BlobServicePropertiesArgs, ManagementPolicyArgs } from "@pulumi/azure-native/storage";
import type { input } from "@pulumi/azure-native/types";

/** For how long a container keeps what. */
export interface KeptContainer {
  readonly name: string;
  readonly retentionDays?: number | undefined;
  readonly coolAfterDays?: number | undefined;
  readonly immutableDays?: number | undefined;
}

/** One rule a container: when a blob moves and goes, and when its older versions go. */
export function lifecycleRules(
  containers: readonly KeptContainer[],
  recoveryDays: number,
): input.storage.ManagementPolicyRuleArgs[] {
  return [...containers]
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .map((container) => ({
      name: container.name,
      enabled: true,
      type: "Lifecycle",
      definition: {
        filters: { blobTypes: ["blockBlob"], prefixMatch: [`${container.name}/`] },
        actions: {
          ...baseBlob(container),
          snapshot: { delete: { daysAfterCreationGreaterThan: recoveryDays } },
          version: { delete: { daysAfterCreationGreaterThan: recoveryDays } },
        },
      },
    }));
}

function baseBlob({
  retentionDays,
  coolAfterDays,
}: KeptContainer): Pick<input.storage.ManagementPolicyActionArgs, "baseBlob"> {
  if (retentionDays === undefined && coolAfterDays === undefined) return {};
  return {
    baseBlob: {
      ...(coolAfterDays === undefined ? {} : { tierToCool: { daysAfterModificationGreaterThan: coolAfterDays } }),
      ...(retentionDays === undefined ? {} : { delete: { daysAfterModificationGreaterThan: retentionDays } }),
    },
  };
}

/** The rules of all containers, as the account's one policy. */
export function lifecyclePolicy(
  containers: readonly KeptContainer[],
  recoveryDays: number,
): ManagementPolicyArgs["policy"] {
  return { rules: lifecycleRules(containers, recoveryDays) };
}

/** How deleted and overwritten blobs can be brought back. */
export function recoveryArgs(
  containers: readonly KeptContainer[],
  recoveryDays: number,
  changeFeed: boolean,
): Omit<BlobServicePropertiesArgs, "accountName" | "resourceGroupName"> {
  const softDelete = { enabled: true, days: recoveryDays };
  const restorable = changeFeed && containers.every(({ immutableDays }) => immutableDays === undefined);
  return {
    blobServicesName: "default",
    isVersioningEnabled: true,
    deleteRetentionPolicy: softDelete,
    containerDeleteRetentionPolicy: softDelete,
    ...(changeFeed ? { changeFeed: { enabled: true, retentionInDays: recoveryDays } } : {}),
    // A point in time must lie within soft delete, and cannot be restored where something is immutable.
    ...(restorable ? { restorePolicy: { enabled: true, days: recoveryDays - 1 } } : {}),
  };
}
