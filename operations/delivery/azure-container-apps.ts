import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { type AzureCallOptions, AzureCalls } from "../../lib/azure/resource-client";
import { importImage, importVersion } from "../release/image-copy";
import { firingAlert, readAnswers, readBudgets } from "../release/release-conditions";
import type {
  Answers,
  AppRevision,
  ErrorBudget,
  FiringAlert,
  ImageCopy,
  ListedApp,
  ReleaseCloud,
  RevisionTraffic,
  RunningService,
  ServiceChange,
  TrafficWeight,
} from "./app-traffic";
import type { RunState } from "./changed-jobs";

const apiVersion = "2025-01-01";
const metricsVersion = "2023-10-01";
const alertsVersion = "2019-03-01";
const workspacesVersion = "2023-04-03";
/** What tokens for questions in PromQL are for. Source: Azure documentation, "Query Prometheus metrics using the API and PromQL". */
const prometheus = "https://prometheus.monitor.azure.com";

const templateSchema = z.looseObject({
  containers: z.array(z.looseObject({ image: z.string().default("") })).default([]),
});

const runningSchema = z.object({
  properties: z.object({
    latestRevisionName: z.string().default(""),
    latestReadyRevisionName: z.string().default(""),
    configuration: z
      .object({
        activeRevisionsMode: z.string().optional(),
        registries: z.array(z.object({ server: z.string().nullish() })).nullish(),
        ingress: z
          .object({
            transport: z.string().nullish(),
            stickySessions: z.object({ affinity: z.string().nullish() }).nullish(),
            traffic: z.array(z.object({ revisionName: z.string().nullish(), weight: z.number().nullish() })).nullish(),
          })
          .nullish(),
      })
      .default({}),
    template: templateSchema,
  }),
});

const listedAppSchema = z.object({
  id: z.string(),
  tags: z.record(z.string(), z.string()).nullish(),
  properties: z.object({ template: templateSchema }),
});

const revisionsSchema = z.object({
  value: z.array(
    z.object({
      name: z.string(),
      properties: z.object({
        active: z.boolean().default(true),
        createdTime: z.string(),
        template: templateSchema.default({ containers: [] }),
        provisioningState: z.string().optional(),
        healthState: z.string().optional(),
      }),
    }),
  ),
});

const workspaceSchema = z.object({
  properties: z.object({ metrics: z.object({ prometheusQueryEndpoint: z.string() }) }),
});

const startedSchema = z.object({ name: z.string() });

const executionSchema = z.object({
  name: z.string().default(""),
  properties: z.object({
    status: z.string().optional(),
    startTime: z.string().default(""),
    template: z.unknown().optional(),
  }),
});

const jobSchema = z.object({ properties: z.object({ template: z.unknown() }) });

/** What a container runs. Whatever else Azure tells of it may differ between a job and its runs. */
const runningContainerSchema = z.object({
  image: z.string().nullish(),
  command: z
    .array(z.string())
    .nullish()
    .transform((words) => words ?? []),
  args: z
    .array(z.string())
    .nullish()
    .transform((words) => words ?? []),
  env: z
    .array(z.object({ name: z.string(), value: z.string().nullish(), secretRef: z.string().nullish() }))
    .nullish()
    .transform((variables) =>
      (variables ?? []).map(({ name, value, secretRef }) => [name, value ?? "", secretRef ?? ""]),
    ),
});

const runningContainersSchema = z
  .array(runningContainerSchema)
  .nullish()
  .transform((containers) => containers ?? []);

const runningTemplateSchema = z.object({
  containers: runningContainersSchema,
  initContainers: runningContainersSchema,
});

function runsTheSame(one: unknown, other: unknown): boolean {
  const [first, second] = [one, other].map((template) => runningTemplateSchema.safeParse(template).data);
  return first !== undefined && isDeepStrictEqual(first, second);
}

