import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { previousRevision, returnTraffic } from "../../../operations/delivery/app-traffic";
import { AzureContainerApps } from "../../../operations/delivery/azure-container-apps";
import { runSmokeChecks, smokeChecks } from "../../../operations/delivery/run-smoke-checks";
import { ends } from "../../cli/run-command";
import { smallProject } from "../../cli/small-project";
import { type Answer, LocalServer, type SeenRequest } from "./local-server";

const servers: LocalServer[] = [];
async function serve(answer: (request: SeenRequest, url: string) => Answer | undefined): Promise<LocalServer> {
  const server = await LocalServer.start(answer);
  servers.push(server);
  return server;
}
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

describe("smoke checks", () => {
  it("wait until an address answers as it should", async () => {
    let asked = 0;
    const { url } = await serve(() => ({ status: ++asked < 3 ? 503 : 302, headers: { location: "/elsewhere" } }));
    const [check] = smokeChecks({ smokeChecks: [{ name: "site", url, expect: [200, 302], timeoutSeconds: 5 }] });
    const [result] = await runSmokeChecks(check === undefined ? [] : [check], { intervalSeconds: 0.01 });
    expect(result).toMatchObject({ healthy: true, answer: "302" });
    expect(asked).toBe(3);
  });

  it("give up in time, whether it answers wrongly, never, or is not there", async () => {
    const wrong = await serve(() => ({ status: 500 }));
    const silent = await serve(() => undefined);
    const gone = await LocalServer.start(() => undefined);
    await gone.stop();
    const checks = smokeChecks({
      smokeChecks: [wrong, silent, gone].map(({ url }, index) => ({ name: `${index}`, url, timeoutSeconds: 2 })),
    });
    const results = await runSmokeChecks(checks, { intervalSeconds: 0.02 });
    expect(results.map(({ healthy }) => healthy)).toEqual([false, false, false]);
    expect(results.map(({ answer }) => answer)).toEqual([
      "500, expected 200",
      "no answer: it took too long",
      expect.stringMatching(/no answer: (connect ECONNREFUSED|it took too long)/),
    ]);
    expect(Math.max(...results.map(({ seconds }) => seconds))).toBeLessThan(30);
    const [first] = await runSmokeChecks(
      checks.map((check) => ({ ...check, timeoutSeconds: 60 })),
      {
        totalSeconds: 2,
        intervalSeconds: 0.02,
      },
    );
    expect(first?.seconds).toBeLessThan(30);
  });

  it("take an app's newest revision for well once it has come up, and only then", async () => {
    const check = smokeChecks({ smokeChecks: [{ name: "api", app: "/apps/api", timeoutSeconds: 0.5 }] });
    const old = { name: "api--1", created: "1", usable: true, ready: true };
    let asked = 0;
    const comesUp = { revisions: async () => [{ ...old, name: "api--2", created: "2", ready: ++asked > 2 }, old] };
    const [up] = await runSmokeChecks(check, { intervalSeconds: 0.01, revisions: comesUp });
    expect(up).toMatchObject({ healthy: true, answer: "api--2 is up" });
    const fails = {
      revisions: async () => [old, { ...old, name: "api--2", created: "2", usable: false, ready: false }],
    };
    const [failed] = await runSmokeChecks(check, { intervalSeconds: 0.1, revisions: fails });
    expect(failed).toMatchObject({ healthy: false, answer: "api--2 has failed" });
    const [unknown] = await runSmokeChecks(check, { intervalSeconds: 0.1 });
    expect(unknown?.healthy).toBe(false);
  });

  it("give up in time when a cloud never answers for an app", async () => {
    const { url } = await serve(() => undefined);
    const revisions = new AzureContainerApps({ endpoint: url, token: async () => "canary-token", timeoutSeconds: 20 });
    const check = smokeChecks({ smokeChecks: [{ name: "api", app: "/apps/api", timeoutSeconds: 0.3 }] });
    const [result] = await runSmokeChecks(check, { intervalSeconds: 0.01, revisions });
    expect(result).toMatchObject({ healthy: false, answer: "no answer: it took too long" });
    expect(result?.seconds).toBeLessThan(10);
  });

  it("are what the stack's output says, and nothing else passes for one", () => {
    expect(smokeChecks(undefined)).toEqual([]);
    expect(smokeChecks({ sites: [] })).toEqual([]);
    expect(() => smokeChecks({ smokeChecks: { name: "a", app: "/apps/a" } })).toThrow("is not a list of checks");
    expect(() => smokeChecks({ smokeChecks: [{ name: "a", url: "file:///etc/passwd" }, { name: "" }] })).toThrow(
      /smokeChecks\.0\.url: .*\n.*smokeChecks\.1\.name/,
    );
  });
});

describe("the previous revision", () => {
  const revision = (name: string, created: string, usable = true) => ({ name, created, usable, ready: usable });

  it("is the newest one before this that ran", () => {
    const all = [revision("a--1", "1"), revision("a--2", "2"), revision("a--3", "3", false), revision("a--4", "4")];
    expect(previousRevision(all, "a--4")?.name).toBe("a--2");
    expect(previousRevision(all, "a--1")).toBeUndefined();
    expect(previousRevision([revision("a--1", "1")], "a--1")).toBeUndefined();
  });

  it("of one app gets its traffic also when another app cannot be helped", async () => {
    const app = (name: string) => ({ urn: `urn::${name}`, id: `/apps/${name}`, revision: `${name}--2` });
    const directed: string[] = [];
    const results = await returnTraffic([app("broken"), app("good"), app("new")], {
      revisions: async (id) => {
        if (id.endsWith("broken")) throw new Error("Azure answers 403");
        return id.endsWith("new") ? [revision("new--2", "2")] : [revision("good--1", "1"), revision("good--2", "2")];
      },
      direct: async (_id, name) => void directed.push(name),
    });
    expect(results.map((result) => (result.outcome === "returned" ? result.revision : result.reason))).toEqual([
      "Azure answers 403",
      "good--1",
      "it has no earlier revision that ran",
    ]);
    expect(directed).toEqual(["good--1"]);
  });
});

