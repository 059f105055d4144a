import { z } from "zod";

const variableName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: "expected letters, digits and _" });

const count = (least: number) => z.int().min(least).max(1000);

/** How many replicas an app has. */
export const replicasSchema = z
  .strictObject({
    min: count(0).meta({ description: "Replicas that always run; 0 lets the app sleep" }),
    max: count(1).meta({ description: "The most there can be" }),
  })
  .refine(({ min, max }) => min <= max, { error: "expected min to be at most max", path: ["min"] })
  .meta({ description: "How many replicas" });

const probePath = z.string().startsWith("/", { error: "expected a path that begins with /" });

const probesSchema = z
  .strictObject({
    liveness: probePath.optional().meta({ description: "Restarted when it fails" }),
    readiness: probePath.optional().meta({ description: "Gets no requests while it fails" }),
    startup: probePath.optional().meta({ description: "Default: the liveness path" }),
  })
  .meta({ description: "Paths that answer 2xx or 3xx when all is well. Default: the port answers." });

/** An app of the control plane. */
export const serviceSchema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,30}[a-z0-9]$/, {
        error: "expected lower-case letters, digits and dashes, beginning with a letter",
      })
      .meta({ description: "The app's name, for example mc-api; also its image's repository" }),
    tier: z
      .enum(["P0", "P1", "P2"])
      .optional()
      .meta({ description: "What it promises: P0 back in 15 minutes, P1 in 4 hours, P2 in 24 hours" }),
    port: z.int().min(1).max(65535).meta({ description: "The port it listens on" }),
    reachedFrom: z.enum(["environment", "network"]).meta({
      description: "Who can call it: the other apps, or whatever is in the network, and the tailnet through the router",
    }),
    database: z.string().optional().meta({ description: "The PostgreSQL database it uses" }),
    cpu: z
      .number()
      .min(0.25)
      .max(4)
      .multipleOf(0.25)
      .optional()
      .meta({ description: "Virtual CPUs in steps of 0.25; each brings 2 GiB of memory. Default: 0.25." }),
    replicas: replicasSchema.optional().meta({ description: "How many replicas. Default: the environment's." }),
    probes: probesSchema.optional(),
    env: z.record(variableName, z.string()).optional().meta({ description: "Environment variables. Nothing secret." }),
    secrets: z
      .record(
        variableName,
        z
          .string()
          .regex(/^[A-Za-z0-9-]{1,127}$/, { error: "expected the name of a secret: letters, digits and dashes" }),
      )
      .optional()
      .meta({ description: "Environment variables that hold secrets, by name: the secret's name in the vault" }),
  })
  .meta({ description: "An app of the control plane" });

export type ServiceInventory = z.infer<typeof serviceSchema>;
