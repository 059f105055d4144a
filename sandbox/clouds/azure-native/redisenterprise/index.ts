import type { PropertyMap } from "../../../../deployment/values/property-value";
import { type CheckFailure, ServiceError } from "../../../engine/provider";
import { mapsAt, numberAt, textAt } from "../../read-property";
import { armType } from "../arm-type";

const clusterPath = "Microsoft.Cache/redisEnterprise/{clusterName}";

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
});

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
  type: "redisenterprise:Database",
  path: `${clusterPath}/databases/{databaseName}`,
  parent: { type: "redisenterprise:RedisEnterprise", path: clusterPath },
  name: { pattern: /^default$/, expected: '"default"', code: "InvalidResourceName" },
  allowed: {
    accessKeysAuthentication: ["Enabled", "Disabled"],
    clientProtocol: ["Encrypted", "Plaintext"],
    clusteringPolicy: ["OSSCluster", "EnterpriseCluster", "NoCluster"],
    evictionPolicy: [
      ...["NoEviction", "AllKeysLFU", "AllKeysLRU", "AllKeysRandom"],
      ...["VolatileLRU", "VolatileLFU", "VolatileTTL", "VolatileRandom"],
    ],
  },
  check: searchFailures,
  ranges: { port: { minimum: 10000, maximum: 65535 } },
  defaults: {
    clientProtocol: "Encrypted",
    port: 10000,
    accessKeysAuthentication: "Disabled",
    clusteringPolicy: "OSSCluster",
    evictionPolicy: "VolatileLRU",
  },
  createOnly: ["port", "clusteringPolicy", "modules", "geoReplication.groupNickname"],
  computed: {
    names: ["provisioningState", "resourceState"],
    values: () => ({ provisioningState: "Succeeded", resourceState: "Running" }),
  },
});

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

export const redisEnterpriseRules = [cluster, database];
