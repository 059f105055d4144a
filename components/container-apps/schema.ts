import { z } from "zod";
import { cronProblems } from "../../lib/cron";
import { addProblems } from "../../lib/located-yaml/schema-problems";
import { workloadProfileTypes } from "../../lib/workload-profiles";
import { secretNameSchema } from "../key-vault/schema";
import { nameRules } from "../naming/name-rules";
import { namedImageProblems } from "./container-image";
import { domainsSchema, ingressArguments, ingressSchema } from "./ingress-schema";
import { metricsPageSchema, probesSchema, scaleArguments, scaleSchema, stopSecondsSchema } from "./scale-schema";

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

const cpu = z.number().min(0.25).max(96).multipleOf(0.25, { error: "expected a multiple of 0.25" }).optional().meta({
  description:
    "Virtual CPUs in steps of 0.25; each brings 2 GiB of memory. At most 4, or what its profile has. Default: 0.25, and all of a profile that is paid by replica.",
});

const memoryGib = z
  .number()
  .min(0.5)
  .max(880)
  .optional()
  .meta({ description: "GiB of memory, on a profile only. Default: 2 for each CPU" });

const profile = z
  .string()
  .optional()
  .meta({ description: "What it runs on: one of the environment's `apps.profiles`. Default: Consumption" });

/** When something runs, in UTC. */
export const cronSchema = z.string().superRefine((text, refinement) =>
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
  repository: repository.optional().meta({
    description:
      "Its image: in the environment's registry, or after another registry's host, as ghcr.io/example/api. Default: its name.",
  }),
  digest: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/, "expected sha256: and 64 hexadecimal digits")
    .optional()
    .meta({
      description: "Pins the image of somebody else: it changes with the program. Default: releases change it",
    }),
  pull: z
    .strictObject({
      username: z.string().min(1),
      token: secretNameSchema.meta({ description: "A secret of the environment's vault" }),
    })
    .optional()
    .meta({ description: "Who pulls it from another registry that is not public. Default: anybody may" }),
  tier: z
    .enum(["P0", "P1", "P2"])
    .meta({ description: "What it promises: P0 back in 15 minutes, P1 in 4 hours, P2 in 24 hours" }),
  cpu,
  memoryGib,
  profile,
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
  calls: z.array(z.string()).optional().meta({
    description: "Services it calls: it gets the `<NAME>_URL` of one over HTTP, the `<NAME>_ADDRESS` of one over TCP",
  }),
};

/** An app in the inventory. */
export const appSchema = z
  .strictObject({
    kind: z.literal("app"),
    ...common,
    ingress: ingressSchema,
    domains: domainsSchema,
    scale: scaleSchema.optional(),
    probes: probesSchema.optional(),
    metrics: metricsPageSchema.optional(),
    stopSeconds: stopSecondsSchema.optional(),
  })
  .superRefine((app, refinement) => {
    addProblems(refinement, namedImageProblems(app));
    if (app.metrics !== undefined && app.profile !== undefined)
      addProblems(refinement, [
        { path: ["metrics"], message: "are collected of apps on Consumption only; leave them out, or profile" },
      ]);
    if (app.ingress.exposure === "public" && app.metrics?.port === app.ingress.port)
      addProblems(refinement, [
        { path: ["metrics", "port"], message: "is the port that the public asks; show the metrics at another" },
      ]);
    if (app.domains === undefined || app.ingress.exposure === "public") return;
    const message = 'names are for public apps; set ingress.exposure to "public", or leave them out';
    addProblems(refinement, [{ path: ["domains"], message }]);
  })
  .meta({ description: "An app that serves requests or works on its own" });

/** A job in the inventory. */
export const jobSchema = z
  .strictObject({
    kind: z.literal("job"),
    ...common,
    schedule: cronSchema
      .optional()
      .meta({ description: "When it runs: five cron fields, UTC. Default: only by hand." }),
    timeoutSeconds,
    retries,
  })
  .superRefine((job, refinement) => addProblems(refinement, namedImageProblems(job)))
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
  .strictObject({ cpu, memoryGib, profile, env: common.env, scale: scaleSchema.optional(), domains: domainsSchema })
  .meta({ description: "A service's settings in an environment" });

export type ServiceInventory = z.infer<typeof serviceSchema>;
export type AppInventory = z.infer<typeof appSchema>;

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
  ingress: ingressArguments,
  scale: scaleArguments,
  probes: probesSchema.optional(),
  stopSeconds: stopSecondsSchema.optional(),
});

/** The arguments of a job whose values an inventory can say, too. */
export const jobArguments = z.object({
  ...commonArguments,
  trigger: z.object({ cron: cronSchema.optional() }),
  timeoutSeconds,
  retries,
});

/** The job that renews an environment's certificate, by its name, and when it runs, in UTC: every day at an odd minute. */
export const certificateRenewal = { name: "origin-certificate", schedule: "41 3 * * *" } as const;

/** What the inventory says of an environment's Container Apps environment. */
export const appsEnvironmentSchema = z
  .strictObject({
    certificate: z
      .strictObject({
        secret: secretNameSchema.meta({ description: "The secret that holds it; a job renews it" }),
        token: secretNameSchema.meta({
          description:
            "The secret with the token of Cloudflare that issues it. Scope: Zone: SSL and Certificates: Edit",
        }),
      })
      .optional()
      .meta({
        description:
          "The certificate that public apps show the edge: the environment then has a public address. Default: no app is public",
      }),
    zoneRedundant: z.boolean().optional().meta({
      description: "Spread over zones, at no price; fixed when it is made. Default: true in production",
    }),
    profiles: z
      .record(
        z.string().regex(/^[a-z][a-z0-9-]{0,14}$/, { error: "expected a short name, for example gpu" }),
        z.strictObject({
          type: z.enum(Object.keys(workloadProfileTypes) as (keyof typeof workloadProfileTypes)[]).meta({
            description: "What Azure calls it: D and E by node, Consumption-GPU by replica",
          }),
          min: z.int().min(0).max(50).optional().meta({ description: "Nodes that always run. Default: 0" }),
          max: z.int().min(1).max(50).optional().meta({ description: "Nodes at most. Default: 3" }),
        }),
      )
      .optional()
      .meta({ description: "Hardware beside Consumption, by the name that services say. Default: none" }),
  })
  .meta({
    description: "Where services run",
    makes: [{ type: "landscape:containerapps:ContainerAppsEnvironment" }],
  });
