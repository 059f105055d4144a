import { z } from "zod";
import type { Problem } from "../../lib/located-yaml/problem";
import { addProblems } from "../../lib/located-yaml/schema-problems";
import { retirementSchema } from "../../lib/retirement";
import { hoursSchedule } from "../../lib/running-hours";
import { cronSchema } from "../container-apps/schema";
import { durationSchema } from "../host-replication/schema";
import { secretNameSchema } from "../key-vault/schema";
import { isBurstable, keepsUp, maintenanceDays, poolers, type ServerSize, serverSizes } from "./postgres-server-args";
import { entryProblems, tooSmall } from "./server-problems";

const databaseName = z
  .string()
  // With "_owner" and "_reader" it names roles, and names have 63 characters.
  .max(56, { abort: true })
  .regex(/^[A-Za-z_][A-Za-z0-9_-]*$/, { error: "expected letters, digits, _ and -, beginning with a letter" });

const sizesText = Object.entries(serverSizes)
  .map(([size, { cores, memoryGb }]) => `${size} ${cores} vCPU ${memoryGb} GB`)
  .join(", ");

const serverSize = z.enum(Object.keys(serverSizes) as ServerSize[]);

/** Of a server beside another one: part of its name. */
const childName = z.string().regex(/^[a-z][a-z0-9-]{0,19}$/, {
  error: "expected 1 to 20 lower-case letters, digits and dashes, beginning with a letter",
});

/** A server in the program: the first is called as the component is, a restored one has its own name behind that. */
const programName = z.string().regex(/^postgres(-[a-z][a-z0-9-]{0,19})?$/, {
  error: "expected the name of a server in the program, for example postgres or postgres-before-migration",
});

