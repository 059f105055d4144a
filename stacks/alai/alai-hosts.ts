import { join } from "node:path";
import { durationSeconds } from "../../lib/duration";
import { namedEntry } from "../../lib/retirement";
import type { SystemDelivery } from "../system-delivery";
import type { BackupPlace, BackupPromise, SystemHosts } from "../system-hosts";
import { type SystemSites, systemSite } from "../system-sites";
import { developmentVariant, hasDevelopmentCopy } from "./development-sites";
import { type AlaiInventory, loadAlaiInventory } from "./inventory";

/** ALAI's hosts, and the backups of what runs on them. */
export function alaiHosts(inventory: AlaiInventory): SystemHosts {
  const { hosts, software } = inventory.hosts;
  const { devices } = inventory.tailnet.tailnet;
  return {
    hosts: hosts.map(({ name, role, home }) => ({
      name,
      role,
      address: devices.find((device) => device.name === name)?.address,
      ordersFailovers: home !== undefined,
    })),
    directory: software.directory,
    labelPrefix: software.labelPrefix,
    // Production's account, which was there before and keeps its name.
    lease: { ...software.lease, account: inventory.backup.stores.prod?.adopt?.account },
    alertAfter: inventory.heartbeat.heartbeat.alertAfter,
    replicas: inventory.databases.container,
    promises: backupPromises(inventory),
    backups: backupPlaces(inventory),
  };
}

/** ALAI's sites, whose names visitors type are production's. */
export function alaiSites(project: string): SystemSites {
  const inventory = "stacks/alai/inventory";
  const { sites } = loadAlaiInventory(join(project, inventory));
  return { stack: "prod", inventory, sites: sites.sites.map(systemSite) };
}

/** The repository of this program, which is among ALAI's. */
export function deliveryOfAlai(project: string): SystemDelivery {
  const inventory = "stacks/alai/inventory";
  const { pipelines, repositories } = loadAlaiInventory(join(project, inventory));
  const own = repositories.repositories.find(({ name }) => name === pipelines.repository);
  const environments = (own?.environments ?? []).map(({ name, reviewers }) => {
    return { name, isReviewed: reviewers !== undefined };
  });
  return { stack: "bootstrap", inventory, repository: pipelines.repository, environments };
}

/** By environment, which has the name of its stack. */
function backupPlaces({ backup, databases, environments }: AlaiInventory): Readonly<Record<string, BackupPlace>> {
  return Object.fromEntries(
    Object.entries(backup.stores).map(([stack, { adopt, containers }]) => [
      stack,
      {
        account: adopt?.account,
        copies: containers.find((each) => each.holds !== "litestream" && each.copiesOf === databases.container)?.name,
        postgresDatabases: (environments.environments[stack]?.postgres.databases ?? []).map(
          (entry) => namedEntry(entry).name,
        ),
      },
    ]),
  );
}

/** Seconds that a database may be behind beyond its sync interval (the hosts' plan: less than 60 s are lost). */
const graceSeconds = 60;

/** The promise for each database of the inventory, in its order. How long one may be quiet: `restoreTest` of backup.yaml. */
export function backupPromises({
  databases,
  backup,
}: Pick<AlaiInventory, "databases" | "backup">): readonly BackupPromise[] {
  const { staleAfter, quiet = {} } = backup.restoreTest;
  return databases.databases.map(({ name, tier, syncInterval }) => {
    const limit = quiet[name] ?? staleAfter[tier];
    return {
      database: name,
      tier,
      staleAfterSeconds: limit === "never" || limit === "unwritten" ? undefined : durationSeconds(limit),
      unwritten: limit === "unwritten",
      lossSeconds: durationSeconds(syncInterval ?? databases.tiers[tier].syncInterval) + graceSeconds,
    };
  });
}

/**
 * What is in a stack's places and in no state that its pipeline reads: devices of people, which join the tailnet by themselves, and
 * records of the development environment in the zones of prod, which looks after their contents itself.
 */
export function expectedObjects({ tailnet, sites }: AlaiInventory): readonly string[] {
  const copies = sites.sites.filter(hasDevelopmentCopy);
  return [
    ...tailnet.tailnet.devices.flatMap(({ nodeId }) => nodeId ?? []),
    ...copies.map(({ domain }) => `CNAME ${developmentVariant}.${domain}`),
  ];
}
