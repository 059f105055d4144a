import { ManagementLockByScope } from "@pulumi/azure-native/authorization";
import {
  BlobServiceProperties,
  type BlobServicePropertiesArgs,
  ManagementPolicy,
  type StorageAccount,
} from "@pulumi/azure-native/storage";
import * as pulumi from "@pulumi/pulumi";
import type { StackContext } from "../context/stack-context";
import { physicalName } from "../naming/physical-name";
import type { PrivateNetwork } from "../network/private-network";
import { sendDiagnostics } from "../observability/diagnostic-settings";
import { onceReachable, plannedEndpoint } from "../reach/private-endpoint";
import type { ReachPlan } from "../reach/reach-plan";
import { type KeptContainer, lifecyclePolicy } from "./lifecycle";

/** The group and the name of an account, as what is in it is told. */
export interface InAccount {
  readonly resourceGroupName: pulumi.Input<string>;
  readonly accountName: pulumi.Input<string>;
}

/** How an account brings back and lets go of blobs. */
export interface BlobKeeping {
  readonly containers: readonly KeptContainer[];
  readonly recoveryDays: number;
  readonly recovery: Omit<BlobServicePropertiesArgs, keyof InAccount>;
}

/** Versions and soft delete first: the lifecycle's rules on versions need them. */
export function keepBlobs(name: string, inAccount: InAccount, keeping: BlobKeeping, parent: pulumi.Resource) {
  const { containers, recoveryDays, recovery } = keeping;
  const blobService = new BlobServiceProperties(name, { ...inAccount, ...recovery }, { parent });
  const lifecycle = new ManagementPolicy(
    name,
    { ...inAccount, managementPolicyName: "default", policy: lifecyclePolicy(containers, recoveryDays) },
    { parent, dependsOn: [blobService] },
  );
  return { blobService, lifecycle };
}

/** Where an account is reached from. */
export interface AccountReach {
  readonly context: StackContext;
  readonly resourceGroupName: pulumi.Input<string>;
  readonly network?: PrivateNetwork | undefined;
}

/** The blobs' address, known once there is a way to it, and that way: a lock against deletion keeps it, too. */
export function wayToBlobs(
  name: string,
  account: { readonly id: pulumi.Input<string>; readonly address: pulumi.Output<string> },
  plan: ReachPlan,
  { context, resourceGroupName, network }: AccountReach,
  parent: pulumi.Resource,
): { readonly address: pulumi.Output<string>; readonly way: readonly pulumi.Resource[] } {
  const way = { context, resourceGroupName, network, service: "blob", targetId: account.id } as const;
  const endpoint = plannedEndpoint(name, plan, way, parent);
  return { address: onceReachable(account.address, endpoint), way: endpoint === undefined ? [] : [endpoint] };
}

/** The address that Azure gives an account's blobs. */
export function blobAddress(account: StorageAccount): pulumi.Output<string> {
  return account.primaryEndpoints.apply((endpoints) => endpoints.blob);
}

/** The host name that leads to an account's blobs. */
export function blobHost(accountName: pulumi.Input<string>): pulumi.Output<string> {
  return pulumi.interpolate`${accountName}.blob.core.windows.net`;
}

/** Sends who did what with an account's blobs to a workspace. */
export function auditBlobs(
  name: string,
  accountId: pulumi.Input<string>,
  { context, workspaceId }: { readonly context: StackContext; readonly workspaceId: pulumi.Input<string> },
  parent: pulumi.Resource,
): void {
  const resourceId = pulumi.interpolate`${accountId}/blobServices/default`;
  sendDiagnostics(name, { context, resourceId, workspaceId, logs: "audit" }, { parent });
}

/**
 * Makes an account's lock against deletion: last, so that it goes first. Azure keeps roles below a lock and private endpoints to what
 * it covers from being deleted, too. Source: MicrosoftDocs/azure-docs#110791 and #116983.
 *
 * @param holds what is in the account, as the lock's notes say it. @example "backups"
 * @param inside what the lock comes after: what is in the account, what leads to it, and what has roles there
 */
export function lockAccount(
  name: string,
  account: { readonly context: StackContext; readonly id: pulumi.Input<string>; readonly holds: string },
  inside: readonly pulumi.Resource[],
  parent: pulumi.Resource,
): void {
  new ManagementLockByScope(
    name,
    {
      scope: account.id,
      level: "CanNotDelete",
      lockName: physicalName(account.context, "managementLock", name),
      notes: `Holds ${account.holds}. Take the lock away in the program that made it, in a change of its own.`,
    },
    { parent, dependsOn: [...inside] },
  );
}
