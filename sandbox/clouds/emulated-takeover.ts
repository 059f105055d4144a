import type { PropertyMap } from "../../deployment/values/property-value";
import { pause } from "../../lib/retry";
import { ServiceError } from "../engine/provider";
import type { World, WorldObject, WorldReading, WorldTransaction } from "../world/world";
import { containerAppType } from "./azure-native/app/container-app";
import { nameOfId, sameId } from "./azure-native/arm-id";
import { serverType } from "./azure-native/dbforpostgresql/server";
import { mapsAt, numberAt, textAt, textsAt, withValueAt } from "./read-property";

/**
 * How long the services take for what a takeover asks of them, in seconds: on the sandbox its clock goes on by so much.
 *
 * - `promotion`: "typically takes about 2 minutes", Azure documentation of single servers, "Stop replication" (quoted in
 *   MicrosoftDocs/azure-docs#41950). That of flexible servers tells no time.
 * - `appStart`: the median of cold starts, "Scale-to-Zero First Request", azure-paas-troubleshooting-labs, measured in April 2026.
 * - `appStop`: how long a replica that is told to stop may take at most, Azure documentation, "Application lifecycle management".
 * - `edge`: "within seconds", the Cloudflare blog, "Introducing Quicksilver"; ten is assumed.
 * - `copyPolicy`: nobody tells; a minute is assumed.
 *
 * Questions take none.
 */
export const serviceSeconds = {
  promotion: 120,
  appStart: 37,
  appStop: 30,
  edge: 10,
  copyPolicy: 60,
} as const;

/**
 * What tests put into the world: a region that is lost, by its name as `properties.location`; a metric of a resource, with its `value`;
 * the cores that an environment may use, as `limit`.
 */
export const faultTypes = {
  lostRegion: "azure-native:sandbox:LostRegion",
  metric: "azure-native:sandbox:Metric",
  quota: "azure-native:sandbox:Quota",
} as const;

/** Source: Azure documentation, "Quotas for Azure Container Apps", of an environment's cores on Consumption. */
const usualCores = 100;

const policyType = "azure-native:storage:ObjectReplicationPolicy";
const accountType = "azure-native:storage:StorageAccount";
const endpointType = "azure-native:dbforpostgresql:VirtualEndpoint";
const balancerType = "cloudflare:index/loadBalancer:LoadBalancer";
const poolType = "cloudflare:index/loadBalancerPool:LoadBalancerPool";

/** What the services do when a region is taken over: the calls that no provider makes. */
export class EmulatedTakeover {
  #passed = 0;
  readonly #begun = Date.now();

