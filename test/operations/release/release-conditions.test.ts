import { AnonymousCredential, BlobServiceClient } from "@azure/storage-blob";
import { describe, expect, it } from "vitest";
import { parseYaml } from "../../../lib/located-yaml/read-yaml";
import type { ErrorBudget } from "../../../operations/delivery/app-traffic";
import { AzureContainerApps } from "../../../operations/delivery/azure-container-apps";
import { budgetAdvice, closedGates } from "../../../operations/release/release-conditions";
import {
  BlobJournals,
  holdJournal,
  ReleaseUnderWay,
  stateContainer,
} from "../../../operations/release/release-journal";
import { EmulatedContainerApps } from "../../../sandbox/clouds/azure-native/app/container-app-calls";
import { MemoryWorld } from "../../../sandbox/world/world";
import { inventoryFiles } from "../../../stacks/inventory/files";
import { releasesNameServices } from "../../../stacks/inventory/rules/service-rules";
import { type Answer, served } from "../delivery/local-server";

const appId = "/subscriptions/s/resourceGroups/g/providers/Microsoft.App/containerApps/api";
const digest = `sha256:${"a".repeat(64)}`;

describe("the gates of a release", () => {
  const staging = { stack: "x-staging", subscription: "t", environment: "staging" };
  const cloud = (image: string, ready = true, severity = 2, budgets: readonly ErrorBudget[] = []) => ({
    apps: async () => [{ id: "/staging/api", service: "api", environment: "staging", image }],
    revisions: async () => [{ name: "api--1", created: "1", usable: true, ready, image, active: true }],
    firingAlerts: async () => [{ rule: "app-down-api", severity }],
    errorBudgets: async () => budgets,
  });
  const gates = async (given: ReturnType<typeof cloud>) =>
    (await closedGates(given, { service: "api", digest, appId, staging })).map(({ gate }) => gate);

  it("are open for a digest that is healthy in staging while nothing critical fires", async () => {
    expect(await gates(cloud(`r/api@${digest}`))).toEqual([]);
    expect(await gates(cloud("r/api@sha256:other"))).toEqual(["staging"]);
    expect(await gates(cloud(`r/api@${digest}`, false))).toEqual(["staging"]);
    expect(await gates({ ...cloud(digest), apps: async () => [] })).toEqual(["staging"]);
    expect(await gates(cloud(`r/api@${digest}`, true, 0))).toEqual(["incident"]);
  });

  it("are closed while less than a tenth of an error budget is left, of this service and not of another", async () => {
    const budget = (remaining: number, service = "api") =>
      cloud(`r/api@${digest}`, true, 2, [{ slo: "api-availability", service, remaining }]);
    expect(await gates(budget(0.09))).toEqual(["budget"]);
    expect(await gates(budget(-3))).toEqual(["budget"]);
    expect(await gates(budget(0.1))).toEqual([]);
    expect(await gates(budget(0, "worker"))).toEqual([]);
    // Nobody has asked it anything yet, so nothing is spent.
    expect(await gates(budget(Number.NaN))).toEqual([]);
  });

  it("are closed by a budget that is spent in the sandbox's world", async () => {
    const group = appId.split("/").slice(0, 5).join("/");
    const spent = { slo: "api-availability", service: "api", remaining: 0.04 };
    const id = `${group}/providers/Microsoft.Monitor/accounts/metrics/budgets/api-availability`;
    const world = new MemoryWorld([
      { cloud: "azure", kind: "azure-native:monitor:ErrorBudget", id, properties: spent },
    ]);
    const apps = new EmulatedContainerApps(async () => world);
    expect(await closedGates(apps, { service: "api", digest, appId })).toEqual([
      {
        gate: "budget",
        message:
          "api: 4 % of the error budget of api-availability is left; below 10 % only what makes it reliable is released",
      },
    ]);
    expect(await closedGates(apps, { service: "web", digest, appId })).toEqual([]);
  });

  it.each([
    [0.51, []],
    [0.5, []],
    [0.3, ["api: 30 % of the error budget of api-availability is left: what makes it reliable comes first"]],
    [0.2, ["api: 20 % of the error budget of api-availability is left: release only what is urgent"]],
  ])("say what %f of an error budget means while they are open", async (remaining, lines) => {
    const given = cloud(digest, true, 2, [{ slo: "api-availability", service: "api", remaining }]);
    expect(await budgetAdvice(given, { service: "api", appId })).toEqual(lines);
  });
});