/** A PostgreSQL server in the inventory. */
export const postgresSchema = z
  .strictObject({
    version: z
      .enum(["14", "15", "16", "17", "18"])
      .meta({ description: "The major version, quoted. Goes up, never down." }),
    allowMajorUpgrade: z
      .boolean()
      .optional()
      .meta({ description: "Lets the version rise. Take it out again afterwards." }),
    size: serverSize.meta({
      description: `b is Burstable (no standby, no replicas, no pooler), d general purpose, e memory optimised: ${sizesText}`,
    }),
    databases: z
      .array(
        z.union([databaseName, z.strictObject({ name: databaseName, retired: retirementSchema })]).meta({
          description: "A database's name, or that and its retirement",
          makes: [{ type: "azure-native:dbforpostgresql:Database", key: "name", prefix: "*-" }],
        }),
      )
      .min(1)
      .meta({ description: "The databases" }),
    extensions: z
      .array(z.string())
      .optional()
      .meta({ description: "Extensions that may be created, for example vector" }),
    parameters: z
      .record(z.string(), z.string())
      .optional()
      .meta({ description: "Server parameters over the safe defaults" }),
    pooler: z.enum(poolers).optional().meta({
      description:
        "PgBouncer on port 6432: a connection is free for others after each transaction, or after its client's session. Not on Burstable. Default: none.",
    }),
    storageGb: z
      .literal([32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384])
      .optional()
      .meta({ description: "Gigabytes. Grows, never shrinks. Default: 32." }),
    autoGrow: z.boolean().optional().meta({ description: "Grows the disk before it is full. Default: true." }),
    backupDays: z
      .int()
      .min(7)
      .max(35)
      .optional()
      .meta({ description: "Days that every moment can be restored. Default: 14 in production, else 7." }),
    geoRedundantBackup: z
      .boolean()
      .optional()
      .meta({ description: "A second copy in the paired region; fixed at creation. Default: true in production." }),
    highAvailability: z
      .enum(["zone", "same-zone"])
      .optional()
      .meta({ description: "A standby. Not on Burstable. Default: none." }),
    nights: z.literal("off").optional().meta({
      description:
        "Stopped at night and at weekends: it runs from Monday to Friday, 04:00 to 19:00 UTC. Not in production, nor with a standby or replicas. Default: it always runs.",
    }),
    key: z.literal("own").optional().meta({
      description:
        "Encrypted with a key of ours, renewed each year; fixed at creation, and without geoRedundantBackup. Default: Azure's key.",
    }),
    replicas: z
      .array(
        z.strictObject({
          name: childName,
          size: serverSize.optional().meta({ description: "At least the server's. Default: the server's" }),
        }),
      )
      .max(5)
      .optional()
      .meta({ description: "Read replicas in the same region. Not on Burstable. Default: none." }),
    restored: z
      .array(
        z
          .strictObject({
            name: childName,
            to: z.iso.datetime({ error: "expected a moment in UTC, for example 2026-11-30T10:00:00Z" }).meta({
              description: "The moment, UTC, within backupDays. Fixed: another moment is another entry",
            }),
            serves: z.boolean().optional().meta({
              description: "Whether services use it, instead of the one that it was made from. Default: false",
            }),
            holds: z.array(databaseName).min(1).optional().meta({
              description:
                "The databases that came with the backup: the others are made on it, too. Needed with serves. Default: all",
            }),
            retired: retirementSchema.exactOptional(),
          })
          .meta({
            description: "A server that is made from the backup of this one",
            makes: [{ type: "azure-native:dbforpostgresql:Server", key: "name", prefix: "*-" }],
          }),
      )
      .optional()
      .meta({ description: "Servers beside it with what it held at a moment. Default: none" }),
    server: programName.optional().meta({
      description:
        "The server in the program, once a restored one has taken the first one's place for good, for example postgres-before-migration. Default: postgres",
    }),
    former: z
      .array(
        z.strictObject({ name: programName, retired: retirementSchema }).meta({
          description: "A server whose place another one has taken, and its retirement",
          makes: [{ type: "azure-native:dbforpostgresql:Server", key: "name" }],
        }),
      )
      .optional()
      .meta({ description: "Servers that another one has taken the place of, until they leave. Default: none" }),
    reader: z.string().optional().meta({
      description:
        "The replica that reads go to: a writer and a reader name follow when the two change places. Default: none.",
    }),
    maintenance: z
      .strictObject({
        day: z.enum(maintenanceDays).meta({ description: "The day of the week" }),
        hour: z.int().min(0).max(23).meta({ description: "The hour in UTC" }),
      })
      .optional()
      .meta({ description: "When Azure may restart it, in UTC. Default: Sunday 03:00." }),
  })
  .superRefine((server, refinement) => addProblems(refinement, entryProblems(server)))
  .meta({ description: "A PostgreSQL flexible server", makes: [{ type: "landscape:postgresql:PostgresServer" }] });

export type PostgresInventory = z.infer<typeof postgresSchema>;

const within = (what: string) => durationSchema.meta({ description: `${what}, for example 30m` });

/** What a takeover is measured against. */
const recoverySchema = z
  .strictObject({
    api: within("Within it the names of the load balancers are served from here"),
    database: within("Within it the server here takes writes"),
    objects: within("Within it the objects here take writes"),
    everything: within("Within it everything works"),
    lost: within("What was written within it before the loss may be gone: a replica further behind is not promoted"),
  })
  .meta({
    description: "How long a takeover may take, from its order on, and how much it may lose. Default: 5m, and no times",
  });

/** The server of an environment that stands by for another one. */
export const standbySchema = z
  .strictObject({
    of: z
      .string()
      .meta({ description: "The environment whose server and objects it has copies of; its stack reads that one's" }),
    size: serverSize.optional().meta({ description: "At least that server's. Default: that server's" }),
    recovery: recoverySchema.optional(),
  })
  .meta({
    description: "A replica of another environment's server and the copies of its objects, instead of some of its own",
    makes: [{ type: "landscape:postgresql:StandbyServer" }, { type: "landscape:storage:ObjectStoreCopy" }],
  });

export type StandbyInventory = z.infer<typeof standbySchema>;

