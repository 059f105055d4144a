import type { Resource } from "@pulumi/pulumi";
import { type StoreJobArgs, scheduleCopies, scheduleRestoreTest } from "../../components/backup-store/replica-jobs";
import { workloadRoles } from "../../components/container-apps/workload-identity";
import { publicImages } from "../../components/container-registry/public-images";
import { DnsExport } from "../../components/dns-export/dns-export";
import type { DnsZone } from "../../components/dns-zone/dns-zone";
import { GitMirror, mirrorRoles } from "../../components/git-mirror/git-mirror";
import { ManagedIdentity } from "../../components/identity/managed-identity";
import { physicalName } from "../../components/naming/physical-name";
import type { WatchedJob } from "../../components/observability/watch-rules";
import type { ScriptPlacement } from "../../components/scheduled-script/scheduled-script";
import { memoryRoles, UptimeCheck } from "../../components/uptime-check/uptime-check";
import type { StackConfiguration } from "../stack-configuration";
import { backupPromises } from "./alai-hosts";
import type { ControlPlane } from "./control-plane";
import type { AlaiInventory } from "./inventory";
import {
  jobsNamed,
  mirrorJob,
  programJobs,
  unlistedRepositories,
  uptimeJob,
  watchedSites,
} from "./inventory/program-jobs";
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

  const uptime = checkUptime(inventory, placement, controlPlane);
  const dnsExport = new DnsExport(programJobs.dnsExport.name, {
    ...placement,
    cron: programJobs.dnsExport.schedule,
    zones: zones.map((zone) => zone.exportTarget),
    apiToken: vault.secret(programSecrets.dnsExport),
    container: backups.container(programContainers.dnsExport),
  });

  const mirror = {
    ...placement,
    cron: programJobs.gitMirror.schedule,
    owner: settings.require("githubOwner"),
    token: vault.secret(programSecrets.gitMirror),
    container: backups.container(programContainers.gitMirror),
  };
  // One identity for all mirrors: the store's lock keeps a role from being deleted with the site that brought it.
  const identity = new ManagedIdentity(programJobs.gitMirror.name, {
    context,
    resourceGroupName,
    roles: mirrorRoles(mirror),
  });
  const listed = inventory.repositories.repositories.map((entry) => entry.name);
  new GitMirror(programJobs.gitMirror.name, { ...mirror, identity, repositories: listed });
  // A site that brings a repository of its own brings its mirror too, and changes nobody else's.
  for (const repository of unlistedRepositories(inventory)) {
    new GitMirror(mirrorJob(repository), { ...mirror, identity, repositories: [repository] });
  }
  return [uptime, dnsExport, identity, ...deployBackupJobs(inventory, placement, controlPlane)];
}

/** The same jobs, to be watched: those that are alike as one. */
export function watchedScripts({ context }: StackConfiguration, inventory: AlaiInventory): readonly WatchedJob[] {
  return Object.values(programJobs).map(({ name, schedule }) => ({
    ...{ name, schedule },
    jobNames: jobsNamed(name, inventory).map((job) => physicalName(context, "containerApp", job)),
  }));
}

/**
 * One job for each site, so that a new site changes none of the others, and one that hangs delays none. They share an identity,
 * which reads the webhook and remembers who was told, and nothing else.
 *
 * @returns what got a role in the backup store
 */
function checkUptime(inventory: AlaiInventory, placement: ScriptPlacement, { vault, backups }: ControlPlane): Resource {
  const { context, resourceGroupName, registry } = placement;
  const slackWebhook = vault.secret(programSecrets.infraAlerts);
  const container = backups.container(programContainers.uptime);
  const roles = workloadRoles({ registry, secrets: { SLACK_WEBHOOK: slackWebhook }, roles: memoryRoles(container) });
  const identity = new ManagedIdentity("uptime", { context, resourceGroupName, roles });
  const { channel } = inventory.edge;
  const { schedule: cron } = programJobs.uptime;
  for (const { site, urls } of watchedSites(inventory)) {
    new UptimeCheck(uptimeJob(site.domain), { ...placement, cron, identity, urls, slackWebhook, channel, container });
  }
  return identity;
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
  const job: Omit<StoreJobArgs, "cron"> = {
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
  const { restoreTest, replicaCopies } = programJobs;
  return [
    scheduleRestoreTest(backups, restoreTest.name, { ...job, cron: restoreTest.schedule }),
    scheduleCopies(backups, replicaCopies.name, { ...job, cron: replicaCopies.schedule }),
  ];
}
