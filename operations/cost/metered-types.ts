import { runsPerMonth } from "../../lib/cron";
import { parseIsoDuration } from "../../lib/duration";
import { valueAt } from "../../lib/property-path";
import { nightsTag, runningShare } from "../../lib/running-hours";
import { workloadProfileType } from "../../lib/workload-profiles";
import { type ExpectedUse, isTimeUnit, type PriceTable, propertyInPrice, type TimeUnit } from "./price-table";

/** A month as Azure counts it: 730 hours. */
const hoursPerMonth = 730;
const daysPerMonth = hoursPerMonth / 24;
const secondsPerMonth = hoursPerMonth * 3600;

/** So many units at a price of the table. */
export interface MeteredUse {
  /** The price's name in the table, for example `registry/Basic`. */
  readonly price: string;
  /** Units in a month. */
  readonly quantity: number;
}

export interface MeteredType {
  /** The service that a bill and a report list it under. */
  readonly service: string;
  /** What a resource with these inputs uses in a month, or the property that would have to be known. */
  readonly meter: (inputs: unknown, use: ExpectedUse) => readonly MeteredUse[] | MissingProperty;
}

export interface MissingProperty {
  readonly missing: string;
}

/** How often a unit of time is in a month. */
const unitsPerMonth: Readonly<Record<TimeUnit, number>> = { hour: hoursPerMonth, day: daysPerMonth, month: 1 };

/** What is known of the cost of a type, by its unversioned token; undefined for one that nothing is known of. */
export function meteredType(type: string, { standing, prices }: PriceTable): MeteredType | undefined {
  const paid = standing[type];
  if (paid === undefined) return meteredTypes[type];
  return {
    service: paid.service,
    meter: (inputs) => {
      const [placeholder = "", property = ""] = propertyInPrice.exec(paid.price) ?? [];
      const size = property === "" ? "" : textAt(inputs, property.split("."));
      if (size === undefined) return { missing: property };
      const price = paid.price.replace(placeholder, size);
      const unit = prices[price]?.unit;
      // stackCost reports a price that is missing from the table.
      return [{ price, quantity: isTimeUnit(unit) ? unitsPerMonth[unit] : 0 }];
    },
  };
}

/** The types whose cost depends on more than how long they are there, by unversioned token. */
export const meteredTypes: Readonly<Record<string, MeteredType>> = {
  "azure-native:dbforpostgresql:Server": { service: "PostgreSQL", meter: postgresUse },
  "azure-native:app:ManagedEnvironment": { service: "Container apps", meter: environmentUse },
  "azure-native:app:ContainerApp": { service: "Container apps", meter: appUse },
  "azure-native:app:Job": { service: "Jobs", meter: jobUse },
  "azure-native:monitor:MetricAlert": { service: "Alerts and logs", meter: metricAlertUse },
  "azure-native:monitor:ScheduledQueryRule": { service: "Alerts and logs", meter: logAlertUse },
  "azure-native:monitor:AzureMonitorWorkspace": {
    service: "Alerts and logs",
    meter: (_inputs, use) => [
      { price: "metrics/ingested", quantity: use.metricSamplesMillionsPerMonth },
      { price: "metrics/queried", quantity: use.metricQueriedMillionsPerMonth },
    ],
  },
  "azure-native:operationalinsights:Workspace": {
    service: "Alerts and logs",
    meter: (_inputs, use) => [{ price: "logs/ingested", quantity: use.logGbPerMonth }],
  },
  "azure-native:keyvault:Vault": {
    service: "Key vault",
    meter: (_inputs, use) => [{ price: "vault/operation", quantity: use.secretOperationsPerMonth }],
  },
  "azure-native:redisenterprise:RedisEnterprise": { service: "Cache", meter: redisUse },
  "azure-native:servicebus:Namespace": { service: "Queues", meter: queuesUse },
  "cloudflare:index/loadBalancerPool:LoadBalancerPool": { service: "Edge", meter: poolUse },
  "azure-native:storage:StorageAccount": { service: "Storage", meter: storageUse },
};