/** What a standby has of its primary's entry. It has no backups, no standby and no replicas, until it is promoted. */
export function standbyEntry(
  { geoRedundantBackup: _, highAvailability: __, replicas: ___, reader: ____, ...primary }: PostgresInventory,
  { size = primary.size }: StandbyInventory,
): PostgresInventory {
  return { ...primary, size };
}

/** What is wrong with a standby, by the key of its entry; empty when it is right. */
export function standbyProblems(
  { of, size }: StandbyInventory,
  primary: PostgresInventory | undefined,
): readonly Problem[] {
  if (primary === undefined) return [{ path: ["of"], message: `no environment "${of}" with a server of its own` }];
  if (isBurstable(primary.size)) {
    return [{ path: ["of"], message: `the server of ${of} is Burstable ("${primary.size}"), which has no replicas` }];
  }
  if (primary.restored !== undefined) {
    return [{ path: ["of"], message: `${of} has restored servers, which no standby follows` }];
  }
  if (primary.reader !== undefined) {
    const message = `the server of ${of} has a reader, "${primary.reader}"; a server has one pair of names, which the standby needs`;
    return [{ path: ["of"], message }];
  }
  return size === undefined || keepsUp(size, primary.size)
    ? []
    : [{ path: ["size"], message: tooSmall(size, primary.size) }];
}

/** The dumps of an environment's databases in the inventory. */
export const dumpsSchema = z
  .strictObject({
    to: z.string().meta({
      description:
        "The bucket or container of objects that they are kept in, below daily/. Its retention says for how long",
    }),
    schedule: cronSchema.optional().meta({ description: "When they are made, UTC. Default: 0 3 * * *, daily" }),
    monthly: z.boolean().optional().meta({
      description: "Whether the first of each month is kept below monthly/, too. Default: false",
    }),
    beforeMigrations: z.boolean().optional().meta({
      description:
        "Whether there is a job that people start before a migration, for dumps below pre-migration/. Default: false",
    }),
    test: cronSchema.optional().meta({
      description:
        "When the newest is listed and read to its end, UTC; the first such test of each month restores it. Default: 30 4 * * 0, weekly",
    }),
    key: secretNameSchema.optional().meta({
      description:
        "The secret with the key that they are encrypted with, 32 bytes in base64. Needed in a bucket, whose token is in the state. Default: Azure encrypts them",
    }),
    restoreInto: z.string().meta({
      description: "The database of the same server that tests restore into and empty again: one that nobody else uses",
    }),
  })
  .meta({
    description: "Dumps of the databases beside Azure's own backups",
    makes: [{ type: "landscape:postgresql:DatabaseDumps" }],
  });

/** The arguments of dumps whose values an inventory can say, too. */
export const dumpsArguments = z.object(dumpsSchema.pick({ schedule: true, test: true }).shape);

export type DumpsInventory = z.infer<typeof dumpsSchema>;

/** The job that keeps the roles of a server's databases, and when it runs beside the deployments that change it, in UTC: each hour. */
export const roleGiving = { name: "database-roles", schedule: "7 * * * *" } as const;

/** The job that stops and starts a server whose nights are off. */
export const databaseHours = { name: "database-hours", schedule: hoursSchedule } as const;

/** The jobs by the clock that make dumps and test them. */
export const dumpJobNames = {
  daily: "database-dumps",
  test: "dump-test",
  beforeMigrations: "dumps-before-migrations",
} as const;

/** When they run, where the inventory does not say. */
export function dumpTimes({ schedule = "0 3 * * *", test = "30 4 * * 0" }: Pick<DumpsInventory, "schedule" | "test">) {
  return { schedule, test };
}

/** The jobs by the clock of an environment's dumps, as rules can watch them. */
export function scheduledJobs(entry: Pick<DumpsInventory, "schedule" | "test">) {
  const { schedule, test } = dumpTimes(entry);
  return [
    { name: dumpJobNames.daily, schedule },
    { name: dumpJobNames.test, schedule: test },
  ];
}
