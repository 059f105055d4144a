import type { AlertSeverity } from "./schema";

/** What can be watched, by the word of the inventory. */
export const watchedKinds = ["app", "job", "database", "cache", "queue", "vault"] as const;
export type WatchedKind = (typeof watchedKinds)[number];

/** A metric that Azure measures. Names and dimensions: Azure Monitor, "Supported metrics" of the namespace. */
export interface MetricMeasure {
  readonly kind: "metric";
  /** @example "Microsoft.App/containerApps" */
  readonly namespace: string;
  readonly metric: string;
  readonly aggregation: "Average" | "Maximum" | "Total";
  /** The part of the metric that counts. @example { name: "statusCodeCategory", value: "5xx" } */
  readonly dimension?: { readonly name: string; readonly value: string } | undefined;
}

/** A query of the workspace's logs. */
export interface LogMeasure {
  readonly kind: "log";
  /** The column of the query that is compared. */
  readonly column: string;
  readonly aggregation: "Maximum" | "Total";
}

/** What a service tells by itself, as events. Each is told once; none ends. */
export interface EventMeasure {
  readonly kind: "event";
  /** Types of events, as Event Grid calls them. @example ["Microsoft.KeyVault.SecretExpired"] */
  readonly types: readonly string[];
}

/** Something that goes wrong, and how Azure tells. */
export interface Signal {
  /** What it says when it fires, beginning with the thing's name. @example "uses more of its CPU than" */
  readonly says: string;
  readonly measure: MetricMeasure | LogMeasure | EventMeasure;
  readonly operator: "GreaterThan" | "GreaterThanOrEqual" | "LessThan";
  /**
   * The threshold: `above` and `within` are said by the rule, the latter as how long after its time a job may end; `replicas` is the
   * app's own maximum.
   */
  readonly limit: "above" | "within" | "replicas" | number;
  /** Of `above`. @example "percent" */
  readonly unit?: string;
  /** Of what `above` is a share where Azure counts, and knows no share. */
  readonly shareOf?: "connections";
  /** For how long, where the rule does not say. Of an event as long as it takes. */
  readonly window: string;
}

const app = { kind: "metric", namespace: "Microsoft.App/containerApps" } as const;
const server = { kind: "metric", namespace: "Microsoft.DBforPostgreSQL/flexibleServers" } as const;
const cache = { kind: "metric", namespace: "Microsoft.Cache/redisEnterprise" } as const;
const event = { kind: "event" } as const;
const bus = { kind: "metric", namespace: "Microsoft.ServiceBus/namespaces" } as const;

/** What a vault holds, as its events call it. */
const kindsOfVaults = ["Certificate", "Key", "Secret"];

