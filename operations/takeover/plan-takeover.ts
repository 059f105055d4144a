import type { Refusal } from "../../programs/host/failover/refusals";
import type { AppState, CloudReading, ServerState, TakeoverObservation, TakeoverPlaces } from "./takeover-cloud";

/** What somebody ordered. */
export interface TakeoverRequest {
  /** The primary's apps are stopped first, and everything is sent: nothing is lost. */
  readonly planned: boolean;
  /** Seconds a step may wait. */
  readonly timeoutSeconds: number;
  readonly accepted: {
    /** Of what was written; undefined: what the inventory allows. */
    readonly lagSeconds: number | undefined;
    readonly primaryIsLost: boolean;
    readonly images: boolean;
    readonly capacity: boolean;
    readonly objects: boolean;
    readonly withoutEdge: boolean;
  };
}

export type TakeoverStep =
  | "stop the other region's apps"
  | "wait until nothing is behind"
  | "promote the replica"
  | "end the copying of objects"
  | "wake the apps"
  | "switch the edge"
  | "put the standby to rest"
  | "verify";

export type TakeoverPlan =
  | { readonly kind: "refused"; readonly refusals: readonly Refusal[] }
  | { readonly kind: "steps"; readonly steps: readonly TakeoverStep[]; readonly warnings: readonly string[] };

/** What is left to do, from how things are. There is no journal: after an interruption the same question has a shorter answer. */
export function planTakeover(
  request: TakeoverRequest,
  places: TakeoverPlaces,
  seen: TakeoverObservation,
): TakeoverPlan {
  const steps = stepsLeft(request, places, seen);
  const refusals = steps.length === 0 ? [] : refusalsOf(request, places, seen, steps);
  if (refusals.length > 0) return { kind: "refused", refusals };
  return { kind: "steps", steps, warnings: warningsOf(places, seen) };
}

function stepsLeft(
  { planned, accepted }: TakeoverRequest,
  { to, from, back, balancers }: TakeoverPlaces,
  seen: TakeoverObservation,
): readonly TakeoverStep[] {
  const isPromoted = roleOf(seen.to) === "Primary";
  const runs = from.apps.some(({ name }) => known(seen.fromApps[name])?.runs !== false);
  const isAwake = to.apps.every((app) => isAsWanted(known(seen.toApps[app.name]), app.awake));
  const rests = from.apps.every((app) => isAsWanted(known(seen.fromApps[app.name]), app.asleep));
  const copies = known(seen.policies)?.length !== 0;
  const isSwitched = balancers.every((one) => known(seen.orders[one.name])?.[0] === one.to);
  const isHealthy = balancers.every(({ name }) => known(seen.health[name]) === 200);
  const left: Readonly<Record<TakeoverStep, boolean>> = {
    "stop the other region's apps": runs && !(back && isPromoted),
    "wait until nothing is behind": planned && !isPromoted,
    "promote the replica": !isPromoted,
    "end the copying of objects": copies && !back,
    "wake the apps": !isAwake,
    "switch the edge": !isSwitched && !accepted.withoutEdge,
    "put the standby to rest": back && !(isPromoted && rests),
    verify: !isHealthy,
  };
  const steps = stepNames.filter((step) => left[step]);
  // Whatever was done is looked at afterwards, except where nobody but the lost region has anything left to do.
  return steps.length === 0 || steps.includes("verify") ? steps : [...steps, "verify"];
}

export const stepNames: readonly TakeoverStep[] = [
  "stop the other region's apps",
  "wait until nothing is behind",
  "promote the replica",
  "end the copying of objects",
  "wake the apps",
  "switch the edge",
  "put the standby to rest",
  "verify",
];

/** Whether an app runs with as many replicas as it should. */
export function isAsWanted(app: AppState | undefined, least: number | undefined): boolean {
  return app?.runs === true && (least === undefined || app.least === least);
}

function known<T>(reading: CloudReading<T> | undefined): T | undefined {
  return reading?.kind === "read" ? reading.value : undefined;
}

function roleOf(server: CloudReading<ServerState>): string | undefined {
  return known(server)?.role;
}

/** What a replica may be behind where the inventory says nothing else, in seconds. */
const usualLoss = 300;

function refusalsOf(
  request: TakeoverRequest,
  places: TakeoverPlaces,
  seen: TakeoverObservation,
  steps: readonly TakeoverStep[],
): readonly Refusal[] {
  const has = (step: TakeoverStep) => steps.includes(step);
  return [
    ...serverRefusals(places, seen),
    ...(has("promote the replica") ? promotionRefusals(request, places, seen) : []),
    ...(has("wake the apps")
      ? [...imageRefusals(request, places, seen), ...capacityRefusals(request, places, seen)]
      : []),
    ...(has("switch the edge") ? edgeRefusals(places, seen) : []),
  ];
}

/** Whether the two are a pair. */
function serverRefusals({ to, from }: TakeoverPlaces, seen: TakeoverObservation): readonly Refusal[] {
  if (seen.to.kind === "silent") return [{ why: `the database of ${to.stack} does not answer: ${seen.to.why}` }];
  const { role, source = "", state } = seen.to.value;
  if (role === "Primary" && roleOf(seen.from) === "Primary") {
    return [
      {
        why: `the databases of ${to.stack} and ${from.stack} both take writes: nothing is copied between them. Make one a replica again`,
      },
    ];
  }
  if (role === "Primary") return [];
  if (source.toLowerCase() !== from.serverId.toLowerCase())
    return [{ why: `the database of ${to.stack} follows ${source || "nobody"}; expected ${from.serverId}` }];
  return state === "Ready"
    ? []
    : [{ why: `the database of ${to.stack} is ${state}; expected Ready. Wait until it is` }];
}

