import type { Input, Output } from "@pulumi/pulumi";
import { type PrivateService, privateServiceNames } from "../../lib/private-services";
import { ContainerAppsEnvironment } from "../container-apps/container-apps-environment";
import type { ServiceInventory } from "../container-apps/schema";
import { ContainerRegistry } from "../container-registry/container-registry";
import type { StackContext } from "../context/stack-context";
import { KeyVault } from "../key-vault/key-vault";
import type { SecretEntry } from "../key-vault/schema";
import { Network } from "../network/network";
import { defaultZones, type NetworkInventory } from "../network/schema";
import { LogAnalytics } from "../observability/log-analytics";
import { MetricsWorkspace } from "../observability/metrics-workspace";
import type { WatchedJob } from "../observability/watch-rules";
import { type DatabaseDumps, deployDumps } from "../postgres-server/database-dumps";
import { DatabaseHours } from "../postgres-server/database-hours";
import type { DatabaseReader } from "../postgres-server/database-roles";
import type { DatabaseServer } from "../postgres-server/database-server";
import type { PostgresAdministrator } from "../postgres-server/postgres-server-args";
import { databaseHours } from "../postgres-server/schema";
import type { Queues } from "../queues/queues";
import { copyBuckets } from "../r2-buckets/bucket-copies";
import type { Reach } from "../reach/reach-plan";
import { makeResourceGroup } from "../resource-group/resource-group";
import { type DeployedApp, deployServices, type ServicePlacement } from "./deploy-services";
import { deployBuckets, deployCaches, deployDatabase, deployObjects, deployQueues } from "./deploy-stores";
import { type EnvironmentInventory, privateServicesOf, servicesIn } from "./environment-schema";
import { type CertificateRenewer, renewCertificate } from "./service-ingress";
import { type PrimaryPlaces, type StandbyReplicas, standbyReplicas } from "./standby";

/** What an environment of a system is made of. */
export interface PlatformArgs {
  readonly context: StackContext;
  /** The Entra tenant. */
  readonly tenantId: string;
  /** What the inventory says of the environment. */
  readonly environment: EnvironmentInventory;
  readonly network: NetworkInventory;
  readonly services: readonly ServiceInventory[];
  /** Who administers the databases. */
  readonly administrators: readonly PostgresAdministrator[];
  /** Groups of people who read them, to find out what is wrong. Default: none. */
  readonly readers?: readonly DatabaseReader[] | undefined;
  /** Its vault: what it holds, and who reaches it beside the apps. */
  readonly vault: { readonly secrets: readonly SecretEntry[]; readonly reachedBy: readonly Reach[] };
  /** The ids of the zones in which public apps have their names, by domain. Default: no app is public. */
  readonly zones?: ServicePlacement["zones"];
  readonly balancers?: ServicePlacement["balancers"];
  readonly releasedBy?: ServicePlacement["releasedBy"];
  /** Needed where an app has a name. */
  readonly renewCertificate?: CertificateRenewer;
  /** The Cloudflare account, for environments with buckets. */
  readonly cloudflareAccountId?: string;
  /** For an environment that stands by for another: what that one's stack and the inventory say of it. */
  readonly primary?:
    | (PrimaryPlaces & { readonly addressSpace: string; readonly environment: EnvironmentInventory })
    | undefined;
}

/** An environment without its vault and what is watched: where its services run, and with what. */
export interface Workloads {
  readonly groupId: Output<string>;
  readonly resourceGroupName: Output<string>;
  readonly workspaceId: Output<string>;
  readonly network: Network;
  /** Undefined where every image comes from another registry. */
  readonly registry: ContainerRegistry | undefined;
  readonly environment: ContainerAppsEnvironment;
  readonly postgres: DatabaseServer;
  readonly dumps: DatabaseDumps | undefined;
  /** The jobs that copy buckets. */
  readonly bucketCopies: readonly WatchedJob[];
  readonly caches: ServicePlacement["caches"];
  readonly queues: Queues | undefined;
  readonly objects: ServicePlacement["objects"];
  /** Undefined where nobody collects what apps measure. */
  readonly metrics: MetricsWorkspace | undefined;
  readonly apps: readonly DeployedApp[];
  /** Undefined in an environment that stands by for none. */
  readonly standbyReplicas: StandbyReplicas | undefined;
}

/** A whole environment. */
export interface Platform extends Workloads {
  readonly vault: KeyVault;
  /** Names that only its network resolves. */
  readonly privateNames: readonly Input<string>[];
}

/**
 * One environment of a system:
 *
 * ```
 *  network ─┬─ apps ────── Container Apps environment ── its services
 *           ├─ postgres ── PostgreSQL
 *           └─ endpoints ─ vault, caches, queues, objects
 *  registry (images)      workspace (logs)
 * ```
 */