describe("a release in Azure", () => {
  it("changes image and shares in one request, and sends the rest of the template as it is", async () => {
    const template = {
      containers: [
        { name: "api", image: "old", probes: [{ type: "Liveness" }] },
        { name: "side", image: "s" },
      ],
      scale: { minReplicas: 2 },
    };
    const properties = {
      latestRevisionName: "api--2",
      latestReadyRevisionName: "api--1",
      configuration: { activeRevisionsMode: "Single", ingress: { transport: "Auto" } },
      template,
    };
    await served(
      () => ({ status: 200, body: { properties } }),
      async (endpoint, server) => {
        const azure = new AzureContainerApps({ endpoint, token: async () => "canary-token" });
        expect(await azure.running(appId)).toMatchObject({
          image: "old",
          splits: true,
          traffic: undefined,
          latest: "api--2",
        });
        await azure.change(appId, { image: "new", traffic: [{ revision: "api--1", weight: 100 }, { weight: 0 }] });
        const patch = server.seen.at(-1);
        expect(patch?.method).toBe("PATCH");
        expect(JSON.parse(patch?.body ?? "")).toEqual({
          properties: {
            template: {
              ...template,
              containers: [{ ...template.containers[0], image: "new" }, template.containers[1]],
            },
            configuration: {
              activeRevisionsMode: "Multiple",
              ingress: {
                traffic: [
                  { revisionName: "api--1", weight: 100 },
                  { latestRevision: true, weight: 0 },
                ],
              },
            },
          },
        });
      },
    );
  });

  it("splits no requests of an app without HTTP, or whose visitors stay with a replica", async () => {
    const given = [null, { transport: "Tcp" }, { transport: "Auto", stickySessions: { affinity: "sticky" } }];
    for (const ingress of given) {
      const properties = { configuration: { ingress }, template: {} };
      await served(
        () => ({ status: 200, body: { properties } }),
        async (endpoint) => {
          const azure = new AzureContainerApps({ endpoint, token: async () => "canary-token" });
          expect([ingress, (await azure.running(appId)).splits]).toEqual([ingress, false]);
        },
      );
    }
  });

  it("reads a revision's answers by category of status, and what fires", async () => {
    const series = (value: string, totals: (number | null)[]) => ({
      metadatavalues: [{ name: { value: "statuscodecategory" }, value }],
      data: totals.map((total) => ({ total })),
    });
    const essentials = { alertRule: "/x/metricAlerts/app-down-api", severity: "Sev0" };
    const since = { targetResource: appId, startDateTime: "2026-11-30T10:00:00.5Z" };
    const alert = { properties: { essentials: { ...essentials, ...since } } };
    await served(
      ({ path }) => ({
        status: 200,
        body: path.includes("/metrics?")
          ? { value: [{ timeseries: [series("2xx", [90, null, 8]), series("5xx", [2])] }] }
          : {
              value: [
                alert,
                { properties: { essentials: { ...essentials, targetResource: "", startDateTime: null } } },
              ],
            },
      }),
      async (endpoint, server) => {
        const azure = new AzureContainerApps({ endpoint, token: async () => "canary-token" });
        expect(await azure.answers(appId, "api--2", 5)).toEqual({ requests: 100, errors: 2 });
        expect(decodeURIComponent(server.seen[0]?.path ?? "")).toContain("revisionName+eq+'api--2'");
        expect(await azure.firingAlerts("/subscriptions/s/resourceGroups/g")).toEqual([
          { rule: "app-down-api", severity: 0, target: appId, began: "2026-11-30T10:00:00.5Z" },
          // Of what it is about, or since when, nobody may be told: it counts as the group's, from the beginning.
          { rule: "app-down-api", severity: 0 },
        ]);
      },
    );
  });
});