function promotionRefusals(
  { planned, accepted }: TakeoverRequest,
  places: TakeoverPlaces,
  seen: TakeoverObservation,
): readonly Refusal[] {
  const { to, from, back, objects } = places;
  const refusals: Refusal[] = [];
  const other = known(seen.from);
  if (planned && seen.from.kind === "silent") {
    const override = back ? undefined : "leave --planned out if the region is lost";
    refusals.push({ why: `the database of ${from.stack} cannot hand over: ${seen.from.why}`, override });
  } else if (!planned && other?.state === "Ready" && !accepted.primaryIsLost) {
    refusals.push({
      why: `the database of ${from.stack} answers, and takes writes`,
      override: "--planned hands over without loss; --primary-is-lost gives up what it has not sent",
    });
  }
  const own = known(seen.to);
  if (planned && own && other && (own.size !== other.size || own.storageGb !== other.storageGb)) {
    const texts = [own, other].map(({ size, storageGb }) => `${size} with ${storageGb} GB`);
    refusals.push({ why: `the databases differ, ${texts.join(" and ")}: Azure lets only equal ones change places` });
  }
  if (!planned) refusals.push(...lagRefusals(accepted.lagSeconds, places, seen));
  if (back && objects !== undefined && !accepted.objects) {
    refusals.push({
      why: `nothing copies objects from ${from.stack} to ${to.stack}: what was written since the takeover is only in the copy`,
      override: "copy it (docs/takeover.md, The way back), then --accept-objects",
    });
  }
  return refusals;
}

function lagRefusals(given: number | undefined, { to, recovery }: TakeoverPlaces, seen: TakeoverObservation) {
  const bound = given ?? recovery.lost ?? usualLoss;
  const behind = secondsBehind(seen);
  if (behind === undefined) {
    const why = seen.replayedSecondsAgo.kind === "silent" ? seen.replayedSecondsAgo.why : "Azure has not measured it";
    if (given !== undefined) return [];
    return [
      {
        why: `how far the database of ${to.stack} is behind is not known: ${why}`,
        override: "--accept-lag 86400 gives up whatever is missing",
      },
    ];
  }
  if (behind <= bound) return [];
  return [
    {
      why: `the database of ${to.stack} is ${Math.ceil(behind)} s behind; ${bound} s may be lost`,
      override: `--accept-lag ${Math.ceil(behind) + 60} gives up what was written since`,
    },
  ];
}

/** Seconds of what would be lost; none where the primary says that it has sent everything, however long nobody wrote. */
export function secondsBehind(seen: TakeoverObservation): number | undefined {
  return known(seen.bytesBehind) === 0 ? 0 : known(seen.replayedSecondsAgo);
}

function imageRefusals({ accepted }: TakeoverRequest, { to }: TakeoverPlaces, seen: TakeoverObservation) {
  if (accepted.images) return [];
  return to.apps.flatMap(({ name }): Refusal[] => {
    const [image, other] = [seen.toApps, seen.fromApps].map((apps) => known(apps[name])?.image);
    const isThere = seen.images[name];
    const override = "--accept-images starts what is there";
    if (image !== undefined && isThere?.kind === "read" && !isThere.value)
      return [{ why: `${name}: the registry does not have ${image}; release it to ${to.stack}`, override }];
    if (image !== undefined && other !== undefined && withoutRegistry(image) !== withoutRegistry(other))
      return [{ why: `${name} would run ${image}, and ${other} runs now; release that to ${to.stack}`, override }];
    return [];
  });
}

/** @example withoutRegistry("latticeforgeprod.azurecr.io/api@sha256:1f") // "api@sha256:1f" */
function withoutRegistry(image: string): string {
  return image.slice(image.indexOf("/") + 1);
}

function capacityRefusals({ accepted }: TakeoverRequest, { to }: TakeoverPlaces, seen: TakeoverObservation) {
  if (accepted.capacity) return [];
  return Object.entries(seen.coresLeft).flatMap(([environment, left]): Refusal[] => {
    const needed = to.apps.reduce((sum, { name, awake = 0 }) => {
      const app = known(seen.toApps[name]);
      if (app?.environmentId !== environment) return sum;
      return sum + Math.max(0, awake - (app.runs ? app.least : 0)) * app.cores;
    }, 0);
    if (left.kind === "silent" || needed <= left.value) return [];
    return [
      {
        why: `${to.stack} needs ${needed} more virtual CPUs, and ${left.value} are left; ask Azure for more (Quotas, Managed Environment Consumption Cores)`,
        override: "--accept-capacity starts what fits",
      },
    ];
  });
}

function edgeRefusals({ balancers }: TakeoverPlaces, seen: TakeoverObservation): readonly Refusal[] {
  return balancers.flatMap(({ name }) => {
    const order = seen.orders[name];
    if (order?.kind !== "silent") return [];
    return [
      {
        why: `the load balancer ${name} cannot be read: ${order.why}`,
        override: "--without-edge leaves the pools to you",
      },
    ];
  });
}

function warningsOf({ to, from, back, objects }: TakeoverPlaces, seen: TakeoverObservation): readonly string[] {
  const isPromoted = roleOf(seen.to) === "Primary";
  const silent = Object.entries(seen.toApps).flatMap(([name, app]) =>
    app.kind === "silent" ? [`${name}: ${app.why}`] : [],
  );
  return [
    ...silent.map((text) => `an app of ${to.stack} does not answer: ${text}`),
    ...(objects !== undefined && !back && !isPromoted && known(seen.policies)?.length === 0
      ? [`no objects of ${from.stack} come to ${objects.split("/").at(-1)}: what it holds may be old`]
      : []),
    ...(isPromoted && seen.from.kind === "silent"
      ? [`${from.stack} does not answer: when it does, run this again, which stops its apps`]
      : []),
  ];
}
