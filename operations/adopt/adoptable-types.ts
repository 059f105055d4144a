import type { JsonObject } from "../../lib/json-value";

/** How things of a type are told apart, and how an engine imports one. */
export interface AdoptableType {
  /** The properties that say where to look. @example ["zoneId", "name"] */
  readonly scope: readonly string[];
  /** Those by which it is the one that is meant, among what is there. Default: there is one at most. */
  readonly keys?: readonly string[];
  /** Those by which one of several is exactly the one that is wanted. Default: none. */
  readonly prefers?: readonly string[];
  /** What cannot be there beside the one that is meant. Default: nothing is in its way. */
  readonly isRival?: (wanted: JsonObject, there: JsonObject) => boolean;
  /** What `pulumi import` takes. Default: the id of what was found. */
  readonly importId?: (wanted: JsonObject, id: string) => string;
}

/** A name has one CNAME, or addresses. Source: Cloudflare's error 81053. */
const exclusive: ReadonlySet<unknown> = new Set(["A", "AAAA", "CNAME"]);

const joined =
  (...properties: readonly string[]): NonNullable<AdoptableType["importId"]> =>
  (wanted) =>
    properties.map((property) => String(wanted[property])).join("/");

/** A part of a repository whose name the program gives. */
const named = (...scope: readonly string[]): AdoptableType => ({ scope });

/** The only one of its kind. */
const single: AdoptableType = { scope: [] };

/**
 * What accounts may hold before the program does, and what a first deployment would be refused over, or overwrite. Import ids: the pages
 * of the types in Pulumi's registry, "Import".
 */
export const adoptableTypes: Readonly<Record<string, AdoptableType>> = {
  "cloudflare:index/zone:Zone": { scope: ["name"] },
  "cloudflare:index/dnsRecord:DnsRecord": {
    scope: ["zoneId", "name"],
    keys: ["type"],
    prefers: ["content", "priority"],
    isRival: (wanted, there) =>
      wanted.type !== there.type &&
      exclusive.has(wanted.type) &&
      exclusive.has(there.type) &&
      (wanted.type === "CNAME" || there.type === "CNAME"),
    importId: ({ zoneId }, id) => `${zoneId}/${id}`,
  },
  "cloudflare:index/ruleset:Ruleset": {
    scope: ["zoneId"],
    keys: ["phase"],
    importId: ({ zoneId }, id) => `zones/${zoneId}/${id}`,
  },
  "cloudflare:index/pagesProject:PagesProject": {
    scope: ["accountId", "name"],
    importId: joined("accountId", "name"),
  },
  "cloudflare:index/pagesDomain:PagesDomain": {
    scope: ["accountId", "projectName", "name"],
    importId: joined("accountId", "projectName", "name"),
  },
  "cloudflare:index/r2Bucket:R2Bucket": {
    scope: ["accountId", "name", "jurisdiction"],
    importId: joined("accountId", "name", "jurisdiction"),
  },
  "github:index/repository:Repository": named("name"),
  "github:index/repositoryEnvironment:RepositoryEnvironment": named("repository", "environment"),
  "github:index/actionsVariable:ActionsVariable": named("repository", "variableName"),
  "github:index/actionsEnvironmentVariable:ActionsEnvironmentVariable": named(
    "repository",
    "environment",
    "variableName",
  ),
  "github:index/repositoryRuleset:RepositoryRuleset": {
    scope: ["repository"],
    keys: ["name"],
    importId: ({ repository }, id) => `${repository}:${id}`,
  },
  "tailscale:index/acl:Acl": single,
  "tailscale:index/dnsConfiguration:DnsConfiguration": single,
  "tailscale:index/tailnetSettings:TailnetSettings": single,
};

/** Azure's, by resource provider and kind, and the input that is their name. */
export const armTypes: Readonly<Record<string, readonly [kind: string, name: string]>> = {
  "azure-native:app:ManagedEnvironment": ["Microsoft.App/managedEnvironments", "environmentName"],
  "azure-native:app:ContainerApp": ["Microsoft.App/containerApps", "containerAppName"],
  "azure-native:app:Job": ["Microsoft.App/jobs", "jobName"],
  "azure-native:containerregistry:Registry": ["Microsoft.ContainerRegistry/registries", "registryName"],
  "azure-native:dbforpostgresql:Server": ["Microsoft.DBforPostgreSQL/flexibleServers", "serverName"],
  "azure-native:keyvault:Vault": ["Microsoft.KeyVault/vaults", "vaultName"],
  "azure-native:managedidentity:UserAssignedIdentity": [
    "Microsoft.ManagedIdentity/userAssignedIdentities",
    "resourceName",
  ],
  "azure-native:network:VirtualNetwork": ["Microsoft.Network/virtualNetworks", "virtualNetworkName"],
  "azure-native:operationalinsights:Workspace": ["Microsoft.OperationalInsights/workspaces", "workspaceName"],
  "azure-native:redisenterprise:RedisEnterprise": ["Microsoft.Cache/redisEnterprise", "clusterName"],
  "azure-native:servicebus:Namespace": ["Microsoft.ServiceBus/namespaces", "namespaceName"],
  "azure-native:storage:StorageAccount": ["Microsoft.Storage/storageAccounts", "accountName"],
};

/**
 * Child resources, which the list of a resource group leaves out, so that each is asked for by its id. A restored server has its databases
 * before the program does.
 */
export const armParts: Readonly<Record<string, ArmPart>> = {
  "azure-native:dbforpostgresql:Database": {
    in: "azure-native:dbforpostgresql:Server",
    kind: "databases",
    name: "databaseName",
    apiVersion: "2025-08-01",
  },
};

interface ArmPart {
  /** The type of its parent. */
  readonly in: string;
  readonly kind: string;
  /** The input that is its name. */
  readonly name: string;
  /** The API version of the request. Source: azure-rest-api-specs. */
  readonly apiVersion: string;
}

/** The Azure id that a resource will have; undefined for a type that is not looked for, and where its group is not known yet. */
export function armId(type: string, wanted: JsonObject, subscription: string): string | undefined {
  const { resourceGroupName: group } = wanted;
  if (typeof group !== "string") return undefined;
  const part = armParts[type];
  if (part !== undefined) {
    const around = armId(part.in, wanted, subscription);
    const own = wanted[part.name];
    return around === undefined || typeof own !== "string" ? undefined : `${around}/${part.kind}/${own}`;
  }
  const ofGroup = `/subscriptions/${subscription}/resourceGroups/${group}`;
  if (type === "azure-native:resources:ResourceGroup") return ofGroup;
  const [kind, property = ""] = armTypes[type] ?? [];
  const name = wanted[property];
  return kind === undefined || typeof name !== "string" ? undefined : `${ofGroup}/providers/${kind}/${name}`;
}
