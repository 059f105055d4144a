import { z } from "zod";

const container = {
  name: z
    .string()
    .regex(/^(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*$/, {
      error: "expected 3 to 63 lower-case letters, digits and single dashes",
    })
    .meta({ description: "The container's exact name" }),
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
};

const containerSchema = z
  .discriminatedUnion("holds", [
    z.strictObject({ ...container, holds: z.literal("litestream") }),
    z.strictObject({
      ...container,
      holds: z.enum(["dumps", "copies"]),
      immutableDays: z
        .int()
        .min(1)
        .optional()
        .meta({ description: "Days in which nobody can change or delete a blob. Default: none." }),
    }),
  ])
  .meta({
    description:
      "What a container holds, and how long. Litestream's own is never immutable: it deletes what it compacts.",
  });

/** The backup store of one environment. */
export const backupStoreSchema = z
  .strictObject({
    adopt: z
      .strictObject({
        resourceGroup: z.string().meta({ description: "The account's resource group" }),
        account: z.string().meta({ description: "The account's name" }),
      })
      .optional()
      .meta({ description: "An account that exists, to be owned from now on. Default: a new one." }),
    redundancy: z.enum(["local", "zone", "geo", "geo-zone"]).optional().meta({
      description: "Where copies are kept. Local and geo change in place. Default: geo in production, else local.",
    }),
    recoveryDays: z.int().min(7).max(365).optional().meta({
      description: "Days that what was deleted or overwritten can be brought back. Default: 30 in production, else 7.",
    }),
    changeFeed: z.boolean().optional().meta({ description: "A log of every change. Default: false." }),
    containers: z.array(containerSchema).min(1).meta({ description: "What is kept" }),
  })
  .meta({ description: "The backup store of one environment" });

export type BackupStoreInventory = z.infer<typeof backupStoreSchema>;
