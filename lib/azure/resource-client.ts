import { setTimeout as wait } from "node:timers/promises";
import { valueAt } from "../property-path";
import { azureCredential, azureToken } from "./sign-in";

/** How Azure Resource Manager is reached. */
export interface AzureAccess {
  /** Default: Azure's public endpoint. */
  readonly endpoint?: string;
  /** An access token for it. Default: that of {@link azureCredential}. */
  readonly token?: () => Promise<string>;
}

/** A client of Azure Resource Manager for one subscription. Loaded when needed: the two packages take half a second. */
export async function azureResourceClient(subscription: string, { endpoint, token }: AzureAccess) {
  const { ResourceManagementClient } = await import("@azure/arm-resources");
  if (token === undefined) {
    return new ResourceManagementClient(azureCredential(), subscription, endpoint === undefined ? {} : { endpoint });
  }
  const credential = { getToken: async () => ({ token: await token(), expiresOnTimestamp: Date.now() + 300_000 }) };
  const options = endpoint === undefined ? {} : { endpoint, allowInsecureConnection: isThisMachine(endpoint) };
  const client = new ResourceManagementClient(credential, subscription, options);
  if (endpoint !== undefined && isThisMachine(endpoint)) {
    // The SDK's own policy sends no token without TLS, not even to a server on this machine.
    client.pipeline.removePolicy({ name: "bearerTokenAuthenticationPolicy" });
    client.pipeline.addPolicy({
      name: "tokenOnThisMachine",
      sendRequest: async (request, next) => {
        request.headers.set("authorization", `Bearer ${await token()}`);
        return next(request);
      },
    });
  }
  return client;
}

function isThisMachine(endpoint: string): boolean {
  return new URL(endpoint).hostname === "127.0.0.1";
}

export interface AzureCallOptions {
  /** Default: Azure's public endpoint. */
  readonly endpoint?: string;
  /** An access token for it, or for another resource that is named. Default: {@link azureToken}. */
  readonly token?: (over?: AbortSignal, resource?: string) => Promise<string>;
  /** Seconds between two requests for the state of a long operation. Default: 2. */
  readonly pollSeconds?: number;
  /** How long such an operation may take. Default: 180. */
  readonly timeoutSeconds?: number;
}

/** Requests to Azure Resource Manager that no client is loaded for: one version of one service's API. */
export class AzureCalls {
  private readonly endpoint: string;
  private readonly token: NonNullable<AzureCallOptions["token"]>;
  private readonly pollSeconds: number;
  private readonly timeoutSeconds: number;

  constructor(
    private readonly apiVersion: string,
    { endpoint, token, pollSeconds, timeoutSeconds }: AzureCallOptions = {},
  ) {
    this.endpoint = endpoint ?? "https://management.azure.com";
    this.token = token ?? azureToken;
    this.pollSeconds = pollSeconds ?? 2;
    this.timeoutSeconds = timeoutSeconds ?? 180;
  }

  /**
   * @param path an id and what follows it, with its own query if it has one
   * @param over ends the request. Default: the time limit
   * @throws with the service's words, and its HTTP status as `status`, when it refuses
   */
  send(method: string, path: string, body?: unknown, over?: AbortSignal): Promise<Response> {
    const query = path.includes("?") ? "&" : "?";
    return this.request(method, `${this.endpoint}${path}${query}api-version=${this.apiVersion}`, body, over);
  }

  /** The same, until the change is made: one that is only accepted is over when the place it names says so. */
  async change(method: string, path: string, body?: unknown): Promise<Response> {
    const deadline = Date.now() + this.timeoutSeconds * 1000;
    let response = await this.send(method, path, body);
    const place = response.headers.get("location");
    while (response.status === 202 && place !== null) {
      if (Date.now() > deadline) throw new Error(`Azure did not finish within ${this.timeoutSeconds} s`);
      await wait(this.pollSeconds * 1000);
      response = await this.request("GET", place);
    }
    return response;
  }

  /** What a list has, of all its pages. */
  async list(path: string): Promise<readonly unknown[]> {
    const items: unknown[] = [];
    let response = await this.send("GET", path);
    for (;;) {
      const page: unknown = await response.json();
      const [value, next] = [valueAt(page, ["value"]), valueAt(page, ["nextLink"])];
      if (Array.isArray(value)) items.push(...value);
      if (typeof next !== "string" || next === "") return items;
      response = await this.request("GET", next);
    }
  }

  /** Asks a service at an address of its own. @param resource what the token is for. @example "https://prometheus.monitor.azure.com" */
  ask(url: string, resource: string): Promise<Response> {
    return this.request("GET", url, undefined, undefined, resource);
  }

  private async request(
    method: string,
    url: string,
    body?: unknown,
    over?: AbortSignal,
    resource?: string,
  ): Promise<Response> {
    const limit = AbortSignal.timeout(this.timeoutSeconds * 1000);
    const signal = over === undefined ? limit : AbortSignal.any([over, limit]);
    const response = await fetch(url, {
      method,
      headers: { authorization: `Bearer ${await this.token(signal, resource)}`, "content-type": "application/json" },
      signal,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (response.ok) return response;
    const path = new URL(url).pathname;
    const message = `Azure answers ${response.status} to ${method} ${path}: ${await errorText(response)}`;
    throw Object.assign(new Error(message), { status: response.status });
  }
}

async function errorText(response: Response): Promise<string> {
  const text = await response.text();
  return text.slice(0, 300).replace(/\s+/g, " ");
}
