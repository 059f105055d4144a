import { z } from "zod";
import { type AzureCallOptions, AzureCalls } from "../../lib/azure/resource-client";
import { azureToken } from "../../lib/azure/sign-in";
import { rememberToken } from "../../lib/session-tokens";
import { realClock } from "../../programs/host/failover/failover-step";
import { type CloudflareAccess, cloudflareClient } from "../drift/cloud-inventory";
import type { AppState, BalancerPlace, ServerState, TakeoverCloud } from "./takeover-cloud";

const serverSchema = z.object({
  sku: z.object({ name: z.string() }),
  properties: z.object({
    state: z.string(),
    replicationRole: z.string(),
    sourceServerResourceId: z.string().optional(),
    storage: z.object({ storageSizeGB: z.number() }),
  }),
});

const metricsSchema = z.object({
  value: z.array(
    z.object({
      timeseries: z.array(z.object({ data: z.array(z.object({ maximum: z.number().nullish() })) })),
    }),
  ),
});

const containerSchema = z.looseObject({
  image: z.string(),
  resources: z.looseObject({ cpu: z.number().optional() }).optional(),
});

const appSchema = z.object({
  properties: z.object({
    environmentId: z.string(),
    runningStatus: z.string().optional(),
    workloadProfileName: z.string().nullish(),
    template: z.looseObject({
      containers: z.array(containerSchema).min(1),
      scale: z.looseObject({ minReplicas: z.number().nullish() }).nullish(),
    }),
  }),
});

const usagesSchema = z.object({
  value: z.array(z.object({ name: z.object({ value: z.string() }), currentValue: z.number(), limit: z.number() })),
});

const policiesSchema = z.object({ value: z.array(z.object({ name: z.string() })) });

/** The quota of an environment on Consumption. Source: Azure documentation, "Quotas for Azure Container Apps". */
const consumptionCores = "ManagedEnvironmentConsumptionCores";

interface AzureTakeoverOptions {
  readonly azure?: AzureCallOptions;
  readonly cloudflare?: CloudflareAccess;
  /** How addresses are asked: of registries and of the edge. Default: `fetch`. */
  readonly ask?: typeof fetch;
}

/** A question may take so long: a lost region answers none. */
const questionSeconds = 30;

/** A promotion, the longest of the changes, may take so long. */
const changeSeconds = 3600;

/**
 * What a takeover does at Azure, as `az login` or a workflow's identity, and at Cloudflare, with `CLOUDFLARE_API_TOKEN`, which needs the
 * right Load Balancers Write on the zone.
 */
export class AzureTakeoverCloud implements TakeoverCloud {
  readonly clock = realClock;
  readonly #servers: AzureCalls;
  readonly #apps: AzureCalls;
  readonly #storage: AzureCalls;
  readonly #monitor: AzureCalls;
  readonly #token: () => Promise<string>;
  readonly #ask: typeof fetch;

  constructor(private readonly options: AzureTakeoverOptions = {}) {
    const calls = (version: string) =>
      new AzureCalls(version, { pollSeconds: 5, timeoutSeconds: changeSeconds, ...options.azure });
    this.#servers = calls("2025-08-01");
    this.#apps = calls("2025-01-01");
    this.#storage = calls("2024-01-01");
    this.#monitor = calls("2023-10-01");
    this.#token = options.azure?.token ?? azureToken;
    this.#ask = options.ask ?? fetch;
  }

