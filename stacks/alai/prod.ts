import { ResourceGroup } from "@pulumi/azure-native/resources";
import type { Inputs } from "@pulumi/pulumi";
import { adopted } from "../../components/adoption/resource-options";
import { CommitQueue } from "../../components/repository/repository-files";
import { TailnetRouter } from "../../components/tailnet-router/tailnet-router";
import type { StackConfiguration } from "../stack-configuration";
import { deployControlPlane } from "./control-plane";
import { deployDelivery } from "./delivery-rules";
import { deployEdge } from "./edge";
import { entryOf } from "./entry-of";
import { grantHosts } from "./host-access";
import type { AlaiInventory } from "./inventory";
import { programSecrets } from "./inventory/rules/secret-rules";
import { deployScheduledScripts } from "./scheduled-scripts";
import { appSmokeChecks, siteSmokeChecks } from "./smoke-checks";
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

  const router = new TailnetRouter("router", {
    context,
    resourceGroupName,
    environment,
    routes: [entryOf(inventory.network.networks, context, "network.yaml").subnets.apps, ...network.privateBlocks],
    tag: "tag:router",
    authKey: vault.secret(programSecrets.router),
    privateNames: controlPlane.privateNames,
  });

  const edge = deployEdge(configuration, inventory, new CommitQueue());
  deployDelivery(configuration, inventory, edge);
  const granted = deployScheduledScripts(configuration, inventory, controlPlane, edge.zones);
  const watcher = prepareWatcher(configuration, controlPlane);
  const hostRoles = grantHosts(configuration, inventory, controlPlane);
  if (context.lasting) backups.lock([...granted, watcher.identity, ...hostRoles]);

  return {
    sites: edge.sites.map((site) => site.url),
    nameServers: Object.fromEntries(edge.zones.map((zone) => [zone.domain, zone.nameServers])),
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
