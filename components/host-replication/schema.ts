import { z } from "zod";
import { retirementSchema } from "../../lib/retirement";

/** A span of time as Litestream writes it: a whole number and one of s, m, h, d. */
export const durationSchema = z
  .string()
  .regex(/^[1-9][0-9]*(s|m|h|d)$/, "expected a whole number and one of s, m, h, d, for example 30s or 7d");

/** How much a database matters ("ANVIL SPOF Elimination Plan" 1.1). */
export const databaseTierSchema = z.enum(["P0-critical", "P0-financial", "P1", "P2"]);
export type DatabaseTier = z.output<typeof databaseTierSchema>;

const tierPolicySchema = z.strictObject({
  syncInterval: durationSchema.meta({ description: "How often the write-ahead log is sent to the store" }),
  retention: durationSchema.meta({
    description: "How far back a database can be restored. One Litestream process serves each retention",
  }),
  followedByStandby: z.boolean().meta({ description: "Whether the standby follows these databases all the time" }),
});

const databaseNameSchema = z
  .string()
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, "expected lower-case words joined by dashes")
  .meta({ description: "The SQLite file's name without .db" });

const databaseSchema = z
  .strictObject({
    name: databaseNameSchema,
    tier: databaseTierSchema.meta({ description: "How much it matters; decides retention, interval and the standby" }),
    syncInterval: durationSchema.exactOptional().meta({ description: "Where it differs from its tier" }),
    retired: retirementSchema.exactOptional(),
  })
  .meta({
    description: "A database of the hosts",
    makes: [{ type: "landscape:host-replication:HostDatabase", key: "name" }],
  });

/** The SQLite databases that are replicated from the primary host. */
export const replicationSchema = z
  .strictObject({
    container: z.string().meta({ description: "The container of backup.yaml that holds the replicas" }),
    tiers: z.record(databaseTierSchema, tierPolicySchema),
    databases: z.array(databaseSchema),
  })
  .meta({ description: "Replicated databases" });
export type Replication = z.output<typeof replicationSchema>;

/** A database with everything its tier says filled in. */
export const replicatedDatabaseSchema = tierPolicySchema.extend({
  name: databaseNameSchema,
  tier: databaseTierSchema,
  retired: retirementSchema.exactOptional(),
});
export type ReplicatedDatabase = Readonly<z.output<typeof replicatedDatabaseSchema>>;

/** The databases, each with its tier's policy and its own differences. */
export function replicatedDatabases(replication: Replication): readonly ReplicatedDatabase[] {
  return replication.databases.map((database) => {
    const policy = replication.tiers[database.tier];
    return {
      name: database.name,
      tier: database.tier,
      syncInterval: database.syncInterval ?? policy.syncInterval,
      retention: policy.retention,
      followedByStandby: policy.followedByStandby,
      ...(database.retired && { retired: database.retired }),
    };
  });
}
