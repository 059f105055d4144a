import { z } from "zod";
import { type AzureCallOptions, AzureCalls } from "../../lib/azure/resource-client";
import type { Revision, RevisionTraffic } from "./app-traffic";
import type { JobRuns, RunState } from "./changed-jobs";

const apiVersion = "2025-01-01";

const revisionsSchema = z.object({
  value: z.array(
    z.object({
      name: z.string(),
      properties: z.object({
        createdTime: z.string(),
        provisioningState: z.string().optional(),
        healthState: z.string().optional(),
      }),
    }),
  ),
});

const startedSchema = z.object({ name: z.string() });

const executionSchema = z.object({ properties: z.object({ status: z.string().optional() }) });

/** Source: azure-rest-api-specs, Microsoft.App, `JobExecutionRunningState`. */
const runStates: Readonly<Record<string, RunState>> = {
  Succeeded: "succeeded",
  Failed: "failed",
  Stopped: "failed",
  Degraded: "failed",
};

/**
 * What Azure does with container apps and jobs beside what a provider does: their traffic, and runs.
 *
 * An app in `Single` mode sends everything to its newest revision. Going back therefore makes the mode `Multiple` and names the
 * revision; the next `up` that changes the app writes `Single` again.
 */
export class AzureContainerApps implements RevisionTraffic, JobRuns {
  private readonly azure: AzureCalls;

  constructor(options: AzureCallOptions = {}) {
    this.azure = new AzureCalls(apiVersion, options);
  }

  async revisions(appId: string, over?: AbortSignal): Promise<readonly Revision[]> {
    const response = await this.azure.send("GET", `${appId}/revisions`, undefined, over);
    return revisionsSchema.parse(await response.json()).value.map(({ name, properties }) => ({
      name,
      created: properties.createdTime,
      ready: properties.provisioningState === "Provisioned" && properties.healthState !== "Unhealthy",
      usable: properties.provisioningState !== "Failed" && properties.healthState !== "Unhealthy",
    }));
  }

  async direct(appId: string, revision: string): Promise<void> {
    await this.azure.change("POST", `${appId}/revisions/${encodeURIComponent(revision)}/activate`);
    const traffic = [{ revisionName: revision, weight: 100 }];
    const configuration = { activeRevisionsMode: "Multiple", ingress: { traffic } };
    await this.azure.change("PATCH", appId, { properties: { configuration } });
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
}
