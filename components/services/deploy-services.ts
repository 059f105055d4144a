import type { Input, Output } from "@pulumi/pulumi";
import { refusal } from "../../lib/refusal";
import type { Cache } from "../cache/cache";
import { CacheContainer } from "../cache/cache-container";
import { ContainerApp } from "../container-apps/container-app";
import { hostOfRepository } from "../container-apps/container-image";
import { ContainerJob } from "../container-apps/container-job";
import type { ContainerSpec, EnvironmentReference, RegistryReference } from "../container-apps/container-spec";
import { cachesHaveNoPassword } from "../container-apps/scale";
import { type Replicas, replicasOf } from "../container-apps/scale-schema";
import type { AppInventory, ServiceInventory } from "../container-apps/schema";
import type { StackContext } from "../context/stack-context";
import type { KeyVault } from "../key-vault/key-vault";
import type { Network } from "../network/network";
import { ObjectStore } from "../object-store/object-store";
import type { ObjectStoreCopy } from "../object-store/object-store-copy";
import type { MetricsWorkspace } from "../observability/metrics-workspace";
import type { DatabaseDumps } from "../postgres-server/database-dumps";
import { type DatabaseReader, type DatabaseRole, DatabaseRoles } from "../postgres-server/database-roles";
import type { DatabaseServer } from "../postgres-server/database-server";
import { roleGiving } from "../postgres-server/schema";
import { StandbyServer } from "../postgres-server/standby-server";
import type { Queues } from "../queues/queues";
import type { R2Buckets } from "../r2-buckets/r2-buckets";
import { grantReleases, type ReleasePrincipals } from "./release-access";
import { addressOf, exposureOf } from "./service-ingress";
import type { StandbyReplicas } from "./standby";

/** Where services run, and what they use. */
export interface ServicePlacement {
  readonly context: StackContext;
  readonly resourceGroupName: Output<string>;
  readonly environment: EnvironmentReference;
  /** Where images are that name no other registry. Default: every image names one. */
  readonly registry?: RegistryReference | undefined;
  /** What the secrets of services are references to. */
  readonly vault: Pick<KeyVault, "secret">;
  readonly postgres: DatabaseServer;
  /** Groups of people who read the databases. Default: none. */
  readonly readers?: readonly DatabaseReader[] | undefined;
  /** The dumps of the databases: their jobs have roles there and in the objects. Default: there are none. */
  readonly dumps?: DatabaseDumps | undefined;
  readonly caches: ReadonlyMap<string, Cache | CacheContainer>;
  readonly queues?: Queues | undefined;
  readonly objects?: ObjectStore | ObjectStoreCopy | undefined;
  readonly buckets?: R2Buckets | undefined;
  /** The ids of the zones in which public apps have their names, by domain. Default: no app is public. */
  readonly zones?: ReadonlyMap<string, Input<string>> | undefined;
  /** The names that visitors use of apps behind load balancers, by the apps' own names. Default: there are none. */
  readonly balancers?: ReadonlyMap<string, string> | undefined;
  /** Where what apps measure of themselves is kept. Default: nobody collects it. */
  readonly metrics?: MetricsWorkspace | undefined;
  /** Whom the workflows of the application become. Default: it has none; people release. */
  readonly releasedBy?: ReleasePrincipals | undefined;
  /** For apps that say nothing else. */
  readonly replicas: Replicas;
  /** By app, how many replicas always run once this environment has taken over. Default: as many as before. */
  readonly standbyReplicas?: StandbyReplicas | undefined;
}

/** An app of the inventory, deployed. */
export type DeployedApp = { readonly entry: AppInventory; readonly app: Pick<ContainerApp, "id" | "url" | "image"> };

/**
 * The apps and jobs of the inventory.
 *
 * @returns the apps
 */
export function deployServices(
  services: readonly ServiceInventory[],
  placement: ServicePlacement,
): readonly DeployedApp[] {
  const made = services.map((service) => {
    const spec = containerSpec(service, services, placement);
    return service.kind === "app"
      ? { entry: service, app: new ContainerApp(service.name, { ...spec, ...appArgs(service, placement) }) }
      : { entry: service, job: new ContainerJob(service.name, { ...spec, ...jobArgs(service) }) };
  });
  giveDatabaseRoles(made, placement);
  if (placement.releasedBy !== undefined) grantReleases(made, placement.releasedBy, placement);
  // After the services: roles that they have in the store could not go below a lock.
  const { context, objects, dumps } = placement;
  const granted = [...made.map(({ app, job }) => app ?? job), ...(dumps === undefined ? [] : [dumps])];
  if (context.lasting && objects instanceof ObjectStore) objects.lock(granted);
  return made.flatMap((service) => (service.app === undefined ? [] : [service]));
}

