import type { RoleAssignment } from "@pulumi/azure-native/authorization";
import { ResourceGroup } from "@pulumi/azure-native/resources";
import type { Inputs } from "@pulumi/pulumi";
import { adopted } from "../../components/adoption/resource-options";
import type { BackupStore } from "../../components/backup-store/backup-store";
import { assignRole, type RoleGrant } from "../../components/identity/role-assignment";
import type { KeyVault } from "../../components/key-vault/key-vault";
import { CommitQueue } from "../../components/repository/repository-files";
import { routerReplicas, TailnetRouter } from "../../components/tailnet-router/tailnet-router";
import { refusal } from "../../lib/refusal";
import { entryOf } from "../inventory/files";
import { appSmokeChecks, siteSmokeChecks } from "../smoke-checks";
import type { StackConfiguration } from "../stack-configuration";
import { zoneOutputs } from "../zones";
import { deployApplications, deployDelivery } from "./applications";
import { deployControlPlane, watchControlPlane } from "./control-plane";
import { deployEdge } from "./edge";
import type { AlaiInventory } from "./inventory";
import { programApps } from "./inventory/program-jobs";
import { hostClientSecret, programSecrets } from "./inventory/rules/secret-rules";
import { deployScheduledScripts, watchedScripts } from "./scheduled-scripts";
import { prepareWatcher } from "./watcher";

/**
 * The production environment:
 *
 * ```
 *  visitors ── zones ── Pages projects ◂── repositories (deploy workflows)
 *  tailnet  ── router ── control plane ── backup store ◂── hosts (Litestream), DNS exports, git mirrors
 *  uptime checks ── every site
 * ```
 */
export function prod(configuration: StackConfiguration, inventory: AlaiInventory): Inputs {
  const { context, settings } = configuration;
  const hostAddresses = settings.getObject<string[]>("hostAddresses") ?? [];
  adoptBackupGroup(configuration, inventory);
  const controlPlane = deployControlPlane(configuration, inventory, {
    reachedBy: [
      { who: "apps", via: "private-endpoint" },
      { who: "hosts", via: "tailnet-router" },
      { who: "laptops", via: "tailnet-router" },
      // Until the hosts resolve private names over the tailnet: docs/decisions/0013.
      ...(hostAddresses.length === 0 ? [] : [{ who: "hosts", via: "addresses", addresses: hostAddresses } as const]),
    ],
    backupLock: "called-for",
  });
  const { resourceGroupName, environment, network, vault, backups } = controlPlane;

  const router = new TailnetRouter(programApps.router, {
    context,
    resourceGroupName,
    environment,
    routes: [entryOf(inventory.network.networks, context, "network.yaml").subnets.apps, ...network.privateBlocks],
    tag: "tag:router",
    authKey: vault.secret(programSecrets.router),
    privateNames: controlPlane.privateNames,
  });
  watchControlPlane(configuration, inventory, controlPlane, {
    jobs: watchedScripts(configuration, inventory),
    apps: [{ name: programApps.router, id: router.id, replicas: routerReplicas }],
  });

  const commits = new CommitQueue();
  const edge = deployEdge(configuration, inventory, commits);
  deployDelivery(configuration, inventory, edge);
  deployApplications(configuration, inventory, edge, commits);
  const granted = deployScheduledScripts(configuration, inventory, controlPlane, edge.zones);
  const watcher = prepareWatcher(configuration, inventory, controlPlane);
  const hostRoles = grantHosts(configuration, inventory, controlPlane);
  if (context.lasting) backups.lock([...granted, watcher.identity, ...hostRoles]);

  return {
    sites: edge.sites.map((site) => site.url),
    ...zoneOutputs(edge.zones),
    postgresHost: controlPlane.postgres.host,
    appsDomain: environment.defaultDomain,
    vaultUri: vault.uri,
    smokeChecks: [...siteSmokeChecks(inventory), ...appSmokeChecks(controlPlane.apps)],
    // What the `hosts` stack reads: names the tailnet must resolve, and where its watcher runs and as whom.
    splitDns: router.splitDns,
    watcher: watcher.place,
  };
}

/** The group of the backup account that was there before. */
function adoptBackupGroup({ context, subscription }: StackConfiguration, { backup }: AlaiInventory): void {
  const existing = backup.stores.prod?.adopt?.resourceGroup;
  if (existing === undefined) return;
  const id = `${subscription}/resourceGroups/${existing}`;
  new ResourceGroup("backups", { resourceGroupName: existing, location: context.location }, adopted(context, id));
}

/**
 * What each host may do in production, as an identity of its own: write replicas and the lease, and read its own secrets. Nothing else
 * of the backup store, and no other host's secret.
 *
 * Identities of machines outside Azure are made by hand (docs/host-secrets.md): `landscape:hostPrincipals` holds their object ids by
 * host. A host without one gets nothing.
 *
 * @throws when it names a host that is not in hosts.yaml
 */
function grantHosts(
  { context, settings }: StackConfiguration,
  inventory: AlaiInventory,
  { vault, backups }: { readonly vault: KeyVault; readonly backups: BackupStore },
): readonly RoleAssignment[] {
  const principals = settings.getObject<Record<string, string>>("hostPrincipals") ?? {};
  return Object.entries(principals).flatMap(([host, principalId]) => {
    if (!inventory.hosts.hosts.some(({ name, home }) => name === host && home !== undefined)) {
      throw refusal('Configuration "landscape:hostPrincipals"', [
        `hosts.yaml has no host "${host}" with a home directory`,
      ]);
    }
    const containers = [inventory.databases.container, inventory.hosts.software.lease.container];
    const grants: RoleGrant[] = [
      ...containers.map(
        (name): RoleGrant => ({ on: name, role: "Storage Blob Data Contributor", scope: backups.containerId(name) }),
      ),
      ...[hostClientSecret(host), programSecrets.failover].map(
        (name): RoleGrant => ({ on: name, role: "Key Vault Secrets User", scope: vault.secret(name).id }),
      ),
    ];
    return grants.map((grant) =>
      assignRole(`host-${host}`, { context, principalId, principalType: "ServicePrincipal", grant }, {}),
    );
  });
}
