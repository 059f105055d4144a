import { z } from "zod";
import { type Problem, repeatedName } from "../../lib/located-yaml/problem";
import { addProblems } from "../../lib/located-yaml/schema-problems";
import { retirementSchema } from "../../lib/retirement";
import { cronSchema } from "../container-apps/schema";
import { hostnameSchema } from "../dns-zone/hostname";

const days = z.int().min(1);

/** Cloudflare keeps objects of the cheaper class for 30 days at least. Source: Cloudflare documentation, "R2 storage classes". */
const leastDaysInfrequent = 30;

const corsSchema = z
  .strictObject({
    origins: z
      .array(z.url({ protocol: /^https$/, error: "expected https:// and a host, without a path" }))
      .min(1)
      .meta({ description: "Whose pages may call it, for example https://app.example.com" }),
    methods: z.array(z.enum(["GET", "HEAD", "PUT", "POST", "DELETE"])).min(1),
  })
  .meta({ description: "Which pages may call it from a browser. Default: none" });

const copySchema = z
  .strictObject({
    to: z.string().meta({ description: "The container of the environment's objects, for this bucket alone" }),
    schedule: cronSchema.optional().meta({
      description: "When what is new or changed is copied, UTC. Default: 20 * * * *, hourly",
    }),
  })
  .meta({
    description:
      "A second copy in a container, which keeps earlier versions for its recoveryDays. What is deleted here stays there. Default: none",
  });

/** A bucket in the inventory. */
const bucketSchema = z
  .strictObject({
    name: z.string().regex(/^[a-z][a-z0-9-]*[a-z0-9]$/, { error: "expected lower-case letters, digits and dashes" }),
    onlyCopy: z.string().min(10).optional().meta({
      description:
        "R2 keeps no versions: what is overwritten or deleted is gone. Why that may be. Default: it has a copy",
    }),
    copy: copySchema.optional(),
    infrequentAfterDays: days.optional().meta({
      description: "Days after which an object moves to the class that is cheaper to keep. Default: never",
    }),
    retentionDays: z
      .union([days, z.record(z.string().regex(/^[a-z][a-z0-9-]*$/), days)])
      .optional()
      .meta({
        description:
          "Days after which an object is deleted, or those of each folder, for example { daily: 30, monthly: 365 }. Default: never",
      }),
    cors: corsSchema.optional(),
    domain: hostnameSchema.optional().meta({
      description: "A name by which everybody reads it, in one of the system's zones. Default: nobody but services",
    }),
    retired: retirementSchema.exactOptional(),
  })
  .meta({
    description: "A bucket",
    makes: [
      { type: "cloudflare:index/r2Bucket:R2Bucket", key: "name", prefix: "*-" },
      { type: "landscape:containerapps:ContainerJob", key: "name", prefix: "copy-" },
    ],
  });

const fields = {
  jurisdiction: z.enum(["default", "eu"]).optional().meta({
    description: "eu keeps objects within the European Union; fixed when a bucket is made. Default: eu",
  }),
  buckets: z.array(bucketSchema).min(1).meta({ description: "The buckets" }),
};

/** The R2 buckets of one environment. */
export const r2BucketsSchema = z
  .strictObject(fields)
  .superRefine((store, refinement) => addProblems(refinement, bucketProblems(store)))
  .meta({ description: "Buckets at Cloudflare (R2)", makes: [{ type: "landscape:r2:R2Buckets" }] });

export type R2BucketsInventory = z.infer<typeof r2BucketsSchema>;

/** The arguments of buckets whose values an inventory can say, too. */
export const r2BucketsArguments = z
  .object(fields)
  .superRefine((store, refinement) => addProblems(refinement, bucketProblems(store)));

function bucketProblems({ buckets }: Pick<z.infer<z.ZodObject<typeof fields>>, "buckets">): readonly Problem[] {
  const names = buckets.map(({ name }) => name);
  return buckets.flatMap(({ infrequentAfterDays: cool, retentionDays: kept, copy, onlyCopy }, index) => [
    ...repeatedName(names, index, ["buckets", index, "name"]),
    ...((copy === undefined) === (onlyCopy === undefined)
      ? [
          {
            path: ["buckets", index],
            message: "says where its copy is (copy), or why it needs none (onlyCopy): one of them",
          },
        ]
      : []),
    ...(cool !== undefined && kept !== undefined && shortestDays(kept) < cool + leastDaysInfrequent
      ? [
          {
            path: ["buckets", index, "retentionDays"],
            message: `is less than ${leastDaysInfrequent} days after infrequentAfterDays (${cool}), for which Cloudflare is paid in any case`,
          },
        ]
      : []),
  ]);
}

function shortestDays(kept: number | Readonly<Record<string, number>>): number {
  return typeof kept === "number" ? kept : Math.min(...Object.values(kept));
}

/** The jobs by the clock that copy buckets, with what they copy. */
export function copyJobs({ buckets }: Pick<R2BucketsInventory, "buckets">) {
  return buckets.flatMap(({ name: bucket, copy }) => {
    if (copy === undefined) return [];
    const { to, schedule = "20 * * * *" } = copy;
    return [{ name: `copy-${bucket}`, schedule, bucket, to }];
  });
}
