import { z } from "zod";
import { cronProblems } from "../../lib/cron";
import { addProblems } from "../../lib/located-yaml/schema-problems";
import { hostnameSchema } from "../dns-zone/schema";
import { secretNameSchema } from "../key-vault/schema";
import { nameRules } from "../naming/name-rules";
import { portSchema, publicAddressSchema } from "../reach/schema";

const variableName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: "expected letters, digits and _" });

/** The secret that a variable refers to. @example secretName("DATABASE_URL") // "database-url" */
export function secretName(variable: string): string {
  return variable
    .toLowerCase()
    .replace(/_/g, "-")
    .replace(/^-+|-+$/g, "");
}

/** Characters of a secret's name. Source: the service's answer in Azure/container-apps-deploy-action#116. */
const longestSecretName = 253;

/** Variables that hold secrets. Each becomes a secret of its own, whose name Container Apps has to take. */
const secretVariables = <Entry extends z.ZodType>(entry: Entry) =>
  z.record(variableName, entry).superRefine((secrets, refinement) => {
    const variables = Object.keys(secrets);
    const problems = variables.map((variable, index) => {
      const name = secretName(variable);
      const other = variables.slice(0, index).find((before) => secretName(before) === name);
      if (name === "") return "expected a letter or a digit, of which the secret's name is made";
      if (name.length > longestSecretName)
        return `expected at most ${longestSecretName} characters, got ${name.length}`;
      return other === undefined ? undefined : `becomes the secret "${name}", as ${other} does; rename one of them`;
    });
    addProblems(
      refinement,
      problems.flatMap((message, index) =>
        message === undefined ? [] : [{ path: [variables[index] ?? ""], message }],
      ),
    );
  });

const repository = z.string().regex(/^[a-z0-9][a-z0-9._/:-]*$/, {
  error: "expected a repository of images: lower-case letters, digits and . _ / -",
});

/** Azure gives 2 GiB of memory with each CPU, and nothing between. Source: Container Apps, "Containers", "Allocations". */
const cpu = z
  .number()
  .min(0.25)
  .max(4)
  .multipleOf(0.25, { error: "expected a multiple of 0.25" })
  .optional()
  .meta({ description: "Virtual CPUs in steps of 0.25; each brings 2 GiB of memory. Default: 0.25." });

const cron = z.string().superRefine((text, refinement) =>
  addProblems(
    refinement,
    cronProblems(text).map((problem) => ({
      path: [],
      message: `expected five cron fields, in UTC, such as "0 2 * * 0"; ${problem}`,
    })),
  ),
);

const timeoutSeconds = z.int().min(1).meta({ description: "Seconds after which a run is stopped" });

const retries = z
  .int()
  .min(0)
  .max(10)
  .optional()
  .meta({ description: "How often a failed run is tried again. Default: 1." });

const common = {
  name: z
    .string()
    .min(nameRules.containerApp.minLength, { abort: true })
    .max(nameRules.containerApp.maxLength, { abort: true })
    .regex(/^[a-z][a-z0-9-]*[a-z0-9]$/, {
      error: "expected lower-case letters, digits and dashes, beginning with a letter",
    })
    .meta({ description: "The app's name, for example mc-api" }),
  repository: repository.optional().meta({ description: "Its image in the registry. Default: its name." }),
  tier: z
    .enum(["P0", "P1", "P2"])
    .meta({ description: "What it promises: P0 back in 15 minutes, P1 in 4 hours, P2 in 24 hours" }),
  cpu,
  env: z
    .record(variableName, z.string())
    .optional()
    .meta({ description: "Environment variables, by name. Nothing secret." }),
  secrets: secretVariables(
    z.strictObject({
      secret: secretNameSchema.meta({ description: "A secret of the environment's vault" }),
      version: z
        .string()
        .optional()
        .meta({ description: "Pins a version; a new one then rolls the app. Default: follow the newest." }),
    }),
  )
    .optional()
    .meta({ description: "Environment variables that hold secrets, by name" }),
  databases: z
    .array(z.string())
    .optional()
    .meta({ description: "Databases it uses; each gets a `<NAME>_DATABASE_URL`" }),
  objects: z
    .record(z.string(), z.enum(["read", "write"]))
    .optional()
    .meta({
      description: "Containers of objects it uses, by name: read, or write as well. It gets `OBJECTS_URL`",
    }),
  sends: z.array(z.string()).optional().meta({ description: "Queues it sends to. It gets `SERVICE_BUS_HOST`" }),
  receives: z.array(z.string()).optional().meta({ description: "Queues it receives from. It gets `SERVICE_BUS_HOST`" }),
  caches: z.array(z.string()).optional().meta({
    description: "Caches it uses, signing in as its identity; each gets a `<NAME>_REDIS_URL`",
  }),
};

const port = portSchema.meta({ description: "The port it listens on" });

const addresses = z
  .array(publicAddressSchema)
  .min(1)
  .meta({ description: "Public addresses that may call it; blocks no wider than /24" });

const ingress = z
  .discriminatedUnion("exposure", [
    z.strictObject({ exposure: z.literal("none") }),
    z.strictObject({ exposure: z.literal("environment"), port }),
    z.strictObject({ exposure: z.literal("network"), port }),
    z.strictObject({
      exposure: z.literal("addresses"),
      port,
      laptops: addresses.optional(),
      hosts: addresses.optional(),
      ci: addresses.optional(),
    }),
    z.strictObject({ exposure: z.literal("public"), port }),
  ])
  .meta({
    description:
      "Who can call it: nobody, the environment, the network, listed public addresses, or everybody through the edge",
  });

