import { BackupStore } from "../../components/backup-store/backup-store";
import type { BackupStoreArgs } from "../../components/backup-store/backup-store-args";
import type { Reach } from "../../components/reach/reach-plan";
import type { Platform } from "../../components/services/deploy-platform";
import type { WatchArgs } from "../../components/services/watch-platform";
import { deployEnvironmentPlatform, watchEnvironmentPlatform } from "../environment-platform";
import { entryOf } from "../inventory/files";
import type { StackConfiguration } from "../stack-configuration";
import { backupAccountId } from "./backup-account";
import type { AlaiInventory } from "./inventory";
import { runbooks } from "./settings";

/** What differs between the environments that have a control plane, beside the inventory. */
export interface ControlPlaneOptions {
  /** Who reaches the vault and the backup store, and how. */
  readonly reachedBy: readonly Reach[];
  /** When the backup store gets its lock: `called-for` where others are given roles in it. */
  readonly backupLock?: BackupStoreArgs["deletionLock"];
}

/** The control plane: a platform, and the backup store beside it. */
export interface ControlPlane extends Platform {
  readonly backups: BackupStore;
}

/**
 * ALAI's control plane in one environment: mc-api, hivemind-api, agent-runner, skills-proxy, auth-api and secrets-proxy with their
 * databases, and the store that hosts and jobs keep backups in.
 */
export function deployControlPlane(
  configuration: StackConfiguration,
  inventory: AlaiInventory,
  { reachedBy, backupLock }: ControlPlaneOptions,
): ControlPlane {
  const { context, subscription } = configuration;
  const store = entryOf(inventory.backup.stores, context, "backup.yaml");
  const platform = deployEnvironmentPlatform(configuration, inventory, { reachedBy });
  const { resourceGroupName, workspaceId, network } = platform;
  const backups = new BackupStore("backups", {
    ...store,
    context,
    resourceGroupName,
    workspaceId,
    network,
    reachedBy,
    deletionLock: backupLock,
    adopt: store.adopt && backupAccountId(subscription, store.adopt),
  });
  return { ...platform, backups, privateNames: [...platform.privateNames, ...backups.privateNames] };
}

/** Who hears of what goes wrong in the control plane, and in what runs beside its services. */
export function watchControlPlane(
  configuration: StackConfiguration,
  inventory: AlaiInventory,
  controlPlane: ControlPlane,
  beside: Pick<WatchArgs, "jobs" | "apps"> = {},
): void {
  const { adopt } = entryOf(inventory.backup.stores, configuration.context, "backup.yaml");
  const otherGroups = adopt && [adopt.resourceGroup];
  watchEnvironmentPlatform(configuration, inventory, controlPlane, { ...beside, runbooks, otherGroups });
}
