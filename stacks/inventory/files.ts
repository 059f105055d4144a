import { z } from "zod";
import { applicationSchema } from "../../components/app-release/schema";
import { backupStoreSchema, restoreTestSchema } from "../../components/backup-store/schema";
import { budgetSchema } from "../../components/budget/schema";
import { serviceSchema } from "../../components/container-apps/schema";
import type { StackContext } from "../../components/context/stack-context";
import { zoneSchema } from "../../components/dns-zone/schema";
import { edgeAlertSchema } from "../../components/edge-alerts/schema";
import { failoverNameSchema } from "../../components/failover-name/schema";
import { heartbeatSchema, slackChannelSchema } from "../../components/heartbeat/schema";
import { replicationSchema } from "../../components/host-replication/schema";
import { hostSoftwareSchema, hostsSchema } from "../../components/hosts/schema";
import { peopleSchema } from "../../components/identity/schema";
import { secretSchema } from "../../components/key-vault/schema";
import { networkSchema } from "../../components/network/schema";
import { monitoringSchema } from "../../components/observability/rule-groups";
import { repositoryNameSchema, repositorySchema } from "../../components/repository/schema";
import { environmentsSchema } from "../../components/services/environment-schema";
import { siteCachingSchema, siteSchema } from "../../components/static-site/schema";
import { tailnetSchema } from "../../components/tailnet/schema";
import type { Inventory, InventoryFiles } from "../../lib/located-yaml/load-inventory";
import { addProblems } from "../../lib/located-yaml/schema-problems";
import { refusal } from "../../lib/refusal";

const minutes = z.int().min(1).max(60);

/** How a release moves requests to a new revision, step by step, and what sends them back. */
const canarySchema = z
  .strictObject({
    steps: z
      .array(z.int().min(1).max(99))
      .min(1)
      .meta({ description: "Percent of the requests that the new revision gets, growing; after the last it gets all" }),
    stepMinutes: minutes.meta({ description: "How long each step lasts" }),
    analysis: z
      .strictObject({
        fromStep: z.int().min(1).meta({ description: "The first step that is measured, counted from 1" }),
        everyMinutes: minutes.meta({ description: "Minutes between two measurements" }),
        windowMinutes: minutes.default(5).meta({ description: "How many minutes each looks back. Default: 5" }),
        successPercent: z.number().min(1).max(100).meta({
          description: "The least share of answers that are not 5xx; a measurement without answers has failed",
        }),
        failures: z.int().min(1).meta({ description: "Failed measurements, of the whole release, that roll it back" }),
      })
      .meta({ description: "What is measured of the new revision" }),
  })
  .superRefine(({ steps, stepMinutes, analysis }, refinement) => {
    const falling = steps.findIndex((step, index) => index > 0 && step <= (steps[index - 1] ?? 0));
    addProblems(refinement, [
      ...(falling < 0
        ? []
        : [
            {
              path: ["steps", falling],
              message: `expected more than the ${steps[falling - 1]} before it, got ${steps[falling]}`,
            },
          ]),
      ...(analysis.fromStep <= steps.length
        ? []
        : [
            {
              path: ["analysis", "fromStep"],
              message: `expected one of the ${steps.length} steps, got ${analysis.fromStep}`,
            },
          ]),
      ...(analysis.everyMinutes <= stepMinutes
        ? []
        : [
            {
              path: ["analysis", "everyMinutes"],
              message: `expected at most the ${stepMinutes} minutes of a step, got ${analysis.everyMinutes}`,
            },
          ]),
    ]);
  })
  .meta({ description: "What `release --canary` does. Default: it is refused" });

const releaseSchema = z
  .strictObject({
    order: z.array(z.string()).default([]).meta({
      description:
        "The services in the order in which they are released together, jobs that migrate first. Default: as they are listed",
    }),
    readyMinutes: minutes.default(5).meta({ description: "How long a new revision may take to come up. Default: 5" }),
    canary: canarySchema.optional(),
  })
  .meta({ description: "How services are released" });

/** How requests are moved to a new version, step by step. */
export type CanaryPlan = z.infer<typeof canarySchema>;

const environmentName = z.string().regex(/^[a-z][a-z0-9]*$/, "expected a short name, for example prod");

/**
 * Every kind of inventory file. A system has those that it needs. The schemas are the components'; a file adds the key under which
 * its entries are.
 */