export function deployPlatform({ vault: wanted, ...args }: PlatformArgs): Platform {
  const { context, tenantId } = args;
  const ground = deployGround(args);
  const { network, workspaceId, resourceGroupName } = ground;
  const renewedKeys = args.environment.postgres.key === "own" ? ["postgres"] : [];
  const vault = new KeyVault("vault", {
    ...{ context, resourceGroupName, tenantId, workspaceId, network, renewedKeys },
    ...wanted,
  });
  const workloads = deployWorkloads(args, ground, vault);
  const { postgres, caches, queues, objects, environment } = workloads;
  const closed = [vault, postgres, ...caches.values(), queues ?? [], objects ?? [], environment].flat();
  return { ...workloads, vault, privateNames: closed.flatMap((part) => [...part.privateNames]) };
}

/** What comes first in an environment: its group, its logs and its network. */
export type Ground = Pick<Workloads, "groupId" | "resourceGroupName" | "workspaceId" | "network">;

/** @param tags of the group alone, over those of the stack */
export function deployGround(
  { context, environment, network: plan }: Pick<PlatformArgs, "context" | "environment" | "network">,
  tags?: Readonly<Record<string, string>>,
): Ground {
  const group = makeResourceGroup(context, tags);
  const place = { context, resourceGroupName: group.name };
  return {
    groupId: group.id,
    resourceGroupName: group.name,
    workspaceId: new LogAnalytics("logs", { ...place, retentionInDays: environment.logRetentionDays }).id,
    network: new Network("network", { ...place, ...plan, privateDnsZones: zonesOf(plan, environment) }),
  };
}

/** Those that the inventory lists, and those of what the environment has. In the order of the table, which does not change with either. */
function zonesOf({ privateDnsZones }: NetworkInventory, environment: EnvironmentInventory): readonly PrivateService[] {
  const services: readonly PrivateService[] = [...(privateDnsZones ?? defaultZones), ...privateServicesOf(environment)];
  return privateServiceNames.filter((service) => services.includes(service));
}

/** The services of an environment with what they use. */
export function deployWorkloads(
  args: Omit<PlatformArgs, "vault" | "network">,
  ground: Ground,
  vault: ServicePlacement["vault"] & Partial<Pick<KeyVault, "key" | "hold">>,
): Workloads {
  const { context, environment: entry } = args;
  const { resourceGroupName, workspaceId, network } = ground;
  const place = { context, resourceGroupName };
  const registry =
    entry.registry && new ContainerRegistry("registry", { ...place, workspaceId, size: { sku: entry.registry } });
  const postgres = deployDatabase(args, ground, vault);
  const queues = deployQueues(entry.queues, { ...place, workspaceId, network });
  const objects = deployObjects(args, ground);
  const { certificate, ...hardware } = entry.apps ?? {};
  const environment = new ContainerAppsEnvironment("apps", {
    ...{ ...place, workspaceId, network, ...hardware },
    ...(certificate === undefined ? {} : { exposure: "external", certificate: vault.secret(certificate.secret) }),
  });
  const caches = deployCaches(entry.caches, { ...place, workspaceId, network, environment, vault });
  const buckets = deployBuckets(args, vault);
  const dumps =
    entry.dumps &&
    deployDumps(entry.dumps, { ...place, environment, registry, vault, server: postgres, objects, buckets });
  const bucketCopies =
    entry.buckets && buckets ? copyBuckets(entry.buckets, { ...place, environment, registry, buckets, objects }) : [];
  if (entry.postgres.nights === "off")
    new DatabaseHours(databaseHours.name, {
      ...place,
      environment,
      registry,
      server: postgres,
      groupId: ground.groupId,
    });
  const metrics = entry.metrics && new MetricsWorkspace("metrics", { ...place, ...entry.metrics });
  const { zones, balancers, readers, releasedBy } = args;
  const used = {
    ...{ environment, registry, vault, postgres, dumps, caches, queues, objects, buckets },
    ...{ metrics, zones, balancers, readers, releasedBy },
  };
  const services = servicesIn(args.services, entry);
  renewCertificate(services, entry, { ...place, environment, registry, vault }, args.renewCertificate);
  const replicas = args.primary && standbyReplicas(args.services, entry, args.primary.environment);
  const apps = deployServices(services, {
    ...{ ...place, ...used, replicas: entry.replicas },
    standbyReplicas: replicas,
  });
  return {
    ...ground,
    standbyReplicas: replicas,
    registry,
    environment,
    postgres,
    dumps,
    bucketCopies,
    caches,
    queues,
    objects,
    metrics,
    apps,
  };
}
