import { z } from "zod";
import { durationSeconds } from "../../lib/duration";
import { type Problem, repeatedName } from "../../lib/located-yaml/problem";
import { addProblems } from "../../lib/located-yaml/schema-problems";
import { retirementSchema } from "../../lib/retirement";
import { durationSchema } from "../host-replication/schema";

/** A duration between two others, all as the inventory writes them. */
const between = (least: string, most: string) =>
  durationSchema.refine(
    (text) => durationSeconds(text) >= durationSeconds(least) && durationSeconds(text) <= durationSeconds(most),
    { error: `expected ${least} to ${most}` },
  );

/**
 * A queue of the inventory. Ranges: Azure documentation, "Service Bus quotas" and "Duplicate detection"; `QueueArgs` of
 * @pulumi/azure-native 3.28 for the lock.
 */
const queueSchema = z
  .strictObject({
    name: z
      .string()
      .max(260)
      .regex(/^[a-z][a-z0-9-]*$/, { error: "expected lower-case letters, digits and dashes" }),
    lock: between("5s", "5m").optional().meta({
      description: "For how long a receiver has a message to itself, unless it asks for more. Default: 1m",
    }),
    deliveries: z.int().min(1).max(2000).optional().meta({
      description: "How often a message is delivered before it is a dead letter. Default: 10",
    }),
    timeToLive: between("1s", "365d").optional().meta({
      description: "After how long an unread message becomes a dead letter. Basic: at most 14d. Default: 14d",
    }),
    duplicatesWithin: between("20s", "7d").optional().meta({
      description:
        "Drops a message whose id came before within this time; fixed when it is made. Not on Basic. Default: keeps all",
    }),
    sessions: z.boolean().optional().meta({
      description: "Keeps messages of one session in order; fixed when it is made. Not on Basic. Default: false",
    }),
    retired: retirementSchema.exactOptional(),
  })
  .meta({ description: "A queue", makes: [{ type: "azure-native:servicebus:Queue", key: "name", prefix: "*-" }] });

export type QueueInventory = z.infer<typeof queueSchema>;

/** Queues of one environment, as the inventory has them. */
const fields = {
  tier: z.enum(["Basic", "Standard", "Premium"]).meta({
    description:
      "Basic has queues only, without sessions and duplicate detection; Premium alone can be closed to the internet, from about 680 USD a month",
  }),
  units: z.literal([1, 2, 4, 8, 16]).optional().meta({ description: "Messaging units, of Premium only. Default: 1" }),
  queues: z.array(queueSchema).min(1).meta({ description: "The queues" }),
};

export const queuesSchema = z
  .strictObject(fields)
  .superRefine((namespace, refinement) => addProblems(refinement, tierProblems(namespace)))
  .meta({ description: "Queues (a Service Bus namespace)", makes: [{ type: "landscape:queues:Queues" }] });

export type QueuesInventory = z.infer<typeof queuesSchema>;

/** The arguments of queues whose values an inventory can say, too. */
export const queuesArguments = z
  .object(fields)
  .superRefine((namespace, refinement) => addProblems(refinement, tierProblems(namespace)));

/** What a tier lacks, and queues that are there twice. Source: Azure documentation, "Service Bus pricing: tiers". */
function tierProblems({ tier, units, queues }: z.infer<z.ZodObject<typeof fields>>): readonly Problem[] {
  const names = queues.map(({ name }) => name);
  const lacks = (index: number, field: string) => ({
    path: ["queues", index, field],
    message: 'is not offered on the tier "Basic"; take Standard, or leave it out',
  });
  return [
    ...(units !== undefined && tier !== "Premium"
      ? [{ path: ["units"], message: `is for Premium; the tier "${tier}" is paid by use` }]
      : []),
    ...queues.flatMap(({ sessions, duplicatesWithin, timeToLive }, index): Problem[] => [
      ...repeatedName(names, index, ["queues", index, "name"]),
      ...(tier === "Basic" && sessions === true ? [lacks(index, "sessions")] : []),
      ...(tier === "Basic" && duplicatesWithin !== undefined ? [lacks(index, "duplicatesWithin")] : []),
      ...(tier === "Basic" && timeToLive !== undefined && durationSeconds(timeToLive) > durationSeconds(longestOnBasic)
        ? [{ path: ["queues", index, "timeToLive"], message: `is at most ${longestOnBasic} on the tier "Basic"` }]
        : []),
    ]),
  ];
}

/** Source: the service's answer in Azure/azure-service-bus#306. */
export const longestOnBasic = "14d";
