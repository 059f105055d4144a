import { z } from "zod";
import type { WaitingClock } from "../../programs/host/failover/failover-step";

/** A PostgreSQL server of a pair, as the cloud tells it. */
export interface ServerState {
  /** `AsyncReplica` follows another server and takes no writes. */
  readonly role: "Primary" | "AsyncReplica";
  /** `Ready` when it can be worked on. */
  readonly state: string;
  /** The id of the server that it follows; undefined for a primary. */
  readonly source: string | undefined;
  /** @example "Standard_D4ds_v5" */
  readonly size: string;
  readonly storageGb: number;
}

/** A container app, as the cloud tells it. */
export interface AppState {
  /** False when somebody stopped it: then it has no replicas, whatever its scale says. */
  readonly runs: boolean;
  /** How many replicas always run, while it is not stopped. */
  readonly least: number;
  /** Of one replica. */
  readonly cores: number;
  readonly image: string;
  readonly environmentId: string;
}

/** A load balancer of a zone, of the output `loadBalancers`. */
export interface BalancerPlace {
  readonly zoneId: string;
  readonly balancerId: string;
}

/**
 * Everything that a takeover asks of the clouds and does there, beside what a deployment does. CloudReading fails where the region does not
 * answer. Changing returns when the cloud is done, and may be repeated.
 */
export interface TakeoverCloud {
  readonly clock: WaitingClock;
  server(serverId: string): Promise<ServerState>;
  /**
   * Seconds since the replica last replayed a transaction, which grows while nobody writes; undefined when the cloud has not measured it
   * in the last minutes. Source: Azure documentation, "Read replicas", monitor replication.
   */
  replayedSecondsAgo(replicaId: string): Promise<number | undefined>;
  /** Bytes that the furthest of a primary's replicas is behind; undefined when the cloud has not measured it in the last minutes. */
  bytesBehind(primaryId: string): Promise<number | undefined>;
  /** Makes a replica and its primary change places. Forced does not wait for what the primary has not sent. */
  promote(replicaId: string, option: "Planned" | "Forced"): Promise<void>;
  app(appId: string): Promise<AppState>;
  stopApp(appId: string): Promise<void>;
  startApp(appId: string): Promise<void>;
  setLeastReplicas(appId: string, least: number): Promise<void>;
  /** Whether the registry that an image names has it. */
  hasImage(image: string): Promise<boolean>;
  /** Virtual CPUs that apps of an environment may still get. */
  coresLeft(environmentId: string): Promise<number>;
  /** The names of the policies by which objects come to a storage account, which takes no writes as long as there is one. */
  copyPolicies(accountId: string): Promise<readonly string[]>;
  endCopying(accountId: string, policy: string): Promise<void>;
  /** The ids of the pools, the first one first. */
  poolOrder(balancer: BalancerPlace): Promise<readonly string[]>;
  /** The first one also answers when no pool is healthy. */
  setPoolOrder(balancer: BalancerPlace, order: readonly string[]): Promise<void>;
  /** The status of an answer, from outside. */
  statusOf(url: string): Promise<number>;
}

const checkedApps = z.array(z.object({ name: z.string(), app: z.string() }));
const database = z.object({ serverId: z.string() });

/** What the stack of the standby says in its outputs. */
const standbyOutputs = z.object({
  database,
  smokeChecks: checkedApps,
  standby: z.object({
    replicas: z.record(z.string(), z.object({ asleep: z.int(), awake: z.int() })),
    recovery: z.record(z.string(), z.number()),
  }),
});

/** What the stack that it stands by for says. */
const primaryOutputs = z.object({
  database,
  smokeChecks: checkedApps,
  objects: z.object({ accountId: z.string() }).optional(),
  loadBalancers: z
    .record(
      z.string(),
      z.object({
        zoneId: z.string(),
        balancerId: z.string(),
        healthUrl: z.string(),
        poolIds: z.record(z.string(), z.string()),
      }),
    )
    .default({}),
});

/** One of the two environments that change places. */
export interface Side {
  readonly stack: string;
  readonly serverId: string;
  readonly apps: readonly PlacedApp[];
}

interface PlacedApp {
  readonly name: string;
  readonly id: string;
  /** How many replicas always run when this side serves; undefined: what its stack says, which a takeover leaves alone. */
  readonly awake: number | undefined;
  /** And when it stands by; undefined: it is stopped then. */
  readonly asleep: number | undefined;
}

interface PlacedBalancer extends BalancerPlace {
  readonly name: string;
  readonly healthUrl: string;
  /** The pools of both sides. */
  readonly to: string;
  readonly from: string;
}

/** Where everything is that a takeover reads and changes. */
export interface TakeoverPlaces {
  readonly to: Side;
  readonly from: Side;
  /** To the side that is meant to serve. */
  readonly back: boolean;
  readonly balancers: readonly PlacedBalancer[];
  /** The account that objects are copied to. */
  readonly objects: string | undefined;
  /** Seconds within which each part is to be there, and what may be `lost`, of the inventory. */
  readonly recovery: Readonly<Record<string, number>>;
}

/** An environment's stack with its outputs, undefined where it was never deployed. */
export interface StackOutputs {
  readonly stack: string;
  readonly environment: string;
  readonly outputs: unknown;
}

/**
 * The places, from what the two stacks say.
 *
 * @returns everything that is missing, when something is
 */