/** Each of its criteria looks at a series of values, which is what is paid. */
function metricAlertUse(inputs: unknown): readonly MeteredUse[] {
  const criteria = valueAt(inputs, ["criteria", "allOf"]);
  return [{ price: "alerts/metric", quantity: Array.isArray(criteria) ? criteria.length : 1 }];
}

/** Paid by how often it is checked. */
function logAlertUse(inputs: unknown): readonly MeteredUse[] | MissingProperty {
  const frequency = valueAt(inputs, ["evaluationFrequency"]);
  if (typeof frequency !== "string") return { missing: "evaluationFrequency" };
  const minutes = (parseIsoDuration(frequency) ?? 0) / 60;
  return [{ price: `alerts/log-${Math.min(minutes, 15)}m`, quantity: 1 }];
}

function postgresUse(inputs: unknown): readonly MeteredUse[] | MissingProperty {
  const size = textAt(inputs, ["sku", "name"]);
  const storage = numberAt(inputs, ["storage", "storageSizeGB"]);
  if (size === undefined) return { missing: "sku.name" };
  if (storage === undefined) return { missing: "storage.storageSizeGB" };
  const mode = textAt(inputs, ["highAvailability", "mode"]) ?? "Disabled";
  // A standby is a second server with a disk of its own.
  const servers = mode === "Disabled" ? 1 : 2;
  // A server that is stopped is paid for its disk alone.
  const share = textAt(inputs, ["tags", nightsTag.name]) === nightsTag.off ? runningShare : 1;
  return [
    { price: `postgres/${size}`, quantity: servers * hoursPerMonth * share },
    { price: "postgres/storage", quantity: servers * storage },
  ];
}

function redisUse(inputs: unknown): readonly MeteredUse[] | MissingProperty {
  const size = textAt(inputs, ["sku", "name"]);
  if (size === undefined) return { missing: "sku.name" };
  // Prices are of one node; high availability, the service's default, is a second one.
  const nodes = textAt(inputs, ["highAvailability"]) === "Disabled" ? 1 : 2;
  return [{ price: `redis/${size}`, quantity: nodes * hoursPerMonth }];
}

function queuesUse(inputs: unknown, use: ExpectedUse): readonly MeteredUse[] | MissingProperty {
  const tier = textAt(inputs, ["sku", "name"]);
  if (tier === undefined) return { missing: "sku.name" };
  // Standard includes more operations than are expected, and Premium all of them.
  if (tier === "Basic") return [{ price: "queues/operations", quantity: use.queueMillionsPerMonth }];
  return [{ price: `queues/${tier}`, quantity: (numberAt(inputs, ["sku", "capacity"]) ?? 1) * hoursPerMonth }];
}

/** Nodes are paid for as long as they run, whatever runs on them, and an environment that has any for being looked after. */
function environmentUse(inputs: unknown, use: ExpectedUse): readonly MeteredUse[] {
  const profiles = valueAt(inputs, ["workloadProfiles"]);
  const nodes = (Array.isArray(profiles) ? profiles : []).flatMap((profile) => {
    const type = workloadProfileType(textAt(profile, ["workloadProfileType"]) ?? "");
    if (type?.allocation !== "node") return [];
    const least = numberAt(profile, ["minimumCount"]) ?? 0;
    return [{ ...type, hours: least === 0 ? use.activeHoursPerDay * daysPerMonth : least * hoursPerMonth }];
  });
  if (nodes.length === 0) return [];
  return [
    { price: "apps/dedicated", quantity: hoursPerMonth },
    ...nodes.flatMap(({ cpu, memoryGib, gpu, hours }) => [
      { price: "apps/dedicated-vcpu", quantity: cpu * hours },
      { price: "apps/dedicated-memory", quantity: memoryGib * hours },
      ...(gpu === undefined ? [] : [{ price: `apps/gpu-${gpu}`, quantity: (cpu / 24) * hours }]),
    ]),
  ];
}