/** Every signal that a rule can name, by the kind of what it watches. */
export const signals = {
  app: {
    down: {
      says: "has no replica",
      measure: { ...app, metric: "Replicas", aggregation: "Maximum" },
      ...{ operator: "LessThan", limit: 1, window: "5m" },
    },
    restarts: {
      says: "has a replica that was restarted more often than",
      measure: { ...app, metric: "RestartCount", aggregation: "Maximum" },
      ...{ operator: "GreaterThan", limit: "above", unit: "times", window: "15m" },
    },
    "replicas-at-maximum": {
      says: "runs all the replicas it may have",
      measure: { ...app, metric: "Replicas", aggregation: "Average" },
      ...{ operator: "GreaterThanOrEqual", limit: "replicas", window: "15m" },
    },
    cpu: {
      says: "uses more of its CPU than",
      measure: { ...app, metric: "CpuPercentage", aggregation: "Average" },
      ...{ operator: "GreaterThan", limit: "above", unit: "percent", window: "15m" },
    },
    memory: {
      says: "uses more of its memory than",
      measure: { ...app, metric: "MemoryPercentage", aggregation: "Average" },
      ...{ operator: "GreaterThan", limit: "above", unit: "percent", window: "5m" },
    },
    "server-errors": {
      says: "answers more often with 5xx than",
      measure: {
        ...{ ...app, metric: "Requests", aggregation: "Total" },
        dimension: { name: "statusCodeCategory", value: "5xx" },
      },
      ...{ operator: "GreaterThan", limit: "above", unit: "times", window: "5m" },
    },
    latency: {
      says: "answers on average later than",
      measure: { ...app, metric: "ResponseTime", aggregation: "Average" },
      ...{ operator: "GreaterThan", limit: "above", unit: "milliseconds", window: "5m" },
    },
  },
  job: {
    failed: {
      says: "ended with an error",
      measure: { kind: "log", column: "Failures", aggregation: "Total" },
      ...{ operator: "GreaterThan", limit: 0, window: "15m" },
    },
    missing: {
      says: "did not end well in time",
      measure: { kind: "log", column: "Runs", aggregation: "Total" },
      ...{ operator: "LessThan", limit: "within", window: "1d" },
    },
    slow: {
      says: "took longer than",
      measure: { kind: "log", column: "Seconds", aggregation: "Maximum" },
      // Logs are looked at each quarter of an hour: so a run is seen from its beginning to its end at least once.
      ...{ operator: "GreaterThan", limit: "above", unit: "seconds", window: "30m" },
    },
  },
  database: {
    down: {
      says: "does not answer",
      measure: { ...server, metric: "is_db_alive", aggregation: "Maximum" },
      ...{ operator: "LessThan", limit: 1, window: "5m" },
    },
    storage: {
      says: "has filled more of its disk than",
      measure: { ...server, metric: "storage_percent", aggregation: "Average" },
      ...{ operator: "GreaterThan", limit: "above", unit: "percent", window: "15m" },
    },
    cpu: {
      says: "uses more of its CPU than",
      measure: { ...server, metric: "cpu_percent", aggregation: "Average" },
      ...{ operator: "GreaterThan", limit: "above", unit: "percent", window: "15m" },
    },
    memory: {
      says: "uses more of its memory than",
      measure: { ...server, metric: "memory_percent", aggregation: "Average" },
      ...{ operator: "GreaterThan", limit: "above", unit: "percent", window: "15m" },
    },
    connections: {
      says: "has given away more of its connections than",
      measure: { ...server, metric: "active_connections", aggregation: "Average" },
      ...{ operator: "GreaterThan", limit: "above", unit: "percent", shareOf: "connections", window: "5m" },
    },
    lag: {
      says: "is behind the server that it copies by more than",
      measure: { ...server, metric: "physical_replication_delay_in_seconds", aggregation: "Maximum" },
      ...{ operator: "GreaterThan", limit: "above", unit: "seconds", window: "5m" },
    },
    "slow-queries": {
      says: "logged more slow statements than",
      measure: { kind: "log", column: "Statements", aggregation: "Total" },
      ...{ operator: "GreaterThan", limit: "above", unit: "times", window: "15m" },
    },
  },
  cache: {
    memory: {
      says: "uses more of its memory than",
      measure: { ...cache, metric: "usedmemorypercentage", aggregation: "Maximum" },
      ...{ operator: "GreaterThan", limit: "above", unit: "percent", window: "15m" },
    },
    evictions: {
      says: "drops more keys for want of memory than",
      measure: { ...cache, metric: "evictedkeys", aggregation: "Total" },
      ...{ operator: "GreaterThan", limit: "above", unit: "keys", window: "15m" },
    },
    connections: {
      says: "has more clients than",
      measure: { ...cache, metric: "connectedclients", aggregation: "Maximum" },
      ...{ operator: "GreaterThan", limit: "above", unit: "clients", window: "5m" },
    },
  },
  queue: {
    "dead-letters": {
      says: "has more dead letters than",
      measure: { ...bus, metric: "DeadletteredMessages", aggregation: "Maximum" },
      ...{ operator: "GreaterThan", limit: "above", unit: "messages", window: "5m" },
    },
    backlog: {
      says: "has more waiting messages than",
      measure: { ...bus, metric: "ActiveMessages", aggregation: "Average" },
      ...{ operator: "GreaterThan", limit: "above", unit: "messages", window: "15m" },
    },
  },
  // Source: Azure documentation, "Monitoring Key Vault with Azure Event Grid": near is 30 days; only of versions made after the subscription.
  vault: {
    expiring: {
      says: "holds something that ends within 30 days",
      measure: { ...event, types: kindsOfVaults.map((kind) => `Microsoft.KeyVault.${kind}NearExpiry`) },
      ...{ operator: "GreaterThan", limit: 0, window: "1m" },
    },
    expired: {
      says: "holds something that has ended",
      measure: { ...event, types: kindsOfVaults.map((kind) => `Microsoft.KeyVault.${kind}Expired`) },
      ...{ operator: "GreaterThan", limit: 0, window: "1m" },
    },
  },
} as const satisfies Readonly<Record<WatchedKind, Readonly<Record<string, Signal>>>>;

/** The signal that a rule names; undefined when what it watches has none of that name. */
export function signalOf(watch: WatchedKind, name: string): Signal | undefined {
  const known: Readonly<Record<string, Signal>> = signals[watch];
  return Object.hasOwn(known, name) ? known[name] : undefined;
}

/**
 * How long Azure looks back at each check, by kind of rule. Source: "Create or update a metric alert rule" and, for logs, the values that
 * hashicorp/terraform-provider-azurerm takes (`monitor_scheduled_query_rules_alert_v2`).
 */
export const windows: Readonly<Record<Signal["measure"]["kind"], readonly string[]>> = {
  metric: ["1m", "5m", "15m", "30m", "1h", "6h", "12h", "1d"],
  log: ["5m", "10m", "15m", "30m", "45m", "1h", "2h", "3h", "4h", "5h", "6h", "1d"],
  event: [],
};

/** Azure's numbers for severities: 0 is critical, 1 error, 2 warning, 3 information. */
export const azureSeverity: Readonly<Record<AlertSeverity, 0 | 2 | 3>> = { critical: 0, warning: 2, info: 3 };
