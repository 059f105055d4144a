import { loadBalancingAddOn } from "../../../lib/cloudflare-plans";
import { ServiceError } from "../../engine/provider";
import type { WorldObject, WorldReading } from "../../world/world";
import { mapsAt, numberAt, textAt, textsAt } from "../read-property";
import type { ComputedOutputs, ServiceContext, TypeRule } from "../type-rule";
import { lastPart, requireAccount, requireZone } from "./service-lookup";

const monitorKind = "cloudflare:index/loadBalancerMonitor:LoadBalancerMonitor";
const poolKind = "cloudflare:index/loadBalancerPool:LoadBalancerPool";
const balancerKind = "cloudflare:index/loadBalancer:LoadBalancer";

/**
 * What the load balancing of Cloudflare refuses. Sources of the answers: without the add-on, hashicorp/terraform#17948 and
 * cloudflare/terraform-provider-cloudflare#871; deleting what is in use, cloudflare/terraform-provider-cloudflare#66.
 */
function refuse(message: string): never {
  throw new ServiceError("1002", `${message}: validation failed`);
}

function refuseInUse(isUsed: boolean): void {
  if (isUsed) throw new ServiceError("1005", "This object is referenced by other objects, delete them first.", 412);
}

const subscriptionKind = "cloudflare:index/accountSubscription:AccountSubscription";

/** How many origins the account has bought; none without the add-on, which is a subscription of the account. */
function originsOf(world: WorldReading, accountId: string): number {
  requireAccount(world, accountId);
  const isAddOn = ({ properties }: WorldObject) =>
    properties.accountId === accountId && textAt(properties, "ratePlan.publicName") === "Load Balancing";
  return world.list(subscriptionKind).some(isAddOn) ? loadBalancingAddOn.origins : 0;
}

const dates: ComputedOutputs = {
  names: ["createdOn", "modifiedOn"],
  stable: ["createdOn"],
  values: ({ existing }) => ({
    createdOn: textAt(existing?.properties ?? {}, "createdOn") ?? new Date().toISOString(),
    modifiedOn: new Date().toISOString(),
  }),
};

export const loadBalancerMonitorRule: TypeRule = {
  type: monitorKind,
  identity: { kind: "generated", id: (random) => random.hex(32), fromImport: lastPart },
  required: ["accountId"],
  allowed: { type: ["http", "https", "tcp", "udp_icmp", "icmp_ping", "smtp"] },
  createOnly: ["accountId"],
  defaults: { type: "http", method: "GET", path: "/", interval: 60, timeout: 5, retries: 2, allowInsecure: false },
  service: {
    create: refuseMonitor,
    update: refuseMonitor,
    delete: ({ world, id }) => refuseInUse(world.list(poolKind).some(({ properties }) => properties.monitor === id)),
  },
  computed: dates,
};

function refuseMonitor({ world, inputs }: ServiceContext): void {
  const origins = originsOf(world, textAt(inputs, "accountId") ?? "");
  const interval = numberAt(inputs, "interval") ?? 60;
  const { shortestInterval } = loadBalancingAddOn;
  if (origins === 0) refuse("interval is not in range [0, 0]");
  if (interval < shortestInterval || interval > 3600) refuse(`interval is not in range [${shortestInterval}, 3600]`);
  if (["http", "https"].includes(textAt(inputs, "type") ?? "") && textAt(inputs, "expectedCodes") === undefined)
    refuse("expected_codes must be set for monitors of type http and https");
}

export const loadBalancerPoolRule: TypeRule = {
  type: poolKind,
  identity: { kind: "generated", id: (random) => random.hex(32), fromImport: lastPart },
  name: {
    property: "name",
    pattern: /^[\w-]{1,60}$/,
    expected: "letters, digits, hyphens and underscores",
    code: "1002",
  },
  required: ["accountId", "origins", "origins[*].name", "origins[*].address"],
  createOnly: ["accountId"],
  defaults: { enabled: true, minimumOrigins: 1 },
  service: {
    create: refusePool,
    update: refusePool,
    delete: ({ world, id }) =>
      refuseInUse(world.list(balancerKind).some(({ properties }) => poolsOf(properties).includes(id))),
  },
  computed: dates,
};

function refusePool({ world, id, inputs }: ServiceContext): void {
  const accountId = textAt(inputs, "accountId") ?? "";
  const bought = originsOf(world, accountId);
  const others = world
    .list(poolKind)
    .filter((pool) => pool.id !== id && pool.properties.accountId === accountId)
    .reduce((sum, { properties }) => sum + mapsAt(properties, "origins").length, 0);
  const count = mapsAt(inputs, "origins").length;
  if (count === 0 || count + others > bought)
    refuse(`the origin list length must be in range [1, ${Math.max(0, bought - others)}]`);
  const monitor = textAt(inputs, "monitor");
  if (monitor !== undefined && world.get(monitorKind, monitor) === undefined) refuse(`monitor ${monitor} not found`);
}

export const loadBalancerRule: TypeRule = {
  type: balancerKind,
  identity: { kind: "generated", id: (random) => random.hex(32), fromImport: lastPart },
  required: ["zoneId", "name", "defaultPools", "fallbackPool"],
  allowed: {
    sessionAffinity: ["none", "cookie", "ip_cookie", "header"],
    steeringPolicy: ["off", "geo", "random", "dynamic_latency", "proximity", "least_outstanding_requests", ""],
  },
  createOnly: ["zoneId"],
  defaults: { enabled: true, proxied: false, sessionAffinity: "none", steeringPolicy: "" },
  service: { create: refuseBalancer, update: refuseBalancer },
  computed: {
    ...dates,
    names: [...dates.names, "zoneName"],
    stable: ["createdOn", "zoneName"],
    values: (context) => ({ ...dates.values(context), zoneName: zoneName(context.world, context.inputs) }),
  },
};

function zoneName(world: WorldReading, inputs: ServiceContext["inputs"]): string {
  return textAt(requireZone(world, textAt(inputs, "zoneId") ?? "").properties, "name") ?? "";
}

function poolsOf(properties: ServiceContext["inputs"]): readonly string[] {
  return [...textsAt(properties, "defaultPools"), textAt(properties, "fallbackPool") ?? ""];
}

function refuseBalancer({ world, id, inputs }: ServiceContext): void {
  const zone = requireZone(world, textAt(inputs, "zoneId") ?? "");
  if (originsOf(world, textAt(zone.properties, "account.id") ?? "") === 0)
    refuse("load balancing not enabled for zone");
  const name = textAt(inputs, "name") ?? "";
  const domain = zoneName(world, inputs);
  if (name !== domain && !name.endsWith(`.${domain}`)) refuse(`the name ${name} is not in the zone ${domain}`);
  const isTaken = ({ id: other, properties }: WorldObject) => other !== id && properties.name === name;
  if (world.list(balancerKind).some(isTaken)) refuse(`a load balancer with the name ${name} exists already`);
  const missing = poolsOf(inputs).find((pool) => world.get(poolKind, pool) === undefined);
  if (missing !== undefined) refuse(`pool ${missing} not found`);
}
