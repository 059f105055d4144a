import { z } from "zod";
import type { Problem } from "../../lib/located-yaml/problem";
import { addProblems } from "../../lib/located-yaml/schema-problems";
import { retirementSchema } from "../../lib/retirement";
import { secretNameSchema } from "../key-vault/schema";

/**
 * Sizes by name, with the gigabytes that each holds. Those above 120 GB are in preview and are left out; what they cost is in
 * operations/cost/prices.yaml. Source: Azure documentation, "What is Azure Managed Redis?: choosing the right tier".
 */
export const cacheSizes = {
  b0: { sku: "Balanced_B0", gb: 0.5 },
  b1: { sku: "Balanced_B1", gb: 1 },
  b3: { sku: "Balanced_B3", gb: 3 },
  b5: { sku: "Balanced_B5", gb: 6 },
  b10: { sku: "Balanced_B10", gb: 12 },
  b20: { sku: "Balanced_B20", gb: 24 },
  b50: { sku: "Balanced_B50", gb: 60 },
  b100: { sku: "Balanced_B100", gb: 120 },
  m10: { sku: "MemoryOptimized_M10", gb: 12 },
  m20: { sku: "MemoryOptimized_M20", gb: 24 },
  m50: { sku: "MemoryOptimized_M50", gb: 60 },
  m100: { sku: "MemoryOptimized_M100", gb: 120 },
  x3: { sku: "ComputeOptimized_X3", gb: 3 },
  x5: { sku: "ComputeOptimized_X5", gb: 6 },
  x10: { sku: "ComputeOptimized_X10", gb: 12 },
  x20: { sku: "ComputeOptimized_X20", gb: 24 },
  x50: { sku: "ComputeOptimized_X50", gb: 60 },
  x100: { sku: "ComputeOptimized_X100", gb: 120 },
} as const satisfies Record<string, { sku: string; gb: number }>;

export type CacheSize = keyof typeof cacheSizes;

/** What happens when the memory is full, in Redis' own words, and what Azure calls it. */
export const evictionPolicies = {
  noeviction: "NoEviction",
  "allkeys-lru": "AllKeysLRU",
  "allkeys-lfu": "AllKeysLFU",
  "volatile-lru": "VolatileLRU",
  "volatile-ttl": "VolatileTTL",
} as const satisfies Record<string, string>;

export type EvictionPolicy = keyof typeof evictionPolicies;

/** How Redis is cut into shards, and what Azure calls it. */
export const clusteringPolicies = {
  none: "NoCluster",
  enterprise: "EnterpriseCluster",
  oss: "OSSCluster",
} as const satisfies Record<string, string>;

export type ClusteringPolicy = keyof typeof clusteringPolicies;

/** How the contents are kept on disk, as Azure's arguments. */
export const persistences = {
  none: {},
  aof: { aofEnabled: true, aofFrequency: "1s" },
  "rdb-1h": { rdbEnabled: true, rdbFrequency: "1h" },
  "rdb-6h": { rdbEnabled: true, rdbFrequency: "6h" },
  "rdb-12h": { rdbEnabled: true, rdbFrequency: "12h" },
} as const;

export type Persistence = keyof typeof persistences;

/** What one shard holds at most. Source: Azure documentation, "Azure Managed Redis architecture: Non-clustered". */
const largestWithoutClusterGb = 25;

const namesOf = <Name extends string>(table: Readonly<Record<Name, unknown>>) => Object.keys(table) as Name[];

const fields = {
  size: z
    .enum(namesOf(cacheSizes))
    .meta({ description: "b is balanced, m has more memory, x more CPU; the number is about its GB" }),
  eviction: z.enum(namesOf(evictionPolicies)).meta({
    description:
      "What goes when the memory is full: noeviction refuses writes, as queues (BullMQ) need; allkeys-lru lets go of what was not used for longest, as caches need",
  }),
  persistence: z.enum(namesOf(persistences)).optional().meta({
    description: "How contents are kept on disk: aof loses a second, rdb-1h an hour at most. Default: none",
  }),
  clustering: z.enum(namesOf(clusteringPolicies)).optional().meta({
    description:
      "none suits every client and holds 25 GB; enterprise has one address; oss needs cluster clients. Default: none",
  }),
  highAvailability: z.boolean().optional().meta({
    description: "Two nodes in two zones, at twice the price; fixed when it is made. Default: true in production",
  }),
};

/** The arguments of a cache whose values an inventory can say, too. */
export const cacheArguments = z
  .object(fields)
  .superRefine((cache, refinement) => addProblems(refinement, sizeProblems(cache)));

function sizeProblems({ size, clustering = "none" }: z.infer<z.ZodObject<typeof fields>>): readonly Problem[] {
  const { gb } = cacheSizes[size];
  if (clustering !== "none" || gb <= largestWithoutClusterGb) return [];
  const message = `"${size}" holds ${gb} GB, and without a cluster it is at most ${largestWithoutClusterGb}; set clustering to enterprise or oss, or take b20`;
  return [{ path: ["size"], message }];
}

/** A cache that is a container: without persistence, and with a password instead of identities. */
export const containerSize = "container";

/** A cache in the inventory. */
export const cacheSchema = z
  .strictObject({
    name: z.string().regex(/^[a-z][a-z0-9-]*$/, { error: "expected lower-case letters, digits and dashes" }),
    ...fields,
    size: z.enum([...namesOf(cacheSizes), containerSize]).meta({
      description:
        "b is balanced, m has more memory, x more CPU; the number is about its GB. container: Redis in a container that a restart empties, for environments whose contents nobody would miss",
    }),
    password: secretNameSchema.optional().meta({
      description: "Of size container only, which needs it: the secret of the environment's vault with its password",
    }),
    retired: retirementSchema.exactOptional(),
  })
  .superRefine((cache, refinement) => addProblems(refinement, entryProblems(cache)))
  .meta({
    description: "A cache (Azure Managed Redis). A queue and a cache do not share one: they evict differently",
    makes: [
      { type: "landscape:cache:Cache", key: "name" },
      { type: "landscape:cache:CacheContainer", key: "name" },
    ],
  });

export type CacheInventory = z.infer<typeof cacheSchema>;

/** What only Azure Managed Redis has, and what only a container has. */
function entryProblems({ size, ...cache }: CacheFields): readonly Problem[] {
  if (size !== containerSize) {
    const passwords =
      cache.password === undefined
        ? []
        : [{ path: ["password"], message: `is for the size "${containerSize}"; identities sign in to the others` }];
    return [...sizeProblems({ ...cache, size }), ...passwords];
  }
  const managed = (["persistence", "clustering", "highAvailability"] as const).filter(
    (key) => cache[key] !== undefined,
  );
  return [
    ...managed.map((key) => ({ path: [key], message: `is not offered on the size "${containerSize}"; leave it out` })),
    ...(cache.password === undefined
      ? [{ path: [], message: `the size "${containerSize}" needs a password, a secret of the vault` }]
      : []),
  ];
}

type CacheFields = Omit<z.infer<z.ZodObject<typeof fields>>, "size"> & {
  readonly size: CacheSize | typeof containerSize;
  readonly password?: string | undefined;
};
