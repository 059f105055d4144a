import { z } from "zod";

/** What Azure runs of an app at most. */
const mostReplicas = 1000;

const replicas = z.int().max(mostReplicas);
const percent = z.int().min(1).max(100);

/**
 * What a replica takes before there is another: by what counts it.
 * Source of the count of requests: Azure documentation, "Set scaling rules in Azure Container Apps", HTTP.
 */
const targets = {
  concurrentRequests: z.int().min(1).optional().meta({
    description: "Requests that one replica takes: those of 15 seconds, divided by 15, so a rate a second. Default: 10",
  }),
  cpuPercent: percent.optional().meta({ description: "Use of CPU above which another replica comes, in percent" }),
  memoryPercent: percent.optional().meta({ description: "The same of memory" }),
};

const messages = z.int().min(1);

/** How scaling takes its time. */
const pace = {
  cooldownSeconds: z.int().min(0).optional().meta({
    description: "How long nothing must wait before the last replica goes. Default: 300, which is Azure's.",
  }),
  pollingSeconds: z.int().min(1).optional().meta({
    description: "How often a queue is looked at. Default: 30, which is Azure's.",
  }),
};

/** How many replicas an app has that says nothing else. */
export const replicasSchema = z
  .strictObject({ min: replicas.min(0), max: replicas.min(1) })
  .refine(({ min, max }) => min <= max, { message: "min is above max", path: ["min"] })
  .meta({ description: "How many replicas an app has that says nothing else: at least, at most. 0 lets apps sleep" });

export type Replicas = z.infer<typeof replicasSchema>;

/** The replicas of an app in an environment: its own, and the environment's where it says nothing. */
export function replicasOf(
  { scale: own }: { readonly scale?: { readonly [End in keyof Replicas]?: Replicas[End] | undefined } | undefined },
  environment: Replicas,
): Replicas {
  const min = own?.min ?? Math.min(environment.min, own?.max ?? environment.max);
  return { min, max: own?.max ?? Math.max(environment.max, min) };
}

/** How many replicas an app of the inventory has. */
export const scaleSchema = z
  .strictObject({
    min: replicas.min(0).optional().meta({
      description: "Replicas that always run. Default: the environment's `replicas.min`, or max where that is less.",
    }),
    max: replicas.min(1).optional().meta({
      description: "Replicas at most. Default: the environment's `replicas.max`, or min where that is more.",
    }),
    ...targets,
    queue: z
      .strictObject({ name: z.string(), messages })
      .optional()
      .meta({ description: "A queue that it receives from, and how many waiting messages one replica takes" }),
    list: z
      .strictObject({
        cache: z.string().meta({ description: "A cache that it uses, of the size container: KEDA needs a password" }),
        name: z.string().min(1).meta({ description: "The list, for example bull:evidence:wait" }),
        messages,
      })
      .optional()
      .meta({ description: "A list in a Redis container, and how many waiting entries one replica takes" }),
    ...pace,
  })
  .refine(({ min = 0, max = mostReplicas }) => min <= max, { error: "min is above max", path: ["min"] })
  .meta({ description: "How many replicas" });

/** The arguments of a scale whose values an inventory can say, too. */
export const scaleArguments = replicasSchema.safeExtend({
  rules: z
    .array(
      z.object({
        concurrentRequests: targets.concurrentRequests,
        percent: percent.optional(),
        messages: messages.optional(),
      }),
    )
    .optional(),
  ...pace,
});

const probePath = z.string().startsWith("/", { error: "expected a path that begins with /" });

/** Ranges and defaults of the numbers: `ContainerAppProbeArgs` of @pulumi/azure-native 3.28. */
const probe = z
  .union([
    probePath,
    z.strictObject({
      path: probePath,
      delaySeconds: z.int().min(1).max(60).optional().meta({ description: "Seconds before the first. Default: 0" }),
      periodSeconds: z.int().min(1).max(240).optional().meta({ description: "Seconds from one to the next" }),
      timeoutSeconds: z.int().min(1).max(240).optional().meta({ description: "Seconds for an answer. Default: 5" }),
      failures: z.int().min(1).max(10).optional().meta({ description: "Failures in a row that count. Default: 3" }),
    }),
  ])
  .optional();

/** How an app is asked how it is. */
export const probesSchema = z
  .strictObject({
    liveness: probe.meta({ description: "Restarted when it fails; asked every 10 seconds" }),
    readiness: probe.meta({ description: "Gets no requests while it fails; asked every 5 seconds" }),
    startup: probePath.optional().meta({ description: "Default: the liveness path" }),
  })
  .meta({ description: "Paths that answer 2xx or 3xx when all is well. Default: the port answers." });

export const stopSecondsSchema = z.int().min(0).max(600).meta({
  description: "How long a replica that is told to stop may finish its work. Default: 30, which is Azure's.",
});

/** Where an app says what it measures of itself, in the text format of Prometheus. */
export const metricsPageSchema = z
  .strictObject({
    port: z.int().min(1).max(65_535).meta({ description: "The port that answers, reachable within the replica" }),
    path: z
      .string()
      .startsWith("/", { error: "expected a path that begins with /" })
      .optional()
      .meta({ description: "Default: /metrics" }),
  })
  .meta({
    description: "Where it shows its metrics; collected in environments with `metrics`. Default: it shows none",
  });

export type MetricsPage = z.infer<typeof metricsPageSchema>;