/** Source: azure-rest-api-specs, Microsoft.App, `JobExecutionRunningState`. */
export const runStates: Readonly<Record<string, RunState>> = {
  Succeeded: "succeeded",
  Failed: "failed",
  Stopped: "failed",
  Degraded: "failed",
};

/**
 * What Azure does with container apps and jobs beside what a provider does: their traffic, and runs.
 *
 * An app in `Single` mode sends everything to its newest revision. Going back after failed smoke checks therefore makes the mode
 * `Multiple` and names the revision; the next `up` that changes the app writes `Single` again. A release splits requests between two
 * revisions, which `up` leaves as it is.
 */
export class AzureContainerApps implements RevisionTraffic, ReleaseCloud {
  private readonly azure: AzureCalls;
  private readonly metrics: AzureCalls;
  private readonly alerts: AzureCalls;
  private readonly workspaces: AzureCalls;
  private readonly registries: AzureCalls;

  constructor(options: AzureCallOptions = {}) {
    this.azure = new AzureCalls(apiVersion, options);
    this.metrics = new AzureCalls(metricsVersion, options);
    this.alerts = new AzureCalls(alertsVersion, options);
    this.workspaces = new AzureCalls(workspacesVersion, options);
    this.registries = new AzureCalls(importVersion, options);
  }

  async revisions(appId: string, over?: AbortSignal): Promise<readonly AppRevision[]> {
    const response = await this.azure.send("GET", `${appId}/revisions`, undefined, over);
    return revisionsSchema.parse(await response.json()).value.map(({ name, properties }) => ({
      name,
      created: properties.createdTime,
      ready: properties.provisioningState === "Provisioned" && properties.healthState !== "Unhealthy",
      usable: properties.provisioningState !== "Failed" && properties.healthState !== "Unhealthy",
      image: properties.template.containers[0]?.image ?? "",
      active: properties.active,
    }));
  }

  async direct(appId: string, revision: string): Promise<void> {
    await this.activate(appId, revision);
    await this.change(appId, { traffic: [{ revision, weight: 100 }] });
  }

  async running(id: string): Promise<RunningService> {
    const { properties } = runningSchema.parse(await (await this.azure.send("GET", id)).json());
    const { activeRevisionsMode, ingress } = properties.configuration;
    return {
      image: properties.template.containers[0]?.image ?? "",
      splits:
        (ingress ?? undefined) !== undefined &&
        ingress?.transport?.toLowerCase() !== "tcp" &&
        ingress?.stickySessions?.affinity !== "sticky",
      traffic:
        activeRevisionsMode === "Multiple"
          ? (ingress?.traffic ?? []).map(({ revisionName, weight }) => ({
              ...(typeof revisionName === "string" ? { revision: revisionName } : {}),
              weight: weight ?? 0,
            }))
          : undefined,
      registries: (properties.configuration.registries ?? []).flatMap(({ server }) => server ?? []),
      latest: properties.latestRevisionName,
      latestReady: properties.latestReadyRevisionName,
    };
  }

  /** Lists are replaced as a whole, so the containers are sent as they are but for the image. */
  async change(id: string, { image, traffic }: ServiceChange): Promise<void> {
    const properties: Record<string, unknown> = {};
    if (image !== undefined) {
      const { template } = runningSchema.parse(await (await this.azure.send("GET", id)).json()).properties;
      const [first, ...others] = template.containers;
      properties.template = { ...template, containers: [{ ...first, image }, ...others] };
    }
    if (traffic !== undefined) {
      const weights = traffic === "newest" ? [{ weight: 100 }] : traffic;
      const activeRevisionsMode = traffic === "newest" ? "Single" : "Multiple";
      properties.configuration = { activeRevisionsMode, ingress: { traffic: trafficBody(weights) } };
    }
    await this.azure.change("PATCH", id, { properties });
  }

  async activate(appId: string, revision: string): Promise<void> {
    await this.azure.change("POST", `${appId}/revisions/${encodeURIComponent(revision)}/activate`);
  }

