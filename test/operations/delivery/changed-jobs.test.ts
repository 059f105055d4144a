import { afterEach, describe, expect, it } from "vitest";
import { AzureContainerApps } from "../../../operations/delivery/azure-container-apps";
import { runDueJobs } from "../../../operations/delivery/changed-jobs";
import { ends } from "../../cli/run-command";
import { smallProject } from "../../cli/small-project";
import { LocalServer } from "./local-server";

const servers: LocalServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

const job = { urn: "urn::roles", id: "/subscriptions/s/resourceGroups/g/providers/Microsoft.App/jobs/roles" };

const template = (list: string, more: object = {}) => ({
  containers: [{ name: "run", image: "roles:1", env: [{ name: "LIST", value: list }], ...more }],
});

/** Azure, whose runs have one state after the other, after those that it lists. */
async function azureWith(listed: readonly object[], ...states: readonly string[]) {
  let asked = 0;
  const server = await LocalServer.start(({ method, path }) => {
    if (method === "POST") return { status: 200, body: { name: "roles-abc1234" } };
    if (path.startsWith(`${job.id}?`)) return { status: 200, body: { properties: { template: template("1") } } };
    if (path.startsWith(`${job.id}/executions?`)) return { status: 200, body: { value: listed } };
    return { status: 200, body: { properties: { status: states[Math.min(asked++, states.length - 1)] } } };
  });
  servers.push(server);
  const options = { endpoint: server.url, token: async () => "canary-token", pollSeconds: 0.01, timeoutSeconds: 2 };
  return { server, runs: new AzureContainerApps(options) };
}

const azure = (...states: readonly string[]) => azureWith([], ...states);

function ran(name: string, status: string, startTime: string, list = "1") {
  // What Azure adds to a run's template is no change.
  return {
    name,
    properties: { status, startTime, template: template(list, { resources: { cpu: 0.25 }, probes: [] }) },
  };
}

describe("a job's run", () => {
  it("is started and waited for", async () => {
    const { server, runs } = await azure("Processing", "Running", "Succeeded");
    expect(await runDueJobs([job], runs, { pollSeconds: 0.01 })).toEqual([
      { job, succeeded: true, text: "roles-abc1234 succeeded" },
    ]);
    expect(server.seen.map(({ method, path }) => `${method} ${path}`)).toEqual([
      `GET ${job.id}?api-version=2025-01-01`,
      `GET ${job.id}/executions?api-version=2025-01-01`,
      `POST ${job.id}/start?api-version=2025-01-01`,
      ...Array(3).fill(`GET ${job.id}/executions/roles-abc1234?api-version=2025-01-01`),
    ]);
  });

  it.each(["Failed", "Stopped", "Degraded"])("that ends as %s has failed", async (state) => {
    const { runs } = await azure(state);
    expect(await runDueJobs([job], runs, { pollSeconds: 0.01 })).toMatchObject([{ succeeded: false }]);
  });

  it("is not started when the newest of what the job runs now has succeeded", async () => {
    const { server, runs } = await azureWith([
      ran("roles-b", "Succeeded", "2026-11-30T08:00:00Z"),
      ran("roles-a", "Failed", "2026-11-30T07:00:00Z"),
      ran("roles-c", "Succeeded", "2026-11-30T09:00:00Z", "2"),
    ]);
    expect(await runDueJobs([job], runs)).toEqual([]);
    expect(server.seen.map(({ method }) => method)).toEqual(["GET", "GET"]);
  });

  it("is started again when that has failed, or only something else has run, and is waited for when it goes on", async () => {
    for (const [listed, text] of [
      [
        [ran("roles-b", "Failed", "2026-11-30T08:00:00Z"), ran("roles-a", "Succeeded", "2026-11-30T07:00:00Z")],
        "roles-abc1234",
      ],
      [[ran("roles-a", "Succeeded", "2026-11-30T08:00:00Z", "2")], "roles-abc1234"],
      [
        [ran("roles-b", "Running", "2026-11-30T08:00:00Z"), ran("roles-a", "Failed", "2026-11-30T07:00:00Z")],
        "roles-b",
      ],
    ] as const) {
      const { runs } = await azureWith(listed, "Succeeded");
      expect(await runDueJobs([job], runs, { pollSeconds: 0.01 })).toMatchObject([{ text: `${text} succeeded` }]);
    }
  });

  it("that does not end in time, or that Azure refuses, has failed, and the others go on", async () => {
    const { runs } = await azure("Running");
    const [late] = await runDueJobs([job], runs, { pollSeconds: 0.01, timeoutSeconds: 0.2 });
    expect(late).toMatchObject({ succeeded: false, text: "roles-abc1234 has not ended" });
    const refusing = {
      start: async (id: string) => {
        if (id === job.id) throw new Error("Azure answers 403");
        return "other-1";
      },
      state: async () => "succeeded" as const,
      newest: async () => undefined,
    };
    const other = { urn: "urn::other", id: "/other" };
    expect(await runDueJobs([job, other], refusing)).toEqual([
      { job, succeeded: false, text: "Azure answers 403" },
      { job: other, succeeded: true, text: "other-1 succeeded" },
    ]);
  });
});

