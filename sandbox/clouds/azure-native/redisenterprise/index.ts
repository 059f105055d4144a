import type { PropertyMap } from "../../../../deployment/values/property-value";
import { type CheckFailure, ServiceError } from "../../../engine/provider";
import { flagAt, mapAt, mapsAt, numberAt, textAt, textsAt } from "../../read-property";
import type { ServiceContext, TypeRule } from "../../type-rule";
import { parentOfId, sameId } from "../arm-id";
import { type ArmTypeSpec, armType } from "../arm-type";

const clusterPath = "Microsoft.Cache/redisEnterprise/{clusterName}";
const clusterType = "azure-native:redisenterprise:RedisEnterprise";
const databasePath = `${clusterPath}/databases/{databaseName}`;

/** Source: `redisenterprise.SkuName` of azure-native, which a test compares. */
export const redisEnterpriseSkus: readonly string[] = [
  ...skuNames("Balanced_B", [0, 1, 3, 5, 10, 20, 50, 100, 150, 250, 350, 500, 700, 1000]),
  ...skuNames("MemoryOptimized_M", [10, 20, 50, 100, 150, 250, 350, 500, 700, 1000, 1500, 2000]),
  ...skuNames("ComputeOptimized_X", [3, 5, 10, 20, 50, 100, 150, 250, 350, 500, 700]),
  ...skuNames("FlashOptimized_A", [250, 500, 700, 1000, 1500, 2000, 4500]),
  ...skuNames("Enterprise_E", [1, 5, 10, 20, 50, 100, 200, 400]),
  ...skuNames("EnterpriseFlash_F", [300, 700, 1500]),
];

function skuNames(family: string, sizes: readonly number[]): readonly string[] {
  return sizes.map((size) => `${family}${size}`);
}

const cluster = armType({
  type: "redisenterprise:RedisEnterprise",
  describedBy: ["redisenterprisecache", "Cluster"],
  path: clusterPath,
  name: {
    pattern: /^(?!.*--)[A-Za-z0-9]([A-Za-z0-9-]{0,58}[A-Za-z0-9])?$/,
    expected: "1 to 60 letters, digits and single dashes, a letter or digit at both ends",
    code: "InvalidResourceName",
    uniqueInWorld: (name) => new ServiceError("NameNotAvailable", `The cluster name '${name}' is already in use.`, 409),
  },
  located: true,
  required: ["sku", "sku.name", "publicNetworkAccess"],
  allowed: {
    "sku.name": redisEnterpriseSkus,
    highAvailability: ["Enabled", "Disabled"],
    minimumTlsVersion: ["1.0", "1.1", "1.2"],
    publicNetworkAccess: ["Enabled", "Disabled"],
  },
  check: capacityFailures,
  defaults: { highAvailability: "Enabled", minimumTlsVersion: "1.2" },
  createOnly: ["highAvailability", "zones"],
  computed: {
    names: ["hostName", "provisioningState", "resourceState", "redisVersion", "redundancyMode"],
    stable: ["hostName"],
    values: ({ inputs }) => ({
      hostName: `${textAt(inputs, "clusterName")}.${textAt(inputs, "location")}.redis.azure.net`,
      provisioningState: "Succeeded",
      resourceState: "Running",
      redisVersion: "7.4",
      redundancyMode: textAt(inputs, "highAvailability") === "Enabled" ? "ZR" : "None",
    }),
  },
  service: { write: ({ inputs }) => refuseZones(inputs) },
});

/**
 * Managed Redis spreads its nodes over zones by itself. Source: the answer in langchain-ai/terraform#107, from Balanced to
 * Flash-optimised; it does not tell the code.
 */
function refuseZones(inputs: PropertyMap): void {
  const sku = textAt(inputs, "sku.name") ?? "";
  if (sku.startsWith("Enterprise") || textsAt(inputs, "zones").length === 0) return;
  throw new ServiceError(
    "BadRequest",
    `Specifying zones for SKU '${sku}' is not supported. Zone redundancy is enabled by default for this SKU in regions with zones.`,
  );
}