  readonly clock = {
    now: (): Date => new Date(this.#begun + this.#passed),
    pause: async (milliseconds: number, signal: AbortSignal): Promise<void> => {
      this.#passed += milliseconds;
      await pause(0, signal);
    },
  };

  constructor(private readonly world: () => Promise<World>) {}

  server(id: string) {
    return this.#ask((world) => {
      const { properties } = find(world, serverType, id);
      const isReplica = textAt(properties, "replicationRole") === "AsyncReplica";
      const role: "AsyncReplica" | "Primary" = isReplica ? "AsyncReplica" : "Primary";
      return {
        role,
        state: textAt(properties, "state") ?? "Ready",
        source: isReplica ? textAt(properties, "sourceServerResourceId") : undefined,
        size: textAt(properties, "sku.name") ?? "",
        storageGb: numberAt(properties, "storage.storageSizeGB") ?? 0,
      };
    });
  }

  replayedSecondsAgo(id: string): Promise<number | undefined> {
    return this.#metric(id, "physical_replication_delay_in_seconds", 5);
  }

  bytesBehind(id: string): Promise<number | undefined> {
    return this.#metric(id, "physical_replication_delay_in_bytes", 0);
  }

  /** The two change places, names and further replicas with them; high availability is gone. Source: "Promote read replicas". */
  promote(id: string, option: "Planned" | "Forced"): Promise<void> {
    return this.#change(serviceSeconds.promotion, (world) => {
      const replica = find(world, serverType, id);
      const source = world.get(serverType, textAt(replica.properties, "sourceServerResourceId") ?? "");
      const refuse = (message: string): never => {
        throw new ServiceError("PromoteNotAllowed", message);
      };
      if (textAt(replica.properties, "replicationRole") !== "AsyncReplica" || source === undefined)
        return refuse(`'${nameOfId(id)}' is no read replica.`);
      const isReachable = !isLost(world, source);
      if (option === "Planned" && !isReachable) refuse("The primary server is not available.");
      const differs = ["sku.name", "storage.storageSizeGB"].some(
        (path) => JSON.stringify(at(replica, path)) !== JSON.stringify(at(source, path)),
      );
      if (isReachable && differs) refuse("Primary and replica must have the same compute and storage.");
      const endpoint = world.children(source.id).find(({ kind }) => kind === endpointType);
      if (endpoint === undefined || !textsAt(endpoint.properties, "members").includes(nameOfId(id)))
        return refuse("The replica is not the reader of a virtual endpoint.");
      swap(world, replica, source, endpoint);
    });
  }

  app(id: string) {
    return this.#ask((world) => {
      const { properties } = find(world, containerAppType, id);
      const [container = {}] = mapsAt(properties, "template.containers");
      return {
        runs: textAt(properties, "runningStatus") !== "Stopped",
        least: numberAt(properties, "template.scale.minReplicas") ?? 0,
        cores: coresOf(properties),
        image: textAt(container, "image") ?? "",
        environmentId: textAt(properties, "environmentId") ?? "",
      };
    });
  }

  stopApp(id: string): Promise<void> {
    return this.#changeApp(id, serviceSeconds.appStop, ["runningStatus"], "Stopped");
  }

  startApp(id: string): Promise<void> {
    return this.#changeApp(id, serviceSeconds.appStart, ["runningStatus"], "Running");
  }

  setLeastReplicas(id: string, least: number): Promise<void> {
    return this.#changeApp(id, serviceSeconds.appStart, ["template", "scale", "minReplicas"], least);
  }

  hasImage(image: string): Promise<boolean> {
    return this.#ask((world) => {
      const [server = "", ...path] = image.split("/");
      if (!server.endsWith(".azurecr.io")) return true;
      const registries = world.list("azure-native:containerregistry:Registry");
      const registry = registries.find(({ properties }) => textAt(properties, "loginServer") === server);
      if (registry === undefined) return false;
      return world.children(registry.id).some(({ id }) => sameId(id, `${registry.id}/images/${path.join("/")}`));
    });
  }

  coresLeft(environmentId: string): Promise<number> {
    return this.#ask((world) => {
      const quota = world.get(faultTypes.quota, `${environmentId}/usages/cores`);
      const used = world
        .list(containerAppType)
        .filter(({ properties }) => sameId(textAt(properties, "environmentId"), environmentId))
        .filter(({ properties }) => textAt(properties, "runningStatus") !== "Stopped")
        .map(({ properties }) => (numberAt(properties, "template.scale.minReplicas") ?? 0) * coresOf(properties));
      return (numberAt(quota?.properties ?? {}, "limit") ?? usualCores) - used.reduce((sum, cores) => sum + cores, 0);
    });
  }

  copyPolicies(accountId: string): Promise<readonly string[]> {
    return this.#ask((world) => {
      find(world, accountType, accountId);
      return world
        .children(accountId)
        .filter(({ kind }) => kind === policyType)
        .map(({ properties, id }) => textAt(properties, "policyId") ?? nameOfId(id));
    });
  }

  endCopying(accountId: string, policy: string): Promise<void> {
    return this.#change(serviceSeconds.copyPolicy, (world) => {
      const found = world
        .children(accountId)
        .find(({ kind, properties }) => kind === policyType && textAt(properties, "policyId") === policy);
      if (found !== undefined) world.delete(policyType, found.id);
    });
  }

  poolOrder({ balancerId }: { readonly balancerId: string }): Promise<readonly string[]> {
    return this.#ask((world) => textsAt(find(world, balancerType, balancerId).properties, "defaultPools"));
  }

  setPoolOrder({ balancerId }: { readonly balancerId: string }, order: readonly string[]): Promise<void> {
    return this.#change(serviceSeconds.edge, (world) => {
      const balancer = find(world, balancerType, balancerId);
      const properties = { ...balancer.properties, defaultPools: order, fallbackPool: order[0] ?? "" };
      world.put({ ...balancer, properties });
    });
  }

  /** The first pool whose origin's app runs, in a region that is there, answers; when none does, the edge itself. */
  statusOf(url: string): Promise<number> {
    return this.#ask((world) => {
      const { hostname } = new URL(url);
      const balancer = world.list(balancerType).find(({ properties }) => properties.name === hostname);
      const pools = textsAt(balancer?.properties ?? {}, "defaultPools").map(
        (id) => world.get(poolType, id)?.properties,
      );
      const origins = pools.flatMap((pool = {}) => mapsAt(pool, "origins").map((origin) => textAt(origin, "address")));
      const serves = ({ properties }: WorldObject, origin: string | undefined) =>
        mapsAt(properties, "configuration.ingress.customDomains").some(({ name }) => name === origin);
      const apps = origins.map((origin) => world.list(containerAppType).find((app) => serves(app, origin)));
      const isUp = (app: WorldObject | undefined) =>
        app !== undefined && !isLost(world, app) && textAt(app.properties, "runningStatus") !== "Stopped";
      return apps.some(isUp) ? 200 : 503;
    });
  }

  #metric(id: string, name: string, usual: number): Promise<number | undefined> {
    return this.#ask((world) => {
      find(world, serverType, id);
      const metric = world.get(faultTypes.metric, `${id}/metrics/${name}`)?.properties;
      return metric === undefined ? usual : numberAt(metric, "value");
    });
  }

  #changeApp(id: string, seconds: number, path: readonly string[], value: string | number): Promise<void> {
    return this.#change(seconds, (world) => {
      const app = find(world, containerAppType, id);
      world.put({ ...app, properties: withValueAt(app.properties, path, value) });
    });
  }

  async #ask<T>(look: (world: WorldReading) => T): Promise<T> {
    return (await this.world()).read(look);
  }

  async #change(seconds: number, change: (world: WorldTransaction) => void): Promise<void> {
    // Changes that are made at once take their time together.
    const end = this.#passed + seconds * 1000;
    await (await this.world()).transact(change);
    this.#passed = Math.max(this.#passed, end);
  }
}

