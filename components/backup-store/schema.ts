import { z } from "zod";
import { addProblems } from "../../lib/located-yaml/schema-problems";
import { retirementSchema } from "../../lib/retirement";
import { blobContainerNameSchema, redundancySchema } from "../blob-account/container-schema";
import { databaseTierSchema, durationSchema } from "../host-replication/schema";
import { containerProblems } from "./store-problems";

const base = {
  name: blobContainerNameSchema,
  exists: z
    .boolean()
    .optional()
    .meta({ description: "It is already there, in an account that is adopted. Default: false." }),
  retentionDays: z.int().min(1).optional().meta({ description: "Days after which a blob is deleted. Default: never." }),
  coolAfterDays: z
    .int()
    .min(1)
    .optional()
    .meta({ description: "Days after which a blob moves to the cool tier. Default: never." }),
  retired: retirementSchema.exactOptional(),
};

/** A container of backups in the inventory. */
const backupContainerSchema = z
  .discriminatedUnion("holds", [
    z.strictObject({
      ...base,
      holds: z.literal("litestream"),
      immutableDays: z
        .never({
          error: "Litestream deletes what it compacts, so its container cannot be immutable; leave immutableDays out",
        })
        .optional(),
    }),
    z.strictObject({
      ...base,
      holds: z.enum(["dumps", "copies"]),
      immutableDays: z
        .int()
        .min(1)
        .optional()
        .meta({ description: "Days in which nobody can change or delete a blob. Default: none." }),
      copiesOf: z
        .string()
        .optional()
        .meta({ description: "The container of the store whose replicas a job copies to this one. Default: none." }),
    }),
  ])
  .meta({
    description:
      "What a container holds, and how long. Litestream's own is never immutable: it deletes what it compacts.",
    makes: [{ type: "azure-native:storage:BlobContainer", key: "name", prefix: "*-" }],
  });

/** The backup store of one environment. */
export const backupStoreSchema = z
  .strictObject({
    adopt: z
      .strictObject({
        resourceGroup: z.string().min(1).meta({ description: "The group it is in, which is adopted too" }),
        account: z.string().regex(/^[a-z0-9]{3,24}$/, "expected 3 to 24 lower-case letters and digits"),
      })
      .exactOptional()
      .meta({ description: "The account that exists. Default: a new one" }),
    redundancy: redundancySchema.meta({ description: "How far apart copies are kept" }),
    recoveryDays: z.int().min(7).max(365).meta({ description: "Days that deleted blobs can be brought back" }),
    containers: z.array(backupContainerSchema).min(1, "expected at least one container, or nothing could be kept"),
  })
  .superRefine((store, refinement) => addProblems(refinement, containerProblems(store)))
  .meta({ description: "The backup store of one environment", makes: [{ type: "landscape:storage:BackupStore" }] });

const ageLimitSchema = z.union([durationSchema, z.literal("never")]);

/** When a restore test calls a replica stale. */
export const restoreTestSchema = z
  .strictObject({
    staleAfter: z
      .record(databaseTierSchema, ageLimitSchema)
      .meta({ description: "How old the newest transaction of a replica may be, by tier" }),
    quiet: z
      .record(z.string(), z.union([ageLimitSchema, z.literal("unwritten")]))
      .exactOptional()
      .meta({
        description: "Databases that are written less often than others of their tier; unwritten: it may not exist yet",
      }),
  })
  .meta({ description: "How old backups may be" });
