import { expect } from "vitest";

/** A number that a system's plan promises, and where the deployed world has it. */
export interface PromisedNumber {
  readonly stack: string;
  /** The end of the resource's type. */
  readonly type: string;
  /** Its logical name. */
  readonly name: string;
  readonly path: string;
  readonly value: unknown;
}

type Row = readonly [type: string, name: string, path: string, value: unknown];

function promised(stack: string, rows: readonly Row[]): readonly PromisedNumber[] {
  return rows.map(([type, name, path, value]) => ({ stack, type, name, path, value }));
}

/** How an app grows: from so many replicas to so many, and by what. */
function grows(name: string, min: number, max: number, ...rules: readonly Row[]): readonly Row[] {
  return [
    ["app:ContainerApp", name, "template.scale.minReplicas", min],
    ["app:ContainerApp", name, "template.scale.maxReplicas", max],
    ...rules,
  ];
}

/** An alert: when it fires, how long it looks back, and whom it wakes (0), tells (2) or leaves for the next day (3). */
function alert(
  name: string,
  threshold: number,
  windowSize: string,
  severity: number,
  type = "MetricAlert",
): readonly Row[] {
  const rule = [`monitor:${type}`, `alerts-${name}`] as const;
  return [
    [...rule, "criteria.allOf.0.threshold", threshold],
    [...rule, "windowSize", windowSize],
    [...rule, "severity", severity],
  ];
}

/** An alert over what apps measure, by its group and place in it: how long it holds, and whom it tells. */
function measured(group: string, place: number, name: string, holds: string, severity: number): readonly Row[] {
  const rule = ["alertsmanagement:PrometheusRuleGroup", `alerts-${group}`] as const;
  return [
    [...rule, `rules.${place}.alert`, name],
    [...rule, `rules.${place}.for`, holds],
    [...rule, `rules.${place}.severity`, severity],
  ];
}

const log = "ScheduledQueryRule";
const app = "app:ContainerApp";
const server = "dbforpostgresql:Server";
const setting = "dbforpostgresql:Configuration";
const redis = "redisenterprise:Database";
const zone = "zoneSetting:ZoneSetting";
const ruleset = "ruleset:Ruleset";
const pool = "loadBalancerPool:LoadBalancerPool";
const rules = "template.scale.rules";

const cron = "configuration.scheduleTriggerConfig.cronExpression";
/** The steps before a dump's test: first the newest is fetched, then the script runs. */
const testScript = "template.initContainers.1";

/** How dumps are made, tested and watched, wherever there are some. */
const dumps: readonly Row[] = [
  // Daily; the next one has to be there three hours after its time.
  ["app:Job", "database-dumps", cron, "0 3 * * *"],
  ["app:Job", "database-dumps", "template.initContainers.0.args.1", expect.stringContaining("pg_dump")],
  ...alert("job-missing-database-dumps-critical", 1, "P1D", 0, log),
  [
    `monitor:${log}`,
    "alerts-job-missing-database-dumps-critical",
    "criteria.allOf.0.query",
    expect.stringContaining("ago(1620m)"),
  ],
  // Of its containers the last one ends the run.
  [
    `monitor:${log}`,
    "alerts-job-missing-database-dumps-critical",
    "criteria.allOf.0.query",
    expect.stringContaining("'database-dumps'"),
  ],
  ...alert("job-failed-database-dumps-critical", 0, "PT15M", 0, log),
  // Weekly listed, monthly restored with its rows counted: the script restores where no test of the month has.
  ["app:Job", "dump-test", cron, "30 4 * * 0"],
  ["app:Job", "dump-test", `${testScript}.args.1`, expect.stringContaining("pg_restore --list")],
  ["app:Job", "dump-test", `${testScript}.args.1`, expect.stringContaining("count(*)")],
  ...alert("job-failed-dump-test-critical", 0, "PT15M", 0, log),
];
const daysInSeconds = (days: number) => days * 86_400;
const kept = "r2BucketLifecycle:R2BucketLifecycle";