/** A cluster takes one operation at a time, those on its database included. Source: Azure/azure-dev#6640. */
const ofCluster: Pick<ArmTypeSpec, "parent" | "oneAtATime"> = {
  parent: { type: "redisenterprise:RedisEnterprise", path: clusterPath },
  oneAtATime: (_, id) => oneOperation(parentOfId(id)),
};

function oneOperation(clusterId: string): ReturnType<NonNullable<TypeRule["oneAtATime"]>> {
  return {
    key: `redis:${clusterId.toLowerCase()}`,
    refusal: () =>
      new ServiceError(
        "Conflict",
        `The resource '${clusterId}' is busy processing a previous update request. Please try again later.`,
        409,
      ),
  };
}

/**
 * Enterprise tiers are made of units, the Managed Redis tiers have their size in their name.
 * Source: REST reference of Microsoft.Cache/redisEnterprise, `sku.capacity`.
 */
function capacityFailures(inputs: PropertyMap): readonly CheckFailure[] {
  const name = textAt(inputs, "sku.name");
  const capacity = numberAt(inputs, "sku.capacity");
  const property = "sku.capacity";
  if (name === undefined) return [];
  if (!name.startsWith("Enterprise")) {
    return capacity === undefined
      ? []
      : [
          {
            property,
            reason: `'${property}': expected none, because ${name} has its size in its name, got ${capacity}`,
          },
        ];
  }
  const isFlash = name.startsWith("EnterpriseFlash");
  if (capacity !== undefined && (isFlash ? capacity % 6 === 3 : capacity >= 2 && capacity % 2 === 0)) return [];
  const expected = isFlash ? "3, 9, 15, …" : "2, 4, 6, …";
  return [{ property, reason: `'${property}': expected ${expected} for ${name}, got ${capacity ?? "none"}` }];
}

const database = armType({
  ...ofCluster,
  type: "redisenterprise:Database",
  describedBy: ["redisenterprisecache", "Database"],
  path: databasePath,
  name: { pattern: /^default$/, expected: '"default"', code: "InvalidResourceName" },
  allowed: {
    accessKeysAuthentication: ["Enabled", "Disabled"],
    clientProtocol: ["Encrypted", "Plaintext"],
    clusteringPolicy: ["OSSCluster", "EnterpriseCluster", "NoCluster"],
    evictionPolicy: [
      ...["NoEviction", "AllKeysLFU", "AllKeysLRU", "AllKeysRandom"],
      ...["VolatileLRU", "VolatileLFU", "VolatileTTL", "VolatileRandom"],
    ],
    "persistence.aofFrequency": ["1s", "always"],
    "persistence.rdbFrequency": ["1h", "6h", "12h"],
  },
  check: (inputs) => [...searchFailures(inputs), ...persistenceFailures(inputs)],
  ranges: { port: { minimum: 10000, maximum: 65535 } },
  defaults: {
    clientProtocol: "Encrypted",
    port: 10000,
    accessKeysAuthentication: "Disabled",
    clusteringPolicy: "OSSCluster",
    evictionPolicy: "VolatileLRU",
  },
  createOnly: [
    "port",
    // Source: the description of clusteringPolicy in @pulumi/azure-native 3.28: "can be updated only if the current value is NoCluster".
    { path: "clusteringPolicy", when: ({ before }) => before !== "NoCluster" },
    "modules",
    "geoReplication.groupNickname",
  ],
  computed: {
    names: ["provisioningState", "resourceState"],
    values: () => ({ provisioningState: "Succeeded", resourceState: "Running" }),
  },
  service: { write: refuseTooLarge },
});

/** Source: Azure documentation, "Azure Managed Redis architecture: Non-clustered", as quoted in onyx-dot-app/onyx#14200. */
const largestWithoutClusterGb = 25;