  /** Source: Azure Monitor, "Supported metrics for Microsoft.App/containerApps": Requests, with the dimensions that are named here. */
  async answers(appId: string, revision: string, minutes: number): Promise<Answers> {
    const now = Date.now();
    const query = new URLSearchParams({
      metricnames: "Requests",
      aggregation: "Total",
      interval: "PT1M",
      timespan: `${new Date(now - minutes * 60_000).toISOString()}/${new Date(now).toISOString()}`,
      $filter: `revisionName eq '${revision}' and statusCodeCategory eq '*'`,
    });
    const path = `${appId}/providers/Microsoft.Insights/metrics?${query}`;
    return readAnswers(await (await this.metrics.send("GET", path)).json());
  }

  /** Source: azure-rest-api-specs, Microsoft.AlertsManagement, `Alerts_GetAll`. An alert may have begun to fire some time ago. */
  async firingAlerts(groupId: string): Promise<readonly FiringAlert[]> {
    const [, , subscription = "", , group = ""] = groupId.split("/");
    const query = new URLSearchParams({
      targetResourceGroup: group,
      monitorCondition: "Fired",
      timeRange: "30d",
    });
    const path = `/subscriptions/${subscription}/providers/Microsoft.AlertsManagement/alerts?${query}`;
    return (await this.alerts.list(path)).map(firingAlert);
  }

  async errorBudgets(groupId: string): Promise<readonly ErrorBudget[]> {
    const found = await this.workspaces.list(`${groupId}/providers/Microsoft.Monitor/accounts`);
    const query = new URLSearchParams({ query: "slo:error_budget:remaining" });
    const answers = await Promise.all(
      found.map(async (workspace) => {
        const { prometheusQueryEndpoint } = workspaceSchema.parse(workspace).properties.metrics;
        return (await this.workspaces.ask(`${prometheusQueryEndpoint}/api/v1/query?${query}`, prometheus)).json();
      }),
    );
    return answers.flatMap(readBudgets);
  }

  async apps(subscription: string): Promise<readonly ListedApp[]> {
    const listed = await this.azure.list(`/subscriptions/${subscription}/providers/Microsoft.App/containerApps`);
    return listed
      .map((one) => listedAppSchema.parse(one))
      .map(({ id, tags, properties: { template } }) => ({
        id,
        service: String(template.containers[0]?.name ?? ""),
        environment: tags?.Environment ?? "",
        image: template.containers[0]?.image ?? "",
      }));
  }

  copyImage(copy: ImageCopy): Promise<void> {
    return importImage(this.registries, copy);
  }

  async start(jobId: string): Promise<string> {
    const finished = await this.azure.change("POST", `${jobId}/start`);
    return startedSchema.parse(await finished.json()).name;
  }

  async state(jobId: string, run: string): Promise<RunState> {
    const response = await this.azure.send("GET", `${jobId}/executions/${encodeURIComponent(run)}`);
    const { status } = executionSchema.parse(await response.json()).properties;
    return runStates[status ?? ""] ?? "running";
  }

  /** Source: azure-rest-api-specs, Microsoft.App, `JobsExecutions_List`: a run has the template that it was started with. */
  async newest(jobId: string) {
    const response = await this.azure.send("GET", jobId);
    const { template } = jobSchema.parse(await response.json()).properties;
    const listed = (await this.azure.list(`${jobId}/executions`)).map((one) => executionSchema.parse(one));
    const same = listed.filter(({ properties }) => runsTheSame(properties.template, template));
    const found = same
      .toSorted((one, other) => (one.properties.startTime < other.properties.startTime ? -1 : 1))
      .at(-1);
    if (found === undefined) return undefined;
    return { run: found.name, state: runStates[found.properties.status ?? ""] ?? "running" };
  }
}

function trafficBody(weights: readonly TrafficWeight[]) {
  return weights.map(({ revision, weight }) =>
    revision === undefined ? { latestRevision: true, weight } : { revisionName: revision, weight },
  );
}
