import type { BlobContainerArgs, StorageAccountArgs } from "@pulumi/azure-native/storage";
import type * as pulumi from "@pulumi/pulumi";
import type { AzureRole } from "../../lib/azure/built-in-roles";
import type { Retirement } from "../../lib/retirement";
import type { Redundancy } from "../blob-account/account-args";
import type { StackContext } from "../context/stack-context";
import type { Principal } from "../identity/role-assignment";
import type { PrivateNetwork } from "../network/private-network";
import type { Reach } from "../reach/reach-plan";
import type { Transform } from "../transform/transform";

export interface BackupStoreArgs {
  readonly context: StackContext;
  /** Replacement, refused: another group replaces the account and what it holds. */
  readonly resourceGroupName: pulumi.Input<string>;
  /** The workspace that receives the audit log. */
  readonly workspaceId: pulumi.Input<string>;
  /** What is kept, and for how long. At least one. */
  readonly containers: readonly BackupContainer[];
  /** Who reaches the account, and how; at least one path. */
  readonly reachedBy: readonly Reach[];
  /** Needed as soon as a path leads through the network. */
  readonly network?: PrivateNetwork | undefined;
  /** The Azure id of an account that exists, to be owned from now on. Default: a new account. */
  readonly adopt?: string | undefined;
  /**
   * Where copies are kept: in one place, in the zones of a region, or in two regions. Local ↔ geo changes in place, zone redundancy by
   * migration only. Default: `geo` in production, else `local`.
   */
  readonly redundancy?: Redundancy | undefined;
  /** Days that deleted blobs and containers, and older versions, can be brought back: 7 to 365. Default: 30 in production, else 7. */
  readonly recoveryDays?: number | undefined;
  /** A log of every change, kept as long as `recoveryDays`. Default: false. */
  readonly changeFeed?: boolean | undefined;
  /**
   * Whether Azure refuses to delete the account and anything in it, roles too, until the lock is gone.
   * `called-for`: made by {@link BackupStore.lock}, for stores in which others are given roles after them.
   * Default: `with-the-store` in lasting environments, else `none`.
   */
  readonly deletionLock?: "with-the-store" | "called-for" | "none" | undefined;
  readonly transform?: {
    readonly account?: Transform<StorageAccountArgs>;
    readonly container?: Transform<BlobContainerArgs>;
  };
}

/**
 * What a container holds decides what may happen to it.
 *
 * - `litestream`: written all the time, and compacted by its writer, who must be able to delete. Never immutable.
 * - `dumps`, `copies`: written once. May be immutable for a while.
 */
export type BackupContainer =
  | (ContainerBase & {
      readonly holds: "litestream";
      readonly immutableDays?: undefined;
      readonly copiesOf?: undefined;
    })
  | (ContainerBase & {
      readonly holds: "dumps" | "copies";
      /** Days after it was written in which nobody can change or delete a blob: 1 to 146000. Never locked. Default: none. */
      readonly immutableDays?: number | undefined;
      /** The store's container whose replicas `scheduleCopies` copies to this one. Default: none. */
      readonly copiesOf?: string | undefined;
    });

interface ContainerBase {
  /** Its exact name. Replacement, refused: another name is another container. @example "system-db-backups" */
  readonly name: string;
  /** Whether it is already there, in an account that is adopted. Default: false. */
  readonly exists?: boolean | undefined;
  /** Days after which a blob is deleted. Default: never; the writer decides. */
  readonly retentionDays?: number | undefined;
  /** Days after which a blob moves to the cool tier. Default: never. */
  readonly coolAfterDays?: number | undefined;
  /** Who may do what in it. Default: nobody. */
  readonly roles?: readonly ContainerRole[] | undefined;
  /** That it leaves. It stays in the account then, whose lock lets nobody delete it through Azure's management. Default: it stays. */
  readonly retired?: Retirement;
}

export interface ContainerRole extends Principal {
  /** Whose it is; part of the logical name. @example "standby" */
  readonly who: string;
  readonly role: Extract<AzureRole, `Storage Blob Data ${string}`>;
}