/** One shard holds what a node of 25 GB has; sizes are named after their gigabytes. */
function refuseTooLarge({ world, id, inputs }: ServiceContext): void {
  if (textAt(inputs, "clusteringPolicy") !== "NoCluster") return;
  const sku = textAt(world.get(clusterType, parentOfId(id))?.properties ?? {}, "sku.name") ?? "";
  const gigabytes = Number(/_[A-Z](\d+)$/.exec(sku)?.[1] ?? 0);
  if (gigabytes <= largestWithoutClusterGb) return;
  throw new ServiceError("BadRequest", `The clustering policy 'NoCluster' is not supported for SKU '${sku}'.`);
}

/** Source: descriptions of the inputs in @pulumi/azure-native 3.28; that geo-replication excludes it, terraform-provider-azurerm#30964. */
function persistenceFailures(inputs: PropertyMap): readonly CheckFailure[] {
  const property = "persistence";
  const persistence = mapAt(inputs, property);
  const kinds = ["aof", "rdb"].filter((kind) => flagAt(persistence, `${kind}Enabled`) === true);
  const failed = (expected: string) => [{ property, reason: `'${property}': expected ${expected}` }];
  if (kinds.length > 1) return failed("at most one of aofEnabled and rdbEnabled, got both");
  if (kinds.length > 0 && inputs.geoReplication !== undefined) return failed("none beside geoReplication");
  const [kind] = kinds;
  return kind === undefined || persistence[`${kind}Frequency`] !== undefined
    ? []
    : failed(`${kind}Frequency beside ${kind}Enabled`);
}

/** Source: Azure documentation, "Use Redis modules with Azure Managed Redis: RediSearch". */
function searchFailures(inputs: PropertyMap): readonly CheckFailure[] {
  if (!mapsAt(inputs, "modules").some((module) => textAt(module, "name") === "RediSearch")) return [];
  const wanted = [
    { property: "clusteringPolicy", isGood: (value: string) => value !== "OSSCluster", expected: "EnterpriseCluster" },
    { property: "evictionPolicy", isGood: (value: string) => value === "NoEviction", expected: "NoEviction" },
  ];
  return wanted.flatMap(({ property, isGood, expected }) => {
    const value = inputs[property] === undefined ? "the default" : textAt(inputs, property);
    if (value === undefined || (value !== "the default" && isGood(value))) return [];
    return [{ property, reason: `'${property}': expected ${expected} for the module RediSearch, got ${value}` }];
  });
}

const accessPolicyAssignment = armType({
  type: "redisenterprise:AccessPolicyAssignment",
  path: `${databasePath}/accessPolicyAssignments/{accessPolicyAssignmentName}`,
  parent: { type: "redisenterprise:Database", path: databasePath },
  oneAtATime: (_, id) => oneOperation(parentOfId(parentOfId(id))),
  // Source: the answer in Azure/azure-cli#33568. The service takes GUIDs as well, which its own tools then refuse.
  name: { pattern: /^[A-Za-z0-9-]{1,60}$/, expected: "1 to 60 letters and digits", code: "InvalidResourceName" },
  required: ["accessPolicyName", "user", "user.objectId"],
  // Source: the description of accessPolicyName in @pulumi/azure-native 3.28: "Only "default" policy is supported for now".
  allowed: { accessPolicyName: ["default"] },
  computed: { names: ["provisioningState"], values: () => ({ provisioningState: "Succeeded" }) },
  service: { write: refuseSecondAssignment },
});

/** Source: the answer in Azure/AzureCacheForRedis#14. */
function refuseSecondAssignment({ world, id, inputs }: ServiceContext): void {
  const user = textAt(inputs, "user.objectId");
  const other = world
    .children(parentOfId(id))
    .some((assignment) => !sameId(assignment.id, id) && sameId(textAt(assignment.properties, "user.objectId"), user));
  if (!other) return;
  throw new ServiceError(
    "BadRequest",
    "An invalid access policy assignment was detected due to duplicate entries. Please review and ensure that each assignment has a unique combination of assignmentName, policyName and ObjectId to avoid such duplicates",
  );
}

export const redisEnterpriseRules = [cluster, database, accessPolicyAssignment];
