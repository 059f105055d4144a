import { afterEach, describe, expect, it } from "vitest";
import { sessionTokens } from "../../../lib/session-tokens";
import { AzureTakeoverCloud } from "../../../operations/takeover/azure-takeover-cloud";
import { type Answer, LocalServer, type SeenRequest } from "../delivery/local-server";

const group = "/subscriptions/00000000-0000-4000-8000-000000000042/resourceGroups/latticeforge-dr/providers";
const serverId = `${group}/Microsoft.DBforPostgreSQL/flexibleServers/dr`;
const appId = `${group}/Microsoft.App/containerApps/dr-api`;
const environmentId = `${group}/Microsoft.App/managedEnvironments/dr`;
const accountId = `${group}/Microsoft.Storage/storageAccounts/copies`;
const balancer = { zoneId: "zone", balancerId: "balancer" };

let server: LocalServer;
afterEach(() => server.stop());

/** A cloud whose services are this machine's. */
async function cloudThatAnswers(answer: (request: SeenRequest, url: string) => Answer): Promise<AzureTakeoverCloud> {
  server = await LocalServer.start(answer);
  return new AzureTakeoverCloud({
    azure: { endpoint: server.url, token: async () => "azure-token", pollSeconds: 0.01 },
    cloudflare: { endpoint: server.url, token: "cloudflare-token" },
    ask: (url, options) => fetch(String(url).replace(/^https:\/\/[^/]+/, server.url), options),
  });
}

const asked = () =>
  server.seen.map(({ method, path, body }) => ({
    call: `${method} ${path.split("?")[0]}`,
    query: Object.fromEntries(new URLSearchParams(path.split("?")[1])),
    body: body.startsWith("{") ? JSON.parse(body) : body,
  }));

/** What Azure answers for an app. Source: azure-rest-api-specs, Microsoft.App 2025-01-01, examples ContainerApps_Get. */
const app = {
  properties: {
    ...{ environmentId, runningStatus: "Running", workloadProfileName: "Consumption" },
    template: {
      revisionSuffix: "one",
      containers: [{ image: "dr.azurecr.io/api@sha256:1f", name: "api", resources: { cpu: 1, memory: "2Gi" } }],
      scale: { minReplicas: 1, maxReplicas: 20, rules: [{ name: "requests-1" }] },
    },
  },
};

