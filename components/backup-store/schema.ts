import { z } from "zod";

const base = {
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

/** A container of backups in the inventory. */
export const backupContainerSchema = z
  .discriminatedUnion("holds", [
    z.strictObject({ ...base, holds: z.literal("litestream") }),
    z.strictObject({
      ...base,
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

export type BackupContainerInventory = z.infer<typeof backupContainerSchema>;