const probePath = z.string().startsWith("/", { error: "expected a path that begins with /" });

const probes = z
  .strictObject({
    liveness: probePath.optional().meta({ description: "Restarted when it fails" }),
    readiness: probePath.optional().meta({ description: "Gets no requests while it fails" }),
    startup: probePath.optional().meta({ description: "Default: the liveness path" }),
  })
  .meta({ description: "Paths that answer 2xx or 3xx when all is well. Default: the port answers." });

/** What Azure runs of an app at most. */
const mostReplicas = 1000;

const replicas = z.int().max(mostReplicas);
const concurrentRequests = z.int().min(1);
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

const stopSeconds = z.int().min(0).max(600).meta({
  description: "How long a replica that is told to stop may finish its work. Default: 30, which is Azure's.",
});

/** How many replicas an app has that says nothing else. */
export const replicasSchema = z
  .strictObject({ min: replicas.min(0), max: replicas.min(1) })
  .refine(({ min, max }) => min <= max, { message: "min is above max", path: ["min"] })
  .meta({ description: "How many replicas an app has that says nothing else: at least, at most. 0 lets apps sleep" });

export type Replicas = z.infer<typeof replicasSchema>;

/** The replicas of an app in an environment: its own, and the environment's where it says nothing. */
export function replicasOf({ scale: own }: Pick<AppInventory, "scale">, environment: Replicas): Replicas {
  const min = own?.min ?? Math.min(environment.min, own?.max ?? environment.max);
  return { min, max: own?.max ?? Math.max(environment.max, min) };
}

const scale = z
  .strictObject({
    min: replicas.min(0).optional().meta({
      description: "Replicas that always run. Default: the environment's `replicas.min`, or max where that is less.",
    }),
    max: replicas.min(1).optional().meta({
      description: "Replicas at most. Default: the environment's `replicas.max`, or min where that is more.",
    }),
    concurrentRequests: concurrentRequests
      .optional()
      .meta({ description: "Requests at once that one replica takes. Default: 10." }),
    queue: z
      .strictObject({ name: z.string(), messages })
      .optional()
      .meta({ description: "A queue that it receives from, and how many waiting messages one replica takes" }),
    ...pace,
  })
  .refine(({ min = 0, max = mostReplicas }) => min <= max, { error: "min is above max", path: ["min"] })
  .meta({ description: "How many replicas" });

const domains = z
  .array(hostnameSchema)
  .min(1)
  .optional()
  .meta({ description: "Names of a public app. Default: none, and only its environment's apps call it" });

/** An app in the inventory. */
export const appSchema = z
  .strictObject({
    kind: z.literal("app"),
    ...common,
    ingress,
    domains,
    scale: scale.optional(),
    probes: probes.optional(),
    stopSeconds: stopSeconds.optional(),
  })
  .superRefine(({ ingress: { exposure }, domains: names }, refinement) => {
    if (names === undefined || exposure === "public") return;
    const message = 'names are for public apps; set ingress.exposure to "public", or leave them out';
    addProblems(refinement, [{ path: ["domains"], message }]);
  })
  .meta({ description: "An app that serves requests or works on its own" });

/** A job in the inventory. */
export const jobSchema = z
  .strictObject({
    kind: z.literal("job"),
    ...common,
    schedule: cron.optional().meta({ description: "When it runs: five cron fields, UTC. Default: only by hand." }),
    timeoutSeconds,
    retries,
  })
  .meta({ description: "A job that runs to its end" });

/** A service in the inventory: an app or a job. */
export const serviceSchema = z.discriminatedUnion("kind", [appSchema, jobSchema]).meta({
  makes: [
    { type: "landscape:containerapps:ContainerApp", key: "name" },
    { type: "landscape:containerapps:ContainerJob", key: "name" },
  ],
});

/** What an environment says of a service over what the service says itself. */
export const serviceSettingsSchema = z
  .strictObject({ cpu, env: common.env, scale: scale.optional(), domains })
  .meta({ description: "A service's settings in an environment" });

export type ServiceInventory = z.infer<typeof serviceSchema>;
export type AppInventory = z.infer<typeof appSchema>;
export type JobInventory = z.infer<typeof jobSchema>;

/** What an inventory says of apps and jobs, as their components are given it. */
const commonArguments = {
  cpu,
  image: z.object({ repository }),
  env: common.env,
  secrets: secretVariables(z.unknown()).optional(),
};

/** The arguments of an app whose values an inventory can say, too. */
export const appArguments = z.object({
  ...commonArguments,
  ingress: z.object({ port: portSchema.optional() }),
  scale: replicasSchema.safeExtend({
    rules: z
      .array(z.object({ concurrentRequests: concurrentRequests.optional(), messages: messages.optional() }))
      .optional(),
    ...pace,
  }),
  probes: probes.optional(),
  stopSeconds: stopSeconds.optional(),
});

/** The arguments of a job whose values an inventory can say, too. */
export const jobArguments = z.object({
  ...commonArguments,
  trigger: z.object({ cron: cron.optional() }),
  timeoutSeconds,
  retries,
});

/** What the inventory says of an environment's Container Apps environment. */
export const appsEnvironmentSchema = z
  .strictObject({
    certificate: secretNameSchema.optional().meta({
      description:
        "The secret with the certificate that public apps show the edge: the environment then has a public address. Default: no app is public",
    }),
  })
  .meta({
    description: "Where services run",
    makes: [{ type: "landscape:containerapps:ContainerAppsEnvironment" }],
  });