describe("traffic in Azure", () => {
  const app = "/subscriptions/s/resourceGroups/g/providers/Microsoft.App/containerApps/mc-api";
  const traffic = (server: LocalServer) =>
    new AzureContainerApps({
      endpoint: server.url,
      token: async () => "canary-token",
      pollSeconds: 0.01,
      timeoutSeconds: 2,
    });

  it("goes to a revision that is woken up first, and the change is waited for", async () => {
    let polls = 0;
    const server = await serve(({ method, path }, url) => {
      if (path.startsWith("/operations"))
        return { status: ++polls < 3 ? 202 : 200, headers: { location: `${url}${path}` } };
      return method === "PATCH" ? { status: 202, headers: { location: `${url}/operations/1` } } : { status: 200 };
    });
    await traffic(server).direct(app, "mc-api--0000001");
    expect(server.seen.slice(0, 2).map(({ method, path }) => `${method} ${path}`)).toEqual([
      `POST ${app}/revisions/mc-api--0000001/activate?api-version=2025-01-01`,
      `PATCH ${app}?api-version=2025-01-01`,
    ]);
    expect(JSON.parse(server.seen[1]?.body ?? "")).toEqual({
      properties: {
        configuration: {
          activeRevisionsMode: "Multiple",
          ingress: { traffic: [{ revisionName: "mc-api--0000001", weight: 100 }] },
        },
      },
    });
    expect(polls).toBe(3);
  });

  it("tells revisions that ran from those that did not", async () => {
    const properties = { createdTime: "2026-01-01T00:00:00Z", provisioningState: "Provisioned" };
    const value = [
      { name: "a", properties: { ...properties, healthState: "Healthy" } },
      { name: "b", properties: { ...properties, healthState: "Unhealthy" } },
      { name: "c", properties: { ...properties, provisioningState: "Failed" } },
      { name: "d", properties: { ...properties, provisioningState: "Provisioning" } },
    ];
    const server = await serve(() => ({ status: 200, body: { value } }));
    const revisions = await traffic(server).revisions(app);
    expect(revisions.map(({ usable }) => usable)).toEqual([true, false, false, true]);
    expect(revisions.map(({ ready }) => ready)).toEqual([true, false, false, false]);
  });

  it("says what Azure refused, and never the token", async () => {
    const server = await serve(() => ({ status: 403, body: { error: { code: "AuthorizationFailed" } } }));
    const failure = traffic(server).revisions(app);
    await expect(failure).rejects.toThrow(/Azure answers 403 to GET .*mc-api\/revisions: .*AuthorizationFailed/);
    await expect(failure).rejects.not.toThrow("canary-token");
  });
});

const program = `import { ContainerApp, ManagedEnvironment } from "@pulumi/azure-native/app";
import { ResourceGroup } from "@pulumi/azure-native/resources";

const place = { resourceGroupName: new ResourceGroup("group", { resourceGroupName: "small", location: "swedencentral" }).name, location: "swedencentral" };
const environment = new ManagedEnvironment("apps", { ...place, environmentName: "small-apps" });
new ContainerApp("api", {
  ...place,
  containerAppName: "api",
  environmentId: environment.id,
  configuration: { activeRevisionsMode: "Single", ingress: { external: true, targetPort: 80, traffic: [{ latestRevision: true, weight: 100 }] } },
  template: { containers: [{ name: "api", image: "mcr.microsoft.com/k8se/quickstart:latest", resources: { cpu: 0.25, memory: "0.5Gi" }, env: [{ name: "RELEASE", value: process.env.RELEASE ?? "1" }] }] },
});
export const smokeChecks = [
  { name: "api", url: process.env.HEALTH_URL ?? "", timeoutSeconds: 0.5 },
  { name: "elsewhere", url: "https://api.small.example/health" },
];
`;

describe("up --smoke on the sandbox", () => {
  it("gives the previous revision its traffic back and fails when what was deployed does not work", async () => {
    const project = smallProject();
    project.write("index.ts", program);
    project.write("Pulumi.dev.yaml", "config: {}\n");
    project.write("Pulumi.yaml", "name: small\nruntime: nodejs\nmain: index.ts\n");
    let status = 200;
    const { url: HEALTH_URL } = await serve(() => ({ status }));
    const up = (RELEASE: string) =>
      project.runHere(["up", "--stack", "dev", "--yes", "--smoke"], { HEALTH_URL, RELEASE });

    const first = await up("1");
    expect(first.exitCode, first.output + first.errors).toBe(0);
    expect(first.output).toContain("healthy  api");
    expect(first.output).toContain("1 not asked: what the sandbox deploys has no address out there");

    status = 500;
    const second = await up("2");
    expect(second.exitCode, second.output + second.errors).toBe(1);
    expect(second.output).toContain("500, expected 200");
    expect(second.output).toContain("Rolled back: api answers with api--0000001 again");
    expect(ends(second.output)[1]).toContain("deployed, but smoke checks failed");
    expect(directedRevisions(join(project.directory, ".sandbox"))).toEqual(["api--0000001"]);
    project.remove();
  }, 60_000);
});

/** The revisions that traffic is sent to by name, in the world on disk. */
function directedRevisions(directory: string): string[] {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const text = files.map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8")).join("\n");
  return [...new Set([...text.matchAll(/"revisionName":\s*"([^"]+)"/g)].map((match) => match[1] ?? ""))];
}