function find(world: WorldReading, kind: string, id: string): WorldObject {
  const found = world.get(kind, id);
  if (found === undefined) throw new ServiceError("ResourceNotFound", `The Resource '${id}' was not found.`, 404);
  if (isLost(world, found)) throw new ServiceError("ServiceUnavailable", `${nameOfId(id)} does not answer.`, 503);
  return found;
}

function isLost(world: WorldReading, { properties }: WorldObject): boolean {
  return world.list(faultTypes.lostRegion).some((lost) => lost.properties.location === properties.location);
}

function at({ properties }: WorldObject, path: string): unknown {
  return textAt(properties, path) ?? numberAt(properties, path);
}

/** Of one replica, where they count against the quota of an environment: on Consumption. */
function coresOf(properties: PropertyMap): number {
  if ((textAt(properties, "workloadProfileName") ?? "Consumption") !== "Consumption") return 0;
  return mapsAt(properties, "template.containers").reduce((sum, one) => sum + (numberAt(one, "resources.cpu") ?? 0), 0);
}

function swap(world: WorldTransaction, replica: WorldObject, source: WorldObject, endpoint: WorldObject): void {
  const followers = world
    .list(serverType)
    .filter(({ properties }) => sameId(textAt(properties, "sourceServerResourceId"), source.id));
  for (const follower of followers) world.put(withProperties(follower, { sourceServerResourceId: replica.id }));
  const { sourceServerResourceId: _, ...own } = replica.properties;
  world.put({ ...replica, properties: { ...own, replicationRole: "Primary", replicaCapacity: 5 } });
  world.put(
    withProperties(source, {
      ...{ replicationRole: "AsyncReplica", replicaCapacity: 0, sourceServerResourceId: replica.id },
      highAvailability: { mode: "Disabled" },
    }),
  );
  world.delete(endpointType, endpoint.id);
  const id = `${replica.id}/virtualEndpoints/${nameOfId(endpoint.id)}`;
  world.put({ ...withProperties(endpoint, { members: [nameOfId(source.id)] }), id });
}

function withProperties(object: WorldObject, properties: PropertyMap): WorldObject {
  return { ...object, properties: { ...object.properties, ...properties } };
}