  async server(serverId: string): Promise<ServerState> {
    const { sku, properties } = await get(this.#servers, serverId, serverSchema);
    const { replicationRole, sourceServerResourceId, state, storage } = properties;
    const isReplica = replicationRole.endsWith("AsyncReplica");
    return {
      role: isReplica ? "AsyncReplica" : "Primary",
      state,
      source: isReplica ? sourceServerResourceId : undefined,
      size: sku.name,
      storageGb: storage.storageSizeGB,
    };
  }

  replayedSecondsAgo(replicaId: string): Promise<number | undefined> {
    return this.#metric(replicaId, "physical_replication_delay_in_seconds");
  }

  bytesBehind(primaryId: string): Promise<number | undefined> {
    return this.#metric(primaryId, "physical_replication_delay_in_bytes");
  }

  /** Source: azure-rest-api-specs, DBforPostgreSQL 2025-08-01, `ReadReplicaPromoteMode`; azure-cli, `flexible_replica_promote`. */
  async promote(replicaId: string, promoteOption: "Planned" | "Forced"): Promise<void> {
    await this.#servers.change("PATCH", replicaId, {
      properties: { replica: { role: "Primary", promoteMode: "Switchover", promoteOption } },
    });
  }

  async app(appId: string): Promise<AppState> {
    const { environmentId, runningStatus, template, workloadProfileName } = (await get(this.#apps, appId, appSchema))
      .properties;
    const onConsumption = (workloadProfileName ?? "Consumption") === "Consumption";
    return {
      runs: runningStatus !== "Stopped",
      least: template.scale?.minReplicas ?? 0,
      cores: onConsumption ? template.containers.reduce((sum, { resources }) => sum + (resources?.cpu ?? 0), 0) : 0,
      image: template.containers[0]?.image ?? "",
      environmentId,
    };
  }

  async stopApp(appId: string): Promise<void> {
    await this.#apps.change("POST", `${appId}/stop`);
  }

  async startApp(appId: string): Promise<void> {
    await this.#apps.change("POST", `${appId}/start`);
  }

  /** With the whole template, as `az containerapp update` sends it. A suffix of its own could not be used twice. */
  async setLeastReplicas(appId: string, least: number): Promise<void> {
    const { revisionSuffix: _, ...template } = (await get(this.#apps, appId, appSchema)).properties.template;
    const scale = { ...template.scale, minReplicas: least };
    await this.#apps.change("PATCH", appId, { properties: { template: { ...template, scale } } });
  }

  async coresLeft(environmentId: string): Promise<number> {
    const { value } = await get(this.#apps, `${environmentId}/usages`, usagesSchema);
    const cores = value.find(({ name }) => name.value === consumptionCores);
    if (cores === undefined) throw new Error(`Azure names no quota ${consumptionCores} of ${environmentId}`);
    return cores.limit - cores.currentValue;
  }

  /** Registries of ours are asked as who is signed in; of others nobody says that they are missing an image. */
  async hasImage(image: string): Promise<boolean> {
    const [, host, repository, reference] = /^([^/]+\.azurecr\.io)\/([^@:]+)[@:](.+)$/.exec(image) ?? [];
    if (host === undefined || repository === undefined || reference === undefined) return true;
    const response = await this.#ask(`https://${host}/v2/${repository}/manifests/${reference}`, {
      method: "HEAD",
      headers: { authorization: `Bearer ${await this.#registryToken(host, repository)}`, accept: manifestTypes },
      signal: AbortSignal.timeout(questionSeconds * 1000),
    });
    if (response.ok || response.status === 404) return response.ok;
    throw new Error(`${host} answers ${response.status} for ${repository}`);
  }

  async copyPolicies(accountId: string): Promise<readonly string[]> {
    const { value } = await get(this.#storage, `${accountId}/objectReplicationPolicies`, policiesSchema);
    return value.map(({ name }) => name);
  }

  async endCopying(accountId: string, policy: string): Promise<void> {
    await this.#storage.change("DELETE", `${accountId}/objectReplicationPolicies/${policy}`);
  }

  async poolOrder({ zoneId, balancerId }: BalancerPlace): Promise<readonly string[]> {
    const { default_pools = [] } = await (await this.#cloudflare()).loadBalancers.get(balancerId, { zone_id: zoneId });
    return default_pools;
  }

  async setPoolOrder({ zoneId, balancerId }: BalancerPlace, order: readonly string[]): Promise<void> {
    const pools = { default_pools: [...order], fallback_pool: order[0] ?? "" };
    await (await this.#cloudflare()).loadBalancers.edit(balancerId, { zone_id: zoneId, ...pools });
  }

  async statusOf(url: string): Promise<number> {
    const signal = AbortSignal.timeout(questionSeconds * 1000);
    return (await this.#ask(url, { redirect: "manual", signal })).status;
  }

  #cloudflare() {
    return cloudflareClient(this.options.cloudflare ?? {}, "load balancers cannot be read");
  }

  /** The newest value of the last ten minutes: Azure measures once a minute, and tells it some minutes later. */
  async #metric(resourceId: string, name: string): Promise<number | undefined> {
    const now = Date.now();
    const timespan = [now - 600_000, now].map((time) => new Date(time).toISOString()).join("/");
    const query = new URLSearchParams({ metricnames: name, timespan, interval: "PT1M", aggregation: "Maximum" });
    const path = `${resourceId}/providers/Microsoft.Insights/metrics?${query}`;
    const { value } = await get(this.#monitor, path, metricsSchema);
    const points = value.flatMap(({ timeseries }) => timeseries.flatMap(({ data }) => data));
    return points.flatMap(({ maximum }) => maximum ?? []).at(-1);
  }

  /** Source: Azure/acr, "Authenticate with AAD": a token for Azure is exchanged for the registry's, and that for one of a repository. */
  async #registryToken(host: string, repository: string): Promise<string> {
    const token = await this.#token();
    const exchanged = { grant_type: "access_token", service: host, access_token: token };
    const { refresh_token = "" } = await this.#form(`https://${host}/oauth2/exchange`, exchanged);
    const scope = `repository:${repository}:pull`;
    const asked = { grant_type: "refresh_token", service: host, scope, refresh_token };
    return (await this.#form(`https://${host}/oauth2/token`, asked)).access_token ?? "";
  }

  async #form(url: string, fields: Readonly<Record<string, string>>) {
    const signal = AbortSignal.timeout(questionSeconds * 1000);
    const response = await this.#ask(url, { method: "POST", body: new URLSearchParams(fields), signal });
    if (!response.ok) throw new Error(`${new URL(url).host} gives no token: ${response.status}`);
    const given = tokenSchema.parse(await response.json());
    for (const token of [given.refresh_token, given.access_token]) if (token !== undefined) rememberToken(token);
    return given;
  }
}

const tokenSchema = z.object({ refresh_token: z.string().optional(), access_token: z.string().optional() });

/** A registry answers 404 to who does not take the kind of manifest that it has. */
const manifestTypes = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

async function get<Schema extends z.ZodType>(
  azure: AzureCalls,
  path: string,
  schema: Schema,
): Promise<z.infer<Schema>> {
  const response = await azure.send("GET", path, undefined, AbortSignal.timeout(questionSeconds * 1000));
  return schema.parse(await response.json());
}