const program = `import { Job, ManagedEnvironment } from "@pulumi/azure-native/app";
import { ResourceGroup } from "@pulumi/azure-native/resources";

const place = { resourceGroupName: new ResourceGroup("group", { resourceGroupName: "small", location: "swedencentral" }).name, location: "swedencentral" };
const environment = new ManagedEnvironment("apps", { ...place, environmentName: "small-apps" });
const job = (name: string, list: string, tags: Record<string, string>) => new Job(name, {
  ...place,
  jobName: name,
  tags,
  environmentId: environment.id,
  configuration: { triggerType: "Manual", replicaTimeout: 60, manualTriggerConfig: { parallelism: 1, replicaCompletionCount: 1 } },
  template: { containers: [{ name: "run", image: "mcr.microsoft.com/k8se/quickstart-jobs:latest", resources: { cpu: 0.25, memory: "0.5Gi" }, env: [
    { name: "LIST", value: list },
    ...(process.env.SERVER === undefined ? [] : [{ name: "SERVER", value: process.env.SERVER }]),
  ] }] },
});
job("asks", process.env.LIST ?? "1", { RunAfterChange: "true" });
job("silent", process.env.LIST ?? "1", {});
`;

describe("up", () => {
  it("runs the jobs that it made or changed and that ask for it, and fails when one of them does", async () => {
    const project = smallProject();
    project.write("index.ts", program);
    project.write("Pulumi.dev.yaml", "config: {}\n");
    project.write("Pulumi.yaml", "name: small\nruntime: nodejs\nmain: index.ts\n");
    const up = (environment: Readonly<Record<string, string>>) =>
      project.runHere(["up", "--stack", "dev", "--yes", "--skip-preview"], environment);
    const runsOf = (output: string) => output.split("\n").filter((line) => line.startsWith("Job "));

    const first = await up({});
    expect(first.exitCode, first.output + first.errors).toBe(0);
    expect(runsOf(first.output)).toEqual(["Job asks: asks-0000001 succeeded"]);
    expect(runsOf((await up({})).output)).toEqual([]);
    expect(runsOf((await up({ LIST: "2" })).output)).toEqual(["Job asks: asks-0000002 succeeded"]);

    const server = { LIST: "2", SERVER: "postgresql://roles@nowhere.postgres.database.azure.com:5432" };
    const failed = await up(server);
    expect(failed.exitCode).toBe(1);
    expect(runsOf(failed.output)).toEqual(["Job asks FAILED: asks-0000003 failed"]);
    expect(ends(failed.output)[1]).toContain("deployed, but a job failed that runs after its change");

    // It has not succeeded since it was changed, whatever became of the deployment that changed it.
    const again = await project.runHere(["up", "--stack", "dev", "--yes"], server);
    expect({ exitCode: again.exitCode, runs: runsOf(again.output) }).toEqual({
      exitCode: 1,
      runs: ["Job asks FAILED: asks-0000004 failed"],
    });
    project.remove();
  }, 60_000);
});