/** A role in its databases for each service that has some, by the service's name. */
function giveDatabaseRoles(
  made: readonly { entry: ServiceInventory; app?: ContainerApp; job?: ContainerJob }[],
  { context, resourceGroupName, environment, registry, postgres, dumps, readers = [] }: ServicePlacement,
): void {
  const groups = readers.map(({ name, objectId }): DatabaseRole => {
    return { role: postgres.roleOf(name), objectId, type: "group", access: "read", databases: postgres.databases };
  });
  const roles = made.flatMap(({ entry: { name, databases = [] }, app, job }): DatabaseRole[] => {
    const objectId = (app ?? job)?.principalId;
    if (databases.length === 0 || objectId === undefined) return [];
    return [{ role: postgres.roleOf(name), objectId, type: "service", access: "own", databases }];
  });
  const place = { context, resourceGroupName, environment, registry, server: postgres };
  new DatabaseRoles(roleGiving.name, { ...place, roles: [...roles, ...groups, ...(dumps?.roles ?? [])] });
}

function containerSpec(
  service: ServiceInventory,
  services: readonly ServiceInventory[],
  placement: ServicePlacement,
): ContainerSpec {
  const { context, resourceGroupName, environment, vault, postgres } = placement;
  const calls = (service.calls ?? []).map((name) => addressOf(name, variableName(name), services, placement));
  const databaseUrls = (service.databases ?? []).map((database) => [
    `${variableName(database)}_DATABASE_URL`,
    postgres.databaseUrl(database, postgres.roleOf(service.name)),
  ]);
  const caches = (service.caches ?? []).map((name) => ({ name, cache: cacheOf(placement, name) }));
  const cacheUrls = caches.map(({ name, cache }) => [`${variableName(name)}_REDIS_URL`, cache.url]);
  const objects = Object.entries(service.objects ?? {});
  const inAccount = objects.filter(([name]) => placement.buckets?.has(name) !== true);
  const buckets = objects.flatMap(([name, way]) =>
    placement.buckets?.has(name) ? [bucketVariables(name, way, placement.buckets)] : [],
  );
  const passwords = caches.flatMap(({ name, cache }) =>
    cache instanceof CacheContainer ? [[passwordVariable(name), cache.password] as const] : [],
  );
  const secrets = Object.entries(service.secrets ?? {}).map(
    ([variable, { secret, version }]) => [variable, vault.secret(secret, version)] as const,
  );
  return {
    context,
    resourceGroupName,
    environment,
    ...imageOf(service, placement),
    cpu: service.cpu,
    memoryGib: service.memoryGib,
    profile: service.profile,
    env: {
      ...service.env,
      ...Object.fromEntries([...databaseUrls, ...cacheUrls, ...calls]),
      ...(inAccount.length === 0 ? {} : { OBJECTS_URL: objectsOf(placement).blobEndpoint }),
      ...Object.fromEntries(buckets.flatMap(({ variables }) => variables)),
      ...(usesQueues(service) ? { SERVICE_BUS_HOST: queuesOf(placement).host } : {}),
    },
    roles: [
      ...(measures(service) && placement.metrics !== undefined ? [placement.metrics.send] : []),
      ...inAccount.map(([name, way]) => objectsOf(placement).access(name, way)),
      ...(service.sends ?? []).map((name) => queuesOf(placement).queue(name).send),
      ...(service.receives ?? []).map((name) => queuesOf(placement).queue(name).receive),
    ],
    secrets: Object.fromEntries([...passwords, ...buckets.map(({ key }) => key), ...secrets]),
    caches: caches.flatMap(({ cache }) => (cache instanceof CacheContainer ? [] : [cache])),
  };
}

/** What a service runs, and how it is pulled. */
function imageOf(
  { name, repository = name, digest, pull }: ServiceInventory,
  { registry, vault }: Pick<ServicePlacement, "registry" | "vault">,
): Pick<ContainerSpec, "image" | "registry" | "pull"> {
  const host = hostOfRepository(repository);
  if (host === undefined && registry === undefined)
    throw refusal(`service "${name}"`, [`its image "${repository}" names no registry, and the environment has none`]);
  return {
    image: digest === undefined ? { ownedBy: "release", repository } : { ownedBy: "program", repository, digest },
    registry: host === undefined ? registry : undefined,
    ...(host === undefined || pull === undefined
      ? {}
      : { pull: { server: host, username: pull.username, token: vault.secret(pull.token) } }),
  };
}

