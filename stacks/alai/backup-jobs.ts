import type { Resource } from "@pulumi/pulumi";
import { type StoreJobArgs, scheduleCopies, scheduleRestoreTest } from "../../components/backup-store/replica-jobs";
import type { ScriptPlacement } from "../../components/scheduled-script/scheduled-script";
import type { ControlPlane } from "./control-plane";
import type { AlaiInventory } from "./inventory";
import { backupPromises } from "./inventory/backup-promise";
import { programSecrets } from "./inventory/rules/secret-rules";

/**
 * The jobs that prove the hosts' backups and put copies out of their reach.
 *
 * @returns what got roles in the backup store
 */
export function deployBackupJobs(
  inventory: AlaiInventory,
  placement: Omit<ScriptPlacement, "identity">,
  { backups, postgres, vault }: ControlPlane,
): Resource[] {
  const job: StoreJobArgs = {
    ...placement,
    replicas: inventory.databases.container,
    lease: inventory.hosts.software.lease,
    databases: backupPromises(inventory).map(({ database, staleAfterSeconds, unwritten }) => ({
      name: database,
      staleAfterSeconds,
      unwritten,
    })),
    postgres: { id: postgres.id },
    slackWebhook: vault.secret(programSecrets.infraAlerts),
    channel: inventory.monitoring.channel,
  };
  return [scheduleRestoreTest(backups, "restore-test", job), scheduleCopies(backups, "replica-copies", job)];
}