export function findPlaces(standby: StackOutputs, primary: StackOutputs, back: boolean): TakeoverPlaces | string[] {
  const ofStandby = standbyOutputs.safeParse(standby.outputs);
  const ofPrimary = primaryOutputs.safeParse(primary.outputs);
  if (!ofStandby.success || !ofPrimary.success)
    return [...missing(standby.stack, ofStandby), ...missing(primary.stack, ofPrimary)];
  const { replicas, recovery } = ofStandby.data.standby;
  const standbySide: Side = {
    ...{ stack: standby.stack, serverId: ofStandby.data.database.serverId },
    apps: ofStandby.data.smokeChecks.map(({ name, app: id }) => ({
      ...{ name, id, awake: replicas[name]?.awake, asleep: replicas[name]?.asleep },
    })),
  };
  const primarySide: Side = {
    ...{ stack: primary.stack, serverId: ofPrimary.data.database.serverId },
    apps: ofPrimary.data.smokeChecks.map(({ name, app: id }) => ({ name, id, awake: undefined, asleep: undefined })),
  };
  const [to, from] = back ? [primarySide, standbySide] : [standbySide, primarySide];
  const [toName, fromName] = back
    ? [primary.environment, standby.environment]
    : [standby.environment, primary.environment];
  const balancers = Object.entries(ofPrimary.data.loadBalancers).map(([name, { poolIds, ...place }]) => ({
    ...{ name, ...place, to: poolIds[toName] ?? "", from: poolIds[fromName] ?? "" },
  }));
  const without = balancers.filter((one) => one.to === "" || one.from === "");
  if (without.length > 0)
    return without.map(({ name }) => `the load balancer ${name} has no pools named ${toName} and ${fromName}`);
  return { to, from, back, balancers, objects: ofPrimary.data.objects?.accountId, recovery };
}

/** Whether the standby whose stack has these outputs serves; false where they are no standby's. */
export async function hasTakenOver(cloud: Pick<TakeoverCloud, "server">, outputs: unknown): Promise<boolean> {
  const { success, data } = standbyOutputs.safeParse(outputs);
  return success && (await cloud.server(data.database.serverId)).role === "Primary";
}

function missing(stack: string, parsed: z.ZodSafeParseResult<unknown>): string[] {
  return (parsed.error?.issues ?? []).map(({ path }) => {
    const output = path.length === 0 ? "it was never deployed" : `its output ${path.join(".")} is not what is expected`;
    return `${stack}: ${output}; deploy it first (npm run up -- --stack ${stack})`;
  });
}

/** What was read, or why it could not be. */
export type CloudReading<T> =
  | { readonly kind: "read"; readonly value: T }
  | { readonly kind: "silent"; readonly why: string };

/** How everything is. Of apps, balancers and images by name. */
export interface TakeoverObservation {
  readonly to: CloudReading<ServerState>;
  readonly from: CloudReading<ServerState>;
  readonly replayedSecondsAgo: CloudReading<number | undefined>;
  readonly bytesBehind: CloudReading<number | undefined>;
  readonly toApps: Readonly<Record<string, CloudReading<AppState>>>;
  readonly fromApps: Readonly<Record<string, CloudReading<AppState>>>;
  readonly images: Readonly<Record<string, CloudReading<boolean>>>;
  /** By environment. */
  readonly coresLeft: Readonly<Record<string, CloudReading<number>>>;
  readonly policies: CloudReading<readonly string[]>;
  readonly orders: Readonly<Record<string, CloudReading<readonly string[]>>>;
  readonly health: Readonly<Record<string, CloudReading<number>>>;
}

export async function observe(cloud: TakeoverCloud, places: TakeoverPlaces): Promise<TakeoverObservation> {
  const { to, from, balancers, objects } = places;
  const [toServer, fromServer, replayedSecondsAgo, bytesBehind, policies] = await Promise.all([
    read(() => cloud.server(to.serverId)),
    read(() => cloud.server(from.serverId)),
    read(() => cloud.replayedSecondsAgo(to.serverId)),
    read(() => cloud.bytesBehind(from.serverId)),
    read(async () => (objects === undefined ? [] : cloud.copyPolicies(objects))),
  ]);
  const apps = async (side: Side) => byName(side.apps, ({ name, id }) => [name, () => cloud.app(id)]);
  const [toApps, fromApps] = await Promise.all([apps(to), apps(from)]);
  const known = Object.entries(toApps).flatMap(([name, app]) =>
    app.kind === "read" ? [{ name, image: app.value.image, environment: app.value.environmentId }] : [],
  );
  const [images, coresLeft, orders, health] = await Promise.all([
    byName(known, ({ name, image }) => [name, () => cloud.hasImage(image)]),
    byName([...new Set(known.map(({ environment }) => environment))], (id) => [id, () => cloud.coresLeft(id)]),
    byName(balancers, (balancer) => [balancer.name, () => cloud.poolOrder(balancer)]),
    byName(balancers, ({ name, healthUrl }) => [name, () => cloud.statusOf(healthUrl)]),
  ]);
  return {
    ...{ to: toServer, from: fromServer, replayedSecondsAgo, bytesBehind, toApps, fromApps },
    ...{ images, coresLeft, policies, orders, health },
  };
}

async function byName<Item, T>(
  items: readonly Item[],
  entry: (item: Item) => readonly [string, () => Promise<T>],
): Promise<Readonly<Record<string, CloudReading<T>>>> {
  const readings = items.map(async (item) => {
    const [name, ask] = entry(item);
    return [name, await read(ask)] as const;
  });
  return Object.fromEntries(await Promise.all(readings));
}

export async function read<T>(ask: () => Promise<T>): Promise<CloudReading<T>> {
  try {
    return { kind: "read", value: await ask() };
  } catch (error) {
    return { kind: "silent", why: error instanceof Error ? error.message : String(error) };
  }
}
