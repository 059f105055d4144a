import type { Input, Output } from "@pulumi/pulumi";
import { refusal } from "../../lib/refusal";
import { Cache, type CacheArgs } from "../cache/cache";
import type { CacheInventory } from "../cache/schema";
import { ContainerApp } from "../container-apps/container-app";
import { ContainerJob } from "../container-apps/container-job";
import type { ContainerSpec, EnvironmentReference, RegistryReference } from "../container-apps/container-spec";
import type { CustomDomain } from "../container-apps/custom-domain";
import type { Ingress } from "../container-apps/ingress";
import { type AppInventory, type Replicas, replicasOf, type ServiceInventory } from "../container-apps/schema";
import type { StackContext } from "../context/stack-context";
import type { KeyVault } from "../key-vault/key-vault";
import type { Network } from "../network/network";
import { ObjectStore, type ObjectStoreArgs } from "../object-store/object-store";
import type { ObjectStoreInventory } from "../object-store/schema";
import type { PostgresServer } from "../postgres-server/postgres-server";
import { Queues, type QueuesArgs } from "../queues/queues";
import type { QueuesInventory } from "../queues/schema";
import type { Reach } from "../reach/reach-plan";

/** Where services run, and what they use. */
export interface ServicePlacement {
  readonly context: StackContext;
  readonly resourceGroupName: Output<string>;
  readonly environment: EnvironmentReference;
  readonly registry: RegistryReference;
  /** What the secrets of services are references to. */
  readonly vault: Pick<KeyVault, "secret">;
  readonly postgres: PostgresServer;
  readonly caches: ReadonlyMap<string, Cache>;
  readonly queues?: Queues | undefined;
  readonly objects?: ObjectStore | undefined;
  /** The ids of the zones in which public apps have their names, by domain. Default: no app is public. */
  readonly zones?: ReadonlyMap<string, Input<string>> | undefined;
  /** For apps that say nothing else. */
  readonly replicas: Replicas;
}

/** An app of the inventory, deployed. */
export interface DeployedApp {
  readonly entry: AppInventory;
  readonly app: Pick<ContainerApp, "id" | "url" | "image">;
}

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
    const spec = containerSpec(service, placement);
    return service.kind === "app"
      ? { entry: service, app: new ContainerApp(service.name, { ...spec, ...appArgs(service, placement) }) }
      : { job: new ContainerJob(service.name, { ...spec, ...jobArgs(service) }) };
  });
  // After the services: roles that they have in the store could not go below a lock.
  if (placement.context.lasting) placement.objects?.lock(made.map((service) => service.app ?? service.job));
  return made.flatMap((service) => (service.app === undefined ? [] : [service]));
}

function containerSpec(service: ServiceInventory, placement: ServicePlacement): ContainerSpec {
  const { context, resourceGroupName, environment, registry, vault, postgres } = placement;
  const databaseUrls = (service.databases ?? []).map((database) => [
    `${variableName(database)}_DATABASE_URL`,
    postgres.databaseUrl(database),
  ]);
  const caches = (service.caches ?? []).map((name) => ({ name, cache: cacheOf(placement, name) }));
  const cacheUrls = caches.map(({ name, cache }) => [`${variableName(name)}_REDIS_URL`, cache.url]);
  const secrets = Object.entries(service.secrets ?? {}).map(([variable, { secret, version }]) => [
    variable,
    vault.secret(secret, version),
  ]);
  return {
    context,
    resourceGroupName,
    environment,
    registry,
    image: { ownedBy: "release", repository: service.repository ?? service.name },
    cpu: service.cpu,
    env: {
      ...service.env,
      ...Object.fromEntries([...databaseUrls, ...cacheUrls]),
      ...(service.objects === undefined ? {} : { OBJECTS_URL: objectsOf(placement).blobEndpoint }),
      ...(usesQueues(service) ? { SERVICE_BUS_HOST: queuesOf(placement).host } : {}),
    },
    roles: [
      ...Object.entries(service.objects ?? {}).map(([name, way]) => objectsOf(placement).access(name, way)),
      ...(service.sends ?? []).map((name) => queuesOf(placement).queue(name).send),
      ...(service.receives ?? []).map((name) => queuesOf(placement).queue(name).receive),
    ],
    secrets: Object.fromEntries(secrets),
    caches: caches.map(({ cache }) => cache),
  };
}

function variableName(name: string): string {
  return name.toUpperCase().replaceAll("-", "_");
}

