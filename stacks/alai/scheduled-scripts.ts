import type { Resource } from "@pulumi/pulumi";
import { type StoreJobArgs, scheduleCopies, scheduleRestoreTest } from "../../components/backup-store/replica-jobs";
import { workloadRoles } from "../../components/container-apps/workload-identity";
import { publicImages } from "../../components/container-registry/public-images";
import { DnsExport } from "../../components/dns-export/dns-export";
import type { DnsZone } from "../../components/dns-zone/dns-zone";
import { GitMirror, mirrorRoles } from "../../components/git-mirror/git-mirror";
import { ManagedIdentity } from "../../components/identity/managed-identity";
import type { ScriptPlacement } from "../../components/scheduled-script/scheduled-script";
import { monitoredUrls } from "../../components/static-site/site-plan";
import { UptimeCheck } from "../../components/uptime-check/uptime-check";
import type { StackConfiguration } from "../stack-configuration";
import { backupPromises } from "./alai-hosts";
import type { ControlPlane } from "./control-plane";
import { type AlaiInventory, unlistedRepositories } from "./inventory";
import { programContainers } from "./inventory/rules/retirement-rules";
import { programSecrets } from "./inventory/rules/secret-rules";

/**
 * What runs by the clock: uptime checks of every site, weekly exports of the zones, daily mirrors of the repositories, restore tests
 * and copies of the hosts' replicas.
 *
 * @returns what got roles in the backup store
 */
export function deployScheduledScripts(
  configuration: StackConfiguration,
  inventory: AlaiInventory,
  controlPlane: ControlPlane,
  zones: readonly DnsZone[],
): Resource[] {
  const { vault, backups, environment, registry, resourceGroupName } = controlPlane;
  const { context, settings } = configuration;
  const image = publicImages.node;
  const placement: ScriptPlacement = { context, resourceGroupName, environment, registry, image };

  checkUptime(inventory, placement, controlPlane);
  const dnsExport = new DnsExport("dns-export", {
    ...placement,
    zones: zones.map((zone) => zone.exportTarget),
    apiToken: vault.secret(programSecrets.dnsExport),
    container: backups.container(programContainers.dnsExport),
  });

  const mirror = {
    ...placement,
    owner: settings.require("githubOwner"),
    token: vault.secret(programSecrets.gitMirror),
    container: backups.container(programContainers.gitMirror),
  };
  // One identity for all mirrors: the store's lock keeps a role from being deleted with the site that brought it.
  const identity = new ManagedIdentity("git-mirror", { context, resourceGroupName, roles: mirrorRoles(mirror) });
  const listed = inventory.repositories.repositories.map((entry) => entry.name);
  new GitMirror("git-mirror", { ...mirror, identity, repositories: listed });
  // A site that brings a repository of its own brings its mirror too, and changes nobody else's.
  for (const repository of unlistedRepositories(inventory)) {
    new GitMirror(`git-mirror-${repository}`, { ...mirror, identity, repositories: [repository] });
  }
  return [dnsExport, identity, ...deployBackupJobs(inventory, placement, controlPlane)];
}

/**
 * One job for each site, so that a new site changes none of the others, and one that hangs delays none. They share an identity,
 * which reads the webhook and nothing else.
 */
function checkUptime(inventory: AlaiInventory, placement: ScriptPlacement, { vault }: ControlPlane): void {
  const { context, resourceGroupName, registry } = placement;
  const slackWebhook = vault.secret(programSecrets.infraAlerts);
  const roles = workloadRoles({ registry, secrets: { SLACK_WEBHOOK: slackWebhook } });
  const identity = new ManagedIdentity("uptime", { context, resourceGroupName, roles });
  for (const site of inventory.sites.sites) {
    const urls = monitoredUrls([site]);
    if (urls.length === 0) continue;
    const { channel } = inventory.edge;
    new UptimeCheck(`uptime-${site.domain}`, { ...placement, identity, urls, slackWebhook, channel });
  }
}

/**
 * The jobs that prove the hosts' backups and put copies out of their reach.
 *
 * @returns what got roles in the backup store
 */
function deployBackupJobs(
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
    channel: inventory.edge.channel,
  };
  return [scheduleRestoreTest(backups, "restore-test", job), scheduleCopies(backups, "replica-copies", job)];
}