function variableName(name: string): string {
  return name.toUpperCase().replaceAll("-", "_");
}

/** What a service is told of a bucket that it uses: its address and the id of its key; the key itself is a secret. */
function bucketVariables(name: string, way: "read" | "write", buckets: R2Buckets) {
  const { url, accessKeyId, secretAccessKey } = buckets.access(name, way);
  const variable = variableName(name);
  return {
    variables: [
      [`${variable}_BUCKET_URL`, url],
      [`${variable}_ACCESS_KEY_ID`, accessKeyId],
    ] as const,
    key: [`${variable}_SECRET_ACCESS_KEY`, secretAccessKey] as const,
  };
}

/** The variable with the password of a cache that is a container. */
function passwordVariable(cache: string): string {
  return `${variableName(cache)}_REDIS_PASSWORD`;
}

function objectsOf({ objects }: Pick<ServicePlacement, "objects">): NonNullable<ServicePlacement["objects"]> {
  if (objects !== undefined) return objects;
  throw refusal("objects", ["a service uses some, and the environment has no store for them"]);
}

type ListScale = NonNullable<NonNullable<AppInventory["scale"]>["list"]>;

function usesQueues({ sends = [], receives = [] }: ServiceInventory): boolean {
  return sends.length + receives.length > 0;
}

function queuesOf({ queues }: Pick<ServicePlacement, "queues">): Queues {
  if (queues !== undefined) return queues;
  throw refusal("queues", ["a service uses some, and the environment has none"]);
}

/** The list that an app grows with, and how KEDA signs in to read it. */
function listRule({ cache: name, ...list }: ListScale, placement: ServicePlacement) {
  const cache = cacheOf(placement, name);
  if (!(cache instanceof CacheContainer)) throw refusal(`cache "${name}"`, [cachesHaveNoPassword]);
  const { address } = cache;
  return { by: "list", list: list.name, messages: list.messages, address, password: passwordVariable(name) } as const;
}

function cacheOf({ caches }: Pick<ServicePlacement, "caches">, name: string): Cache | CacheContainer {
  const cache = caches.get(name);
  if (cache !== undefined) return cache;
  throw refusal(`cache "${name}"`, ["a service uses it, and the environment has none of that name"]);
}

/** Whether a service says what it measures of itself. */
function measures(service: ServiceInventory): boolean {
  return service.kind === "app" && service.metrics !== undefined;
}

function appArgs(app: AppInventory, placement: ServicePlacement) {
  const { concurrentRequests, cpuPercent, memoryPercent, queue, list, cooldownSeconds, pollingSeconds } =
    app.scale ?? {};
  const rules = [
    ...(concurrentRequests === undefined ? [] : [{ by: "requests", concurrentRequests } as const]),
    ...(cpuPercent === undefined ? [] : [{ by: "cpu", percent: cpuPercent } as const]),
    ...(memoryPercent === undefined ? [] : [{ by: "memory", percent: memoryPercent } as const]),
    ...(queue === undefined
      ? []
      : [{ by: "queue", queue: queuesOf(placement).queue(queue.name), messages: queue.messages } as const]),
    ...(list === undefined ? [] : [listRule(list, placement)]),
  ];
  const { postgres, standbyReplicas } = placement;
  const replicas = replicasOf(app, placement.replicas);
  const min = standbyReplicas?.[app.name]?.awake ?? replicas.min;
  return {
    ...exposureOf(app, placement),
    probes: app.probes,
    sidecars: app.metrics && placement.metrics && [placement.metrics.collector(app.name, app.metrics)],
    awake: postgres instanceof StandbyServer ? { min, when: postgres.isPrimary } : undefined,
    scale: {
      ...replicas,
      rules: rules.length === 0 ? undefined : rules,
      cooldownSeconds,
      pollingSeconds,
    },
    stopSeconds: app.stopSeconds,
  };
}

function jobArgs(job: Extract<ServiceInventory, { kind: "job" }>) {
  const { schedule, timeoutSeconds, retries } = job;
  const trigger = schedule === undefined ? ({ by: "hand" } as const) : ({ by: "schedule", cron: schedule } as const);
  return { trigger, timeoutSeconds, retries };
}

/** Where the services' database server goes. */
export function databaseNetwork(network: Network): NonNullable<Network["postgres"]> {
  if (network.postgres === undefined) {
    throw refusal('Network "network"', ["network.yaml gives it no subnet for postgres, which the server needs"]);
  }
  return network.postgres;
}