export const inventoryFiles = {
  sites: {
    name: "sites.yaml",
    schema: z
      .strictObject({ caching: siteCachingSchema.exactOptional(), sites: z.array(siteSchema) })
      .meta({ title: "Sites" }),
  },
  zones: { name: "zones.yaml", schema: z.strictObject({ zones: z.array(zoneSchema) }).meta({ title: "DNS zones" }) },
  repositories: {
    name: "repositories.yaml",
    schema: z.strictObject({ repositories: z.array(repositorySchema) }).meta({ title: "Repositories" }),
  },
  network: {
    name: "network.yaml",
    schema: z
      .strictObject({ networks: z.record(z.string(), networkSchema) })
      .meta({ title: "Networks by environment" }),
  },
  services: {
    name: "services.yaml",
    schema: z
      .strictObject({ release: releaseSchema.exactOptional(), services: z.array(serviceSchema) })
      .meta({ title: "Services" }),
  },
  secrets: {
    name: "secrets.yaml",
    schema: z.strictObject({ secrets: z.array(secretSchema) }).meta({ title: "Secrets" }),
  },
  environments: {
    name: "environments.yaml",
    schema: environmentsSchema.meta({ title: "Environments" }),
  },
  backup: {
    name: "backup.yaml",
    schema: z
      .strictObject({ stores: z.record(environmentName, backupStoreSchema), restoreTest: restoreTestSchema })
      .meta({ title: "Backup stores" }),
  },
  pipelines: {
    name: "pipelines.yaml",
    schema: z
      .strictObject({
        repository: repositoryNameSchema.meta({ description: "The repository whose workflows deploy" }),
        githubPlan: z.enum(["free", "team", "enterprise"]).meta({
          description: "What the organisation pays for: free offers no rulesets for private repositories",
        }),
        breakGlassEnvironment: z.string().min(1).meta({
          description: "The repository's environment in which one reviewer alone may deploy; see break-glass.yml",
        }),
        driftEnvironment: z.string().min(1).meta({
          description: "The repository's environment that lets only its branch in: what runs there may page people",
        }),
        oidcSubjects: z.enum(["both", "ids"]).default("both").meta({
          description:
            "How identities know the repository: by name and by GitHub's ids until GitHub sends ids for it, then by ids alone. Default: both",
        }),
        budget: budgetSchema.meta({ description: "What a month of bootstrap may cost: states, keys and their vault" }),
        codeOwners: z
          .strictObject({
            names: z
              .array(z.string().regex(/^@[\w-]+(\/[\w-]+)?$/, "expected @somebody or @organisation/team"))
              .min(1)
              .meta({ description: "Who CODEOWNERS names" }),
            team: z.int().meta({ description: "The id of the team whose members approve what production is made of" }),
            people: z.int().min(1).meta({
              description: "How many they are: in a team of two, nobody else is left to approve a second time",
            }),
          })
          .meta({ description: "Who owns what production is made of" }),
        people: z
          .array(peopleSchema)
          .default([])
          .meta({ description: "What groups of people may do, in which stacks. Default: nothing" }),
        applications: z
          .array(applicationSchema)
          .default([])
          .meta({ description: "Applications whose workflows are written here. Default: none" }),
      })
      .meta({ title: "Pipelines" }),
  },
  hosts: {
    name: "hosts.yaml",
    schema: z
      .strictObject({
        budget: budgetSchema.meta({ description: "What a month of what watches the hosts from Azure may cost" }),
        hosts: hostsSchema,
        software: hostSoftwareSchema,
      })
      .meta({ title: "Hosts" }),
  },
  databases: { name: "databases.yaml", schema: replicationSchema.meta({ title: "Replicated databases" }) },
  tailnet: {
    name: "tailnet.yaml",
    schema: z.strictObject({ tailnet: tailnetSchema, failoverName: failoverNameSchema }).meta({ title: "Tailnet" }),
  },
  monitoring: {
    name: "monitoring.yaml",
    schema: monitoringSchema.meta({ title: "Monitoring" }),
  },
  edge: {
    name: "edge.yaml",
    schema: z
      .strictObject({
        channel: slackChannelSchema.meta({ description: "The Slack channel that the uptime checks write to" }),
        alerts: z.array(edgeAlertSchema),
      })
      .meta({ title: "Alerts of the edge" }),
  },
  heartbeat: {
    name: "heartbeat.yaml",
    schema: z.strictObject({ heartbeat: heartbeatSchema }).meta({ title: "Heartbeat" }),
  },
} as const satisfies InventoryFiles;

/** What the files of an inventory hold. */
export type InventoryContents = Inventory<typeof inventoryFiles>;

/**
 * An environment's part of an inventory file.
 *
 * @throws when the file says nothing of the environment
 */
export function entryOf<Entry>(
  entries: Readonly<Record<string, Entry>>,
  { environment }: Pick<StackContext, "environment">,
  file: string,
): Entry {
  const entry = entries[environment];
  if (entry === undefined) {
    throw refusal(
      `environment "${environment}"`,
      [`${file} has nothing for it; it has ${Object.keys(entries).join(", ")}`],
      entries,
    );
  }
  return entry;
}