describe("error budgets in Azure", () => {
  it("are asked of the metrics of the group, with a token for them; a group without metrics has none", async () => {
    const tokens: (string | undefined)[] = [];
    const token = async (_over?: AbortSignal, resource?: string) => {
      tokens.push(resource);
      return "canary-token";
    };
    const result = [{ metric: { slo: "api-availability", service: "api" }, value: [1_790_000_000, "0.04"] }];
    let metrics: string | undefined;
    await served(
      ({ path }) => {
        if (path.startsWith("/api/v1/query")) return { status: 200, body: { status: "success", data: { result } } };
        const workspace = { properties: { metrics: { prometheusQueryEndpoint: metrics } } };
        return { status: 200, body: { value: metrics === undefined ? [] : [workspace] } };
      },
      async (endpoint, server) => {
        const azure = new AzureContainerApps({ endpoint, token });
        expect(await azure.errorBudgets("/subscriptions/s/resourceGroups/g")).toEqual([]);
        metrics = endpoint;
        expect(await azure.errorBudgets("/subscriptions/s/resourceGroups/g")).toEqual([
          { slo: "api-availability", service: "api", remaining: 0.04 },
        ]);
        expect(server.seen.at(-1)?.path).toBe("/api/v1/query?query=slo%3Aerror_budget%3Aremaining");
      },
    );
    expect(tokens).toEqual([undefined, undefined, "https://prometheus.monitor.azure.com"]);
  });
});

describe("the journal in the state's container", () => {
  const refusal = (code: string, status: number): Answer => ({
    status,
    headers: { "x-ms-error-code": code, "content-type": "application/xml" },
    body: `<?xml version="1.0"?><Error><Code>${code}</Code></Error>`,
  });
  const journals = (url: string) => {
    const client = new BlobServiceClient(`${url}/account`, new AnonymousCredential(), {
      retryOptions: { maxTries: 1 },
    });
    return new BlobJournals("prod", async () => client.getContainerClient("prod"));
  };

  it("is held by a lease: whoever has none is refused, also who lost it", async () => {
    await served(
      ({ method, path }) =>
        method !== "PUT"
          ? refusal("BlobNotFound", 404)
          : path.includes("comp=lease")
            ? refusal("LeaseAlreadyPresent", 409)
            : { status: 201 },
      async (url) => {
        await expect(holdJournal(journals(url), appId, async () => "held")).rejects.toThrow(ReleaseUnderWay);
      },
    );
    await served(
      ({ method, headers }) =>
        method !== "PUT"
          ? refusal("BlobNotFound", 404)
          : headers["x-ms-lease-id"] !== undefined && headers["x-ms-lease-action"] === undefined
            ? refusal("LeaseIdMismatchWithBlobOperation", 412)
            : { status: 201 },
      async (url, server) => {
        const lost = journals(url).holdText(
          appId,
          () => new Error("held"),
          (write) => write("{}"),
        );
        await expect(lost).rejects.toThrow("somebody else went on with it");
        expect(server.seen.some(({ path }) => path.includes("/prod/releases/prod/api.json"))).toBe(true);
      },
    );
  });

  it("needs a state in a storage account", () => {
    expect(stateContainer("azblob://prod", "alaistate").url).toBe("https://alaistate.blob.core.windows.net/prod");
    expect(() => stateContainer("file:///tmp/state", "alaistate")).toThrow("beside the state in a storage account");
  });
});

describe("release in services.yaml", () => {
  const { schema, name } = inventoryFiles.services;
  const read = (release: string) =>
    parseYaml(`release: ${release}\nservices: []\n`, { file: name, schema, of: "test" });

  it("is refused at its line, all at once", () => {
    const analysis = "{ fromStep: 3, everyMinutes: 9, successPercent: 99, failures: 3 }";
    const canary = `{ canary: { steps: [40, 20], stepMinutes: 5, analysis: ${analysis} } }`;
    expect(() => read(canary)).toThrow(
      /services.yaml:1:\d+ release.canary.steps\[1\]: expected more than the 40[\s\S]*fromStep: expected one of the 2 steps[\s\S]*everyMinutes: expected at most the 5/,
    );
    expect(releasesNameServices({ services: read("{ order: [ap] }") })).toMatchObject([
      { path: ["release", "order", 0] },
    ]);
  });
});
