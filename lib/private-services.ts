/** How private endpoints lead to one part of one Azure service. */
export interface PrivateServiceRow {
  /** The type token of what an endpoint leads to. */
  readonly type: string;
  /** The sub-resource that the endpoint's connection names. */
  readonly groupId: string;
  /** The private DNS zone in which clients look the name up. */
  readonly zone: string;
  /** The TCP ports that clients connect to, as security rules write them: `443`, `8500-8599`. */
  readonly ports: readonly string[];
  /** The `sku.name` that takes private endpoints, where not every one does. */
  readonly tier?: string;
}

/**
 * The services that private endpoints are made for: the one table that the inventory's schema, security rules, private zones and the
 * emulated Azure read.
 *
 * Sources: Azure documentation, "Azure Private Endpoint private DNS zone values" (sub-resources and zones); for ports "Private access"
 * of PostgreSQL (6432 is PgBouncer), "Azure Managed Redis architecture" (10000; cluster clients also connect to nodes at 85xx),
 * "Azure Cache for Redis network isolation" (6380 is TLS) and "Service Bus frequently asked questions" (5671 and 5672 are AMQP).
 */
export const privateServices = {
  blob: {
    type: "azure-native:storage:StorageAccount",
    groupId: "blob",
    zone: "privatelink.blob.core.windows.net",
    ports: ["443"],
  },
  dfs: {
    type: "azure-native:storage:StorageAccount",
    groupId: "dfs",
    zone: "privatelink.dfs.core.windows.net",
    ports: ["443"],
  },
  file: {
    type: "azure-native:storage:StorageAccount",
    groupId: "file",
    zone: "privatelink.file.core.windows.net",
    ports: ["443", "445"],
  },
  queue: {
    type: "azure-native:storage:StorageAccount",
    groupId: "queue",
    zone: "privatelink.queue.core.windows.net",
    ports: ["443"],
  },
  table: {
    type: "azure-native:storage:StorageAccount",
    groupId: "table",
    zone: "privatelink.table.core.windows.net",
    ports: ["443"],
  },
  web: {
    type: "azure-native:storage:StorageAccount",
    groupId: "web",
    zone: "privatelink.web.core.windows.net",
    ports: ["443"],
  },
  vault: {
    type: "azure-native:keyvault:Vault",
    groupId: "vault",
    zone: "privatelink.vaultcore.azure.net",
    ports: ["443"],
  },
  registry: {
    type: "azure-native:containerregistry:Registry",
    groupId: "registry",
    zone: "privatelink.azurecr.io",
    ports: ["443"],
    tier: "Premium",
  },
  postgres: {
    type: "azure-native:dbforpostgresql:Server",
    groupId: "postgresqlServer",
    zone: "privatelink.postgres.database.azure.com",
    ports: ["5432", "6432"],
  },
  redisCache: {
    type: "azure-native:redis:Redis",
    groupId: "redisCache",
    zone: "privatelink.redis.cache.windows.net",
    ports: ["6380"],
  },
  redisEnterprise: {
    type: "azure-native:redisenterprise:RedisEnterprise",
    groupId: "redisEnterprise",
    zone: "privatelink.redis.azure.net",
    ports: ["10000", "8500-8599"],
  },
  serviceBus: {
    type: "azure-native:servicebus:Namespace",
    groupId: "namespace",
    zone: "privatelink.servicebus.windows.net",
    ports: ["443", "5671", "5672"],
    tier: "Premium",
  },
} as const satisfies Record<string, PrivateServiceRow>;

/** A service that takes private endpoints. */
export type PrivateService = keyof typeof privateServices;

/** The keys of the table, for schemas. */
export const privateServiceNames: readonly PrivateService[] = Object.keys(privateServices).filter(isPrivateService);

function isPrivateService(name: string): name is PrivateService {
  return Object.hasOwn(privateServices, name);
}