function poolUse(inputs: unknown): readonly MeteredUse[] | MissingProperty {
  const origins = valueAt(inputs, ["origins"]);
  if (!Array.isArray(origins)) return { missing: "origins" };
  return [{ price: "cloudflare/origin", quantity: Math.max(0, origins.length - 1) }];
}

function appUse(inputs: unknown, use: ExpectedUse): readonly MeteredUse[] | MissingProperty {
  const size = containerSize(inputs);
  if (size === undefined) return { missing: "template" };
  const profile = workloadProfileType(textAt(inputs, ["workloadProfileName"]) ?? "");
  // The node that it runs on is paid for.
  if (profile?.allocation === "node") return [];
  const replicas = numberAt(inputs, ["template", "scale", "minReplicas"]) ?? 0;
  const active = use.activeHoursPerDay * daysPerMonth * 3600;
  // One that may sleep is there while it is active, and so long only.
  const running = replicas === 0 ? active : secondsPerMonth;
  const count = Math.max(replicas, 1);
  return [
    { price: "apps/vcpu-active", quantity: count * size.cpu * active },
    { price: "apps/vcpu-idle", quantity: count * size.cpu * (running - active) },
    { price: "apps/memory", quantity: count * size.gib * running },
    ...(profile?.gpu === undefined ? [] : [{ price: `apps/gpu-${profile.gpu}`, quantity: (count * running) / 3600 }]),
  ];
}

function jobUse(inputs: unknown, use: ExpectedUse): readonly MeteredUse[] | MissingProperty {
  const size = containerSize(inputs);
  const cron = textAt(inputs, ["configuration", "scheduleTriggerConfig", "cronExpression"]);
  if (size === undefined) return { missing: "template" };
  // One without a schedule is started by people and releases.
  const byHand = textAt(inputs, ["configuration", "triggerType"]) === "Manual";
  const runs = cron === undefined ? (byHand ? use.startsPerMonth : undefined) : runsPerMonth(cron);
  if (runs === undefined) return { missing: "configuration.scheduleTriggerConfig.cronExpression" };
  const seconds = runs * use.jobRunSeconds;
  return [
    { price: "apps/vcpu-active", quantity: size.cpu * seconds },
    { price: "apps/memory", quantity: size.gib * seconds },
  ];
}

function storageUse(inputs: unknown, use: ExpectedUse): readonly MeteredUse[] | MissingProperty {
  const redundancy = textAt(inputs, ["sku", "name"]);
  return redundancy === undefined
    ? { missing: "sku.name" }
    : [{ price: `storage/${redundancy}`, quantity: use.storedGb }];
}

/** What one replica has: the sum of its containers. */
function containerSize(inputs: unknown): { readonly cpu: number; readonly gib: number } | undefined {
  const containers = valueAt(inputs, ["template", "containers"]);
  if (!Array.isArray(containers)) return undefined;
  const sizes = containers.map((container) => ({
    cpu: numberAt(container, ["resources", "cpu"]),
    gib: Number.parseFloat(textAt(container, ["resources", "memory"]) ?? ""),
  }));
  if (sizes.some(({ cpu, gib }) => cpu === undefined || Number.isNaN(gib))) return undefined;
  return {
    cpu: sizes.reduce((sum, { cpu }) => sum + (cpu ?? 0), 0),
    gib: sizes.reduce((sum, { gib }) => sum + gib, 0),
  };
}

/** What events write for a value that is known only after `up`. */
const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

function textAt(inputs: unknown, path: readonly string[]): string | undefined {
  const value = valueAt(inputs, path);
  return typeof value === "string" && value !== unknownValue ? value : undefined;
}

function numberAt(inputs: unknown, path: readonly string[]): number | undefined {
  const value = valueAt(inputs, path);
  return typeof value === "number" ? value : undefined;
}
