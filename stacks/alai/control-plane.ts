import type { Input, Output } from "@pulumi/pulumi";
import { BackupStore } from "../../components/backup-store/backup-store";
import type { BackupStoreArgs } from "../../components/backup-store/backup-store-args";
import { Budget } from "../../components/budget/budget";
import { ContainerAppsEnvironment } from "../../components/container-apps/container-apps-environment";
import { ContainerRegistry } from "../../components/container-registry/container-registry";
import { KeyVault } from "../../components/key-vault/key-vault";
import { Network } from "../../components/network/network";
import { Alerts } from "../../components/observability/alerts";
import { LogAnalytics } from "../../components/observability/log-analytics";
import { PostgresServer } from "../../components/postgres-server/postgres-server";
import type { PostgresAdministrator } from "../../components/postgres-server/postgres-server-args";
import type { Reach } from "../../components/reach/reach-plan";
import { makeResourceGroup } from "../../components/resource-group/resource-group";
import {
  type DeployedApp,
  databaseNetwork,
  deployCaches,
  deployObjects,
  deployQueues,
  deployServices,
} from "../../components/services/deploy-services";
import { entryOf } from "../inventory/files";
import { vaultSecrets } from "../inventory/rules/secret-rules";
import type { StackConfiguration } from "../stack-configuration";
import { postgresAlerts } from "./alert-rules";
import { backupAccountId } from "./backup-account";
import type { AlaiInventory } from "./inventory";

/** What differs between the environments that have a control plane, beside the inventory. */
export interface ControlPlaneOptions {
  /** Who reaches the vault and the backup store, and how. */
  readonly reachedBy: readonly Reach[];
  /** When the backup store gets its lock: `called-for` where others are given roles in it. */
  readonly backupLock?: BackupStoreArgs["deletionLock"];
}

/** What runs beside the control plane: where, and with what. */
export interface ControlPlane {
  readonly resourceGroupName: Output<string>;
  readonly network: Network;
  readonly workspaceId: Output<string>;
  readonly vault: KeyVault;
  readonly environment: ContainerAppsEnvironment;
  readonly postgres: PostgresServer;
  readonly backups: BackupStore;
  readonly apps: readonly DeployedApp[];
  /** Names that only the network resolves. */
  readonly privateNames: readonly Input<string>[];
}

/**
 * ALAI's control plane in one environment:
 *
 * ```
 *  network ─┬─ apps ────── Container Apps environment ── mc-api, hivemind-api, agent-runner, skills-proxy, auth-api, secrets-proxy
 *           ├─ postgres ── PostgreSQL: mission_control, hivemind
 *           └─ endpoints ─ vault, backup store, caches, queues, objects
 *  registry (images)      workspace (logs)      alerts, budget
 * ```
 */
export function deployControlPlane(
  { context, settings, tenantId, subscription }: StackConfiguration,
  inventory: AlaiInventory,
  { reachedBy, backupLock }: ControlPlaneOptions,
): ControlPlane {
  const entry = entryOf(inventory.environments.environments, context, "environments.yaml");
  const store = entryOf(inventory.backup.stores, context, "backup.yaml");

  const group = makeResourceGroup(context);
  const resourceGroupName = group.name;
  const place = { context, resourceGroupName };

  const workspaceId = new LogAnalytics("logs", { ...place, retentionInDays: entry.logRetentionDays }).id;
  const network = new Network("network", {
    ...place,
    ...entryOf(inventory.network.networks, context, "network.yaml"),
  });
  const vault = new KeyVault("vault", {
    ...place,
    tenantId,
    workspaceId,
    network,
    reachedBy,
    secrets: vaultSecrets(inventory, context.environment),
  });
  const registry = new ContainerRegistry("registry", { ...place, workspaceId, size: { sku: entry.registry } });
  const postgres = new PostgresServer("postgres", {
    ...place,
    ...entry.postgres,
    tenantId,
    workspaceId,
    access: { kind: "network", network: databaseNetwork(network) },
    administrators: settings.requireObject<PostgresAdministrator[]>("databaseAdministrators"),
  });
  const backups = new BackupStore("backups", {
    ...place,
    ...store,
    workspaceId,
    network,
    reachedBy,
    deletionLock: backupLock,
    adopt: store.adopt && backupAccountId(subscription, store.adopt),
  });

  const caches = deployCaches(entry.caches, { ...place, workspaceId, network });
  const queues = deployQueues(entry.queues, { ...place, workspaceId, network });
  const objects = deployObjects(entry.objects, { ...place, workspaceId, network });
  const environment = new ContainerAppsEnvironment("apps", { ...place, workspaceId, network });
  const apps = deployServices(inventory.services.services, {
    ...place,
    environment,
    registry,
    vault,
    postgres,
    caches,
    queues,
    objects,
    replicas: entry.replicas,
  });

  const alerts = new Alerts("alerts", {
    ...place,
    shortName: context.project,
    emails: settings.requireObject<Record<string, string>>("alertEmails"),
    metrics: postgresAlerts(postgres.id),
  });
  new Budget("monthly", { context, scope: group.id, ...entry.budget, contactGroups: [alerts.groupId] });

  const closed = [vault, backups, postgres, ...caches.values(), queues ?? [], objects ?? [], environment].flat();
  const privateNames = closed.flatMap((part) => [...part.privateNames]);
  return { resourceGroupName, network, workspaceId, vault, environment, postgres, backups, apps, privateNames };
}