describe("what a takeover does at Azure", () => {
  it("reads a server's place in its pair", async () => {
    const properties = { state: "Ready", storage: { storageSizeGB: 256 } };
    const cloud = await cloudThatAnswers(() => ({
      status: 200,
      body: {
        sku: { name: "Standard_D4ds_v5" },
        properties: { ...properties, replicationRole: "AsyncReplica", sourceServerResourceId: "/source" },
      },
    }));
    expect(await cloud.server(serverId)).toEqual({
      ...{ role: "AsyncReplica", state: "Ready", source: "/source", size: "Standard_D4ds_v5", storageGb: 256 },
    });
    expect(server.seen[0]?.headers.authorization).toBe("Bearer azure-token");
  });

  it("promotes a replica, and waits until Azure is done", async () => {
    let questions = 0;
    const cloud = await cloudThatAnswers(({ method }, url) => {
      if (method === "PATCH") return { status: 202, headers: { location: `${url}/operation` } };
      questions += 1;
      return { status: questions < 3 ? 202 : 200 };
    });
    await cloud.promote(serverId, "Forced");
    expect(questions).toBe(3);
    expect(asked()[0]).toEqual({
      call: `PATCH ${serverId}`,
      query: { "api-version": "2025-08-01" },
      body: { properties: { replica: { role: "Primary", promoteMode: "Switchover", promoteOption: "Forced" } } },
    });
  });

  it("tells in Azure's words why it refuses", async () => {
    const cloud = await cloudThatAnswers(() => ({ status: 409, body: { error: { code: "ServerIsBusy" } } }));
    await expect(cloud.promote(serverId, "Planned")).rejects.toThrow(/Azure answers 409 to PATCH .*ServerIsBusy/);
  });

  it("takes the newest measurement, and none where there is none", async () => {
    const data = [{ maximum: 3 }, { maximum: 7 }, {}];
    let series: object[] = [{ data }];
    const cloud = await cloudThatAnswers(() => ({ status: 200, body: { value: [{ timeseries: series }] } }));
    expect(await cloud.replayedSecondsAgo(serverId)).toBe(7);
    expect(asked()[0]).toMatchObject({
      call: `GET ${serverId}/providers/Microsoft.Insights/metrics`,
      query: { metricnames: "physical_replication_delay_in_seconds", interval: "PT1M", aggregation: "Maximum" },
    });
    series = [];
    expect(await cloud.bytesBehind(serverId)).toBeUndefined();
    expect(asked()[1]?.query.metricnames).toBe("physical_replication_delay_in_bytes");
  });

  it("stops, starts and scales an app, whose template stays", async () => {
    const cloud = await cloudThatAnswers(() => ({ status: 200, body: app }));
    expect(await cloud.app(appId)).toEqual({
      ...{ runs: true, least: 1, cores: 1, image: "dr.azurecr.io/api@sha256:1f", environmentId },
    });
    await cloud.stopApp(appId);
    await cloud.startApp(appId);
    await cloud.setLeastReplicas(appId, 3);
    const { revisionSuffix: _, ...template } = app.properties.template;
    expect(asked().slice(1)).toEqual([
      expect.objectContaining({ call: `POST ${appId}/stop` }),
      expect.objectContaining({ call: `POST ${appId}/start` }),
      expect.objectContaining({ call: `GET ${appId}` }),
      expect.objectContaining({
        call: `PATCH ${appId}`,
        body: { properties: { template: { ...template, scale: { ...template.scale, minReplicas: 3 } } } },
      }),
    ]);
  });

  it("knows a stopped app, and that nodes of its own count against no quota of Consumption", async () => {
    const stopped = { ...app.properties, runningStatus: "Stopped", workloadProfileName: "gpu" };
    const cloud = await cloudThatAnswers(() => ({ status: 200, body: { properties: stopped } }));
    expect(await cloud.app(appId)).toMatchObject({ runs: false, cores: 0 });
  });

  it("counts the cores that are left", async () => {
    const quota = (value: string, currentValue: number, limit: number) => ({ name: { value }, currentValue, limit });
    const cloud = await cloudThatAnswers(() => ({
      status: 200,
      body: { value: [quota("ManagedEnvironmentGpuCores", 1, 1), quota("ManagedEnvironmentConsumptionCores", 4, 100)] },
    }));
    expect(await cloud.coresLeft(environmentId)).toBe(96);
  });

  it("ends the copying of objects, and reads that nothing is copied any more", async () => {
    const cloud = await cloudThatAnswers(({ method }) =>
      method === "GET" ? { status: 200, body: { value: [{ name: "policy" }] } } : { status: 204 },
    );
    expect(await cloud.copyPolicies(accountId)).toEqual(["policy"]);
    await cloud.endCopying(accountId, "policy");
    expect(asked().map(({ call }) => call)).toEqual([
      `GET ${accountId}/objectReplicationPolicies`,
      `DELETE ${accountId}/objectReplicationPolicies/policy`,
    ]);
  });

  it("asks a registry for an image with a token of that repository, and believes other registries", async () => {
    let status = 200;
    const cloud = await cloudThatAnswers(({ path }) => {
      if (path === "/oauth2/exchange") return { status: 200, body: { refresh_token: "refresh" } };
      if (path === "/oauth2/token") return { status: 200, body: { access_token: "access" } };
      return { status };
    });
    expect(await cloud.hasImage("dr.azurecr.io/api@sha256:1f")).toBe(true);
    expect(server.seen.map(({ method, path }) => `${method} ${path}`)).toEqual([
      ...["POST /oauth2/exchange", "POST /oauth2/token", "HEAD /v2/api/manifests/sha256:1f"],
    ]);
    expect(server.seen[0]?.body).toBe("grant_type=access_token&service=dr.azurecr.io&access_token=azure-token");
    expect(server.seen[1]?.body).toContain("scope=repository%3Aapi%3Apull&refresh_token=refresh");
    expect(server.seen[2]?.headers.authorization).toBe("Bearer access");
    // Nothing shown repeats either.
    expect([...sessionTokens()]).toEqual(expect.arrayContaining(["refresh", "access"]));
    status = 404;
    expect(await cloud.hasImage("dr.azurecr.io/api:v1")).toBe(false);
    status = 403;
    await expect(cloud.hasImage("dr.azurecr.io/api:v1")).rejects.toThrow(/answers 403/);
    expect(await cloud.hasImage("mcr.microsoft.com/dotnet/samples:aspnetapp")).toBe(true);
  });
});

describe("what a takeover does at Cloudflare", () => {
  it("reads the order of the pools and puts another first, which answers when none is healthy", async () => {
    const result = { id: "balancer", default_pools: ["prod", "dr"], fallback_pool: "prod" };
    const cloud = await cloudThatAnswers(() => ({ status: 200, body: { success: true, result } }));
    expect(await cloud.poolOrder(balancer)).toEqual(["prod", "dr"]);
    await cloud.setPoolOrder(balancer, ["dr", "prod"]);
    expect(asked()).toEqual([
      { call: "GET /zones/zone/load_balancers/balancer", query: {}, body: "" },
      {
        ...{ call: "PATCH /zones/zone/load_balancers/balancer", query: {} },
        body: { default_pools: ["dr", "prod"], fallback_pool: "dr" },
      },
    ]);
    expect(server.seen[0]?.headers.authorization).toBe("Bearer cloudflare-token");
  });

  it("takes an answer of the edge as it is", async () => {
    const cloud = await cloudThatAnswers(() => ({ status: 302, headers: { location: "https://elsewhere.example/" } }));
    expect(await cloud.statusOf("https://api.latticeforge.example/health/ready")).toBe(302);
  });
});
