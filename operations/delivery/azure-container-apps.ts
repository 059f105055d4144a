import { setTimeout as wait } from "node:timers/promises";
import { z } from "zod";
import { azureToken } from "../../lib/azure/sign-in";
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

export interface AzureCallOptions {
  /** Default: Azure's public endpoint. */
  readonly endpoint?: string;
  /** An access token for it. Default: {@link azureToken}. */
  readonly token?: (over?: AbortSignal) => Promise<string>;
  /** Seconds between two requests for the state of a long operation. Default: 2. */
  readonly pollSeconds?: number;
  /** How long such an operation may take. Default: 180. */
  readonly timeoutSeconds?: number;
}

/**
 * What Azure does with container apps and jobs beside what a provider does: their traffic, and runs.
 *
 * An app in `Single` mode sends everything to its newest revision. Going back therefore makes the mode `Multiple` and names the
 * revision; the next `up` that changes the app writes `Single` again.
 */
export class AzureContainerApps implements RevisionTraffic, JobRuns {
  private readonly endpoint: string;
  private readonly token: (over?: AbortSignal) => Promise<string>;
  private readonly pollSeconds: number;
  private readonly timeoutSeconds: number;

  constructor(options: AzureCallOptions = {}) {
    this.endpoint = options.endpoint ?? "https://management.azure.com";
    this.token = options.token ?? azureToken;
    this.pollSeconds = options.pollSeconds ?? 2;
    this.timeoutSeconds = options.timeoutSeconds ?? 180;
  }

  async revisions(appId: string, over?: AbortSignal): Promise<readonly Revision[]> {
    const response = await this.request("GET", this.address(`${appId}/revisions`), undefined, over);
    return revisionsSchema.parse(await response.json()).value.map(({ name, properties }) => ({
      name,
      created: properties.createdTime,
      ready: properties.provisioningState === "Provisioned" && properties.healthState !== "Unhealthy",
      usable: properties.provisioningState !== "Failed" && properties.healthState !== "Unhealthy",
    }));
  }

  async direct(appId: string, revision: string): Promise<void> {
    await this.finish(await this.send("POST", `${appId}/revisions/${encodeURIComponent(revision)}/activate`));
    const traffic = [{ revisionName: revision, weight: 100 }];
    const configuration = { activeRevisionsMode: "Multiple", ingress: { traffic } };
    await this.finish(await this.send("PATCH", appId, { properties: { configuration } }));
  }

  async start(jobId: string): Promise<string> {
    const accepted = await this.send("POST", `${jobId}/start`);
    return startedSchema.parse(await (await this.finish(accepted)).json()).name;
  }

  async state(jobId: string, run: string): Promise<RunState> {
    const response = await this.send("GET", `${jobId}/executions/${encodeURIComponent(run)}`);
    const { status } = executionSchema.parse(await response.json()).properties;
    return runStates[status ?? ""] ?? "running";
  }

  private send(method: string, path: string, body?: unknown): Promise<Response> {
    return this.request(method, this.address(path), body);
  }

  private address(path: string): string {
    return `${this.endpoint}${path}?api-version=${apiVersion}`;
  }

  private async request(method: string, url: string, body?: unknown, over?: AbortSignal): Promise<Response> {
    const limit = AbortSignal.timeout(this.timeoutSeconds * 1000);
    const signal = over === undefined ? limit : AbortSignal.any([over, limit]);
    const response = await fetch(url, {
      method,
      headers: { authorization: `Bearer ${await this.token(signal)}`, "content-type": "application/json" },
      signal,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (response.ok) return response;
    throw new Error(
      `Azure answers ${response.status} to ${method} ${new URL(url).pathname}: ${await errorText(response)}`,
    );
  }

  /** A change that is only accepted is over when the place it names says so. */
  private async finish(accepted: Response): Promise<Response> {
    const deadline = Date.now() + this.timeoutSeconds * 1000;
    let response = accepted;
    const place = response.headers.get("location");
    while (response.status === 202 && place !== null) {
      if (Date.now() > deadline) throw new Error(`Azure did not finish within ${this.timeoutSeconds} s`);
      await wait(this.pollSeconds * 1000);
      response = await this.request("GET", place);
    }
    return response;
  }
}

async function errorText(response: Response): Promise<string> {
  const text = await response.text();
  return text.slice(0, 300).replace(/\s+/g, " ");
}