/**
 * Source: the tables of the three systems' plans (seeds 002, 003 and 004), as far as they are infrastructure that exists. Of ALAI the
 * router, without which its hosts reach no store.
 */
export const promisedNumbers: readonly PromisedNumber[] = [
  ...promised("prod", [
    ...alert("app-down-router-critical", 1, "PT1M", 0),
    ...alert("app-restarts-router-critical", 3, "PT15M", 0),
    [
      "monitor:MetricAlert",
      "alerts-app-down-router-critical",
      "scopes.0",
      expect.stringMatching(/\/containerApps\/.*router/),
    ],
  ]),
  ...promised("latticeforge-prod", [
    ...grows("api", 3, 20, [app, "api", `${rules}.1.custom.metadata.value`, "70"]),
    [app, "api", `${rules}.2.custom.metadata.value`, "80"],
    [app, "api", `${rules}.0.http.metadata.concurrentRequests`, "1000"],
    [app, "api", "configuration.ingress.targetPort", 8080],
    [app, "api", "template.containers.0.resources.cpu", 1],
    [app, "api", "template.containers.0.resources.memory", "2Gi"],
    ...grows("web", 2, 6),
    ...grows("worker", 2, 20, [app, "worker", `${rules}.0.custom.metadata.messageCount`, "100"]),
    ...grows("inference", 0, 4, [app, "inference", "workloadProfileName", "Consumption-GPU-NC8as-T4"]),
    ["app:ManagedEnvironment", "apps", "zoneRedundant", true],
    ["app:ManagedEnvironment", "apps", "peerTrafficConfiguration.encryption.enabled", true],
    ["app:ManagedEnvironment", "apps", "workloadProfiles.1.workloadProfileType", "Consumption-GPU-NC8as-T4"],
    ["network:VirtualNetwork", "network", "addressSpace.addressPrefixes.0", "10.65.0.0/16"],
    ["network:NatGateway", "network-nat", "sku.name", "Standard"],
    [server, "postgres", "version", "16"],
    [server, "postgres", "highAvailability.mode", "ZoneRedundant"],
    [server, "postgres", "backup.backupRetentionDays", 30],
    [server, "postgres", "maintenanceWindow.dayOfWeek", 1],
    [server, "postgres", "maintenanceWindow.startHour", 4],
    [server, "postgres", "dataEncryption.type", "AzureKeyVault"],
    [setting, "postgres-log_statement", "value", "ddl"],
    [setting, "postgres-log_min_duration_statement", "value", "1000"],
    [redis, "sessions", "evictionPolicy", "AllKeysLRU"],
    ["operationalinsights:Workspace", "logs", "retentionInDays", 30],
    ["consumption:Budget", "all-groups", "amount", 10_000],
    // Section 5.1, in its order. Where Azure has no window of two or ten minutes, see docs/decisions/0043.
    ...alert("app-down-api-critical", 1, "PT1M", 0),
    ...measured("availability", 0, "ServiceDown", "PT1M", 0),
    ...measured("availability", 1, "HighErrorRate", "PT5M", 2),
    ...measured("availability", 2, "HighErrorRateCritical", "PT2M", 0),
    ...measured("latency", 0, "HighLatency", "PT5M", 2),
    ...alert("app-cpu-worker-warning", 80, "PT15M", 2),
    ...alert("app-memory-worker-warning", 85, "PT5M", 2),
    ...alert("app-restarts-api-warning", 3, "PT15M", 2),
    // 80 % of the 1,718 connections of a server with four CPUs.
    ...alert("database-connections-postgres-critical", 1374, "PT5M", 0),
    ...alert("database-slow-queries-postgres-warning", 10, "PT5M", 2, log),
    ...alert("cache-connections-sessions-warning", 1000, "PT5M", 2),
    ...alert("queue-backlog-jobs-warning", 1000, "PT15M", 2),
    ["monitor:MetricAlert", "alerts-app-replicas-at-maximum-api-warning", "criteria.allOf.0.threshold", 20],
    ["storage:StorageAccount", "objects-copies", "location", "northeurope"],
    ["storage:StorageAccount", "objects-copies", "accessTier", "Cool"],
    [pool, "latticeforge-api-dr", "origins.0.header.hosts.0", "api-dr.latticeforge.example"],
    [pool, "latticeforge-web-dr", "origins.0.address", "app-dr.latticeforge.example"],
  ]),
  ...promised("latticeforge-staging", [
    [server, "postgres", "backup.backupRetentionDays", 7],
    [server, "postgres", "highAvailability.mode", "Disabled"],
  ]),
  ...promised("latticeforge-dr", [
    [server, "postgres", "location", "northeurope"],
    [server, "postgres", "createMode", "Replica"],
    [server, "postgres", "sourceServerResourceId", expect.stringContaining("/latticeforge-prod-postgres-")],
    ["dbforpostgresql:VirtualEndpoint", "postgres", "endpointType", "ReadWrite"],
    [
      "network:VirtualNetworkPeering",
      "network-peer-prod-back",
      "virtualNetworkName",
      expect.stringContaining("latticeforge-prod-network"),
    ],
    // The database loses five minutes at most; the alarm comes at half of them.
    ...alert("database-lag-postgres-critical", 150, "PT5M", 0),
    // Its objects are those of production, where production copies them to.
    [
      "network:PrivateEndpoint",
      "objects-blob",
      "privateLinkServiceConnections.0.privateLinkServiceId",
      expect.stringMatching(/\/resourceGroups\/latticeforge-prod-objects-copies\//),
    ],
    [
      "authorization:RoleAssignment",
      "api-storage-blob-data-contributor-on-pdfs",
      "scope",
      expect.stringMatching(/\/resourceGroups\/latticeforge-prod-objects-copies\/.+\/containers\/pdfs$/),
    ],
    ...grows("api", 1, 20),
  ]),
  ...promised("kimberly-staging", [
    [server, "postgres", "sku.name", "Standard_B1ms"],
    [app, "gateway", "template.scale.minReplicas", 0],
    [app, "gateway", "configuration.ingress.external", true],
    ...["auth", "user", "billing", "api", "memory", "ai", "agents", "jobs"].flatMap((name): Row[] => [
      [app, name, "configuration.ingress.external", false],
      [app, name, "template.scale.minReplicas", 0],
    ]),
  ]),
  ...promised("kimberly-prod", [
    ["app:Job", "meditation", "configuration.scheduleTriggerConfig.cronExpression", "0 2 * * *"],
    ["app:Job", "meditation", "configuration.replicaTimeout", 600],
    ["app:Job", "meditation", "configuration.replicaRetryLimit", 1],
    ...alert("job-failed-meditation-critical", 0, "PT15M", 0, log),
    // Over by three: a day and an hour after the last one began.
    ...alert("job-missing-meditation-critical", 1, "P1D", 0, log),
    [
      `monitor:${log}`,
      "alerts-job-missing-meditation-critical",
      "criteria.allOf.0.query",
      expect.stringContaining("ago(1500m)"),
    ],
    ...alert("job-slow-meditation-warning", 60, "PT30M", 2, log),
    ...alert("job-slow-meditation-critical", 600, "PT30M", 0, log),
    ...alert("database-storage-postgres-warning", 80, "PT15M", 2),
    ...alert("database-storage-postgres-critical", 90, "PT15M", 0),
    ...alert("queue-backlog-work-warning", 200, "PT15M", 2),
    ...alert("app-restarts-workers-warning", 3, "PT15M", 2),
    ...measured("work", 1, "AgentErrorRateHigh", "PT5M", 2),
    ...measured("work", 2, "AgentTimeout", "PT5M", 2),
    [server, "postgres", "backup.backupRetentionDays", 30],
    ...dumps,
    ["storage:ManagementPolicy", "objects", "policy.rules.1.definition.filters.prefixMatch.0", "dumps/"],
    [
      "storage:ManagementPolicy",
      "objects",
      "policy.rules.1.definition.actions.baseBlob.delete.daysAfterModificationGreaterThan",
      90,
    ],
    [setting, "postgres-azure.extensions", "value", expect.stringContaining("VECTOR")],
    ["operationalinsights:Workspace", "logs", "retentionInDays", 30],
  ]),
  ...promised("betterworld-prod", [
    ...grows("api", 2, 10, [app, "api", `${rules}.0.http.metadata.concurrentRequests`, "200"]),
    [app, "api", "configuration.ingress.targetPort", 4000],
    ...grows("web", 1, 5, [app, "web", `${rules}.0.http.metadata.concurrentRequests`, "400"]),
    [app, "web", "configuration.ingress.targetPort", 3000],
    ...grows("admin", 1, 1, [app, "admin", "configuration.ingress.targetPort", 3001]),
    ...grows("worker", 1, 5, [app, "worker", "template.scale.cooldownPeriod", 600]),
    [app, "worker", "template.terminationGracePeriodSeconds", 30],
    [server, "postgres", "version", "16"],
    [server, "postgres", "backup.backupRetentionDays", 7],
    // Sections 4.2 and 9.2.
    ...dumps,
    ["app:Job", "dumps-before-migrations", "configuration.triggerType", "Manual"],
    ...(["daily", "monthly", "pre-migration"] as const).flatMap((folder, index): readonly Row[] => [
      [kept, "buckets-backups", `rules.${index + 1}.conditions.prefix`, `${folder}/`],
      [
        kept,
        "buckets-backups",
        `rules.${index + 1}.deleteObjectsTransition.condition.maxAge`,
        daysInSeconds({ daily: 30, monthly: 365, "pre-migration": 90 }[folder]),
      ],
    ]),
    [setting, "postgres-azure.extensions", "value", "CUBE,EARTHDISTANCE,PGAUDIT,PG_TRGM,UUID-OSSP,VECTOR"],
    [redis, "queue", "evictionPolicy", "NoEviction"],
    // Sections 5.4 and 4.3.
    ...alert("app-down-api-critical", 1, "PT1M", 0),
    ...measured("api", 0, "APIDown", "PT2M", 0),
    ...measured("api", 1, "HighErrorRate", "PT3M", 0),
    ...measured("api", 3, "HighLatency", "PT10M", 2),
    ...measured("guardrails", 0, "QueueBacklog", "PT15M", 2),
    ...measured("guardrails", 1, "GuardrailSlow", "PT30M", 3),
    // 80 and 90 % of the 50 connections of a b1ms.
    ...alert("database-connections-postgres-warning", 40, "PT5M", 2),
    ...alert("database-connections-postgres-critical", 45, "PT5M", 0),
    ...alert("database-storage-postgres-warning", 70, "PT30M", 2),
    ...alert("database-storage-postgres-critical", 85, "PT30M", 0),
    [zone, "betterworld.example-min_tls_version", "value", "1.2"],
    [zone, "betterworld.example-tls_1_3", "value", "on"],
    [zone, "betterworld.example-tls_client_auth", "value", "on"],
    [zone, "betterworld.example-security_header", "value.strict_transport_security.max_age", 31_536_000],
    [ruleset, "betterworld.example-http_ratelimit", "rules.0.ratelimit.requestsPerPeriod", 1000],
    [ruleset, "betterworld.example-http_ratelimit", "rules.0.ratelimit.period", 60],
    [ruleset, "betterworld.example-http_request_firewall_custom", "rules.0.action", "block"],
    [
      ruleset,
      "betterworld.example-http_request_firewall_managed",
      "rules.1.description",
      "Cloudflare OWASP Core Ruleset",
    ],
  ]),
];