/** What an environment's inventory says of caches, made. */
export function deployCaches(
  entries: readonly CacheInventory[] = [],
  place: Omit<CacheArgs, keyof CacheInventory>,
): ReadonlyMap<string, Cache> {
  return new Map(entries.map(({ name, ...entry }) => [name, new Cache(name, { ...place, ...entry })]));
}

/** What an environment's inventory says of queues, made. */
export function deployQueues(
  entry: QueuesInventory | undefined,
  place: Omit<QueuesArgs, keyof QueuesInventory>,
): Queues | undefined {
  return entry === undefined ? undefined : new Queues("queues", { ...place, ...entry });
}

/** What an environment's inventory says of objects, made. */
export function deployObjects(
  entry: ObjectStoreInventory | undefined,
  place: Omit<ObjectStoreArgs, keyof ObjectStoreInventory>,
): ObjectStore | undefined {
  return entry === undefined ? undefined : new ObjectStore("objects", { ...place, ...entry });
}

function objectsOf({ objects }: Pick<ServicePlacement, "objects">): ObjectStore {
  if (objects !== undefined) return objects;
  throw refusal("objects", ["a service uses some, and the environment has no store for them"]);
}

function usesQueues({ sends = [], receives = [] }: ServiceInventory): boolean {
  return sends.length + receives.length > 0;
}

function queuesOf({ queues }: Pick<ServicePlacement, "queues">): Queues {
  if (queues !== undefined) return queues;
  throw refusal("queues", ["a service uses some, and the environment has none"]);
}

function cacheOf({ caches }: Pick<ServicePlacement, "caches">, name: string): Cache {
  const cache = caches.get(name);
  if (cache !== undefined) return cache;
  throw refusal(`cache "${name}"`, ["a service uses it, and the environment has none of that name"]);
}

function appArgs(app: AppInventory, placement: ServicePlacement) {
  const { concurrentRequests, queue, cooldownSeconds, pollingSeconds } = app.scale ?? {};
  const rules = [
    ...(concurrentRequests === undefined ? [] : [{ by: "requests", concurrentRequests } as const]),
    ...(queue === undefined
      ? []
      : [{ by: "queue", queue: queuesOf(placement).queue(queue.name), messages: queue.messages } as const]),
  ];
  return {
    ...exposureOf(app, placement),
    probes: app.probes,
    scale: {
      ...replicasOf(app, placement.replicas),
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

/** Who can call an app, and by which names of its own. Where a public app has no name, its environment's apps call it. */
function exposureOf(
  { name, ingress, domains }: AppInventory,
  placement: ServicePlacement,
): { readonly ingress: Ingress; readonly customDomains?: readonly CustomDomain[] } {
  if (ingress.exposure !== "public") return { ingress: ingressOf(ingress) };
  const { port } = ingress;
  if (domains === undefined) return { ingress: { exposure: "environment", port } };
  return {
    ingress: { exposure: "public", port },
    customDomains: domains.map((hostname) => customDomain(name, hostname, placement)),
  };
}

function customDomain(app: string, hostname: string, { zones = new Map(), environment }: ServicePlacement) {
  const zone = [...zones].find(([domain]) => hostname.endsWith(`.${domain}`));
  if (zone === undefined || environment.certificateId === undefined) {
    const missing = zone === undefined ? "zone that holds it" : "certificate to show the edge";
    throw refusal(`ContainerApp "${app}"`, [`it is public as ${hostname}, but the environment has no ${missing}`]);
  }
  return { hostname, zoneId: zone[1], certificateId: environment.certificateId };
}

function ingressOf(ingress: Exclude<AppInventory["ingress"], { exposure: "public" }>): Ingress {
  if (ingress.exposure !== "addresses") return ingress;
  const { exposure, port, ...callers } = ingress;
  const reachedBy = (["laptops", "hosts", "ci"] as const).flatMap((who): Extract<Reach, { via: "addresses" }>[] => {
    const addresses = callers[who];
    return addresses === undefined ? [] : [{ who, via: "addresses", addresses }];
  });
  return { exposure, port, reachedBy };
}

/** Where the services' database server goes. */
export function databaseNetwork(network: Network): NonNullable<Network["postgres"]> {
  if (network.postgres === undefined) {
    throw refusal('Network "network"', ["network.yaml gives it no subnet for postgres, which the server needs"]);
  }
  return network.postgres;
}
