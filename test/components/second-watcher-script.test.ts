import { describe, expect, it } from "vitest";
import { type Answer, type Received, runScript, startBlobStore, startServer } from "./script-run";
import { watchScript as script } from "./watch-script-settings";
import { entry, githubOf, type Incident, messagesOf, watchFromGithub } from "./watcher-fixture";

/** Entra, GitHub's word for who the run is, and the job's executions, on one server. */
function azureOf(endTime: string | undefined): (request: Received) => Answer {
  return ({ url, headers, body }) => {
    if (url.startsWith("/word")) {
      const known = headers.authorization === "Bearer canary-request" && url.includes("audience=api%3A%2F%2FAzureAD");
      return known ? { status: 200, body: { value: "word" } } : { status: 401 };
    }
    if (url === "/tenant/oauth2/v2.0/token") {
      const known = body.includes("client_id=reader") && body.includes("client_assertion=word");
      return known ? { status: 200, body: { access_token: "canary-azure" } } : { status: 401 };
    }
    if (headers.authorization !== "Bearer canary-azure") return { status: 401 };
    const ended = (status: string, at?: string) => ({
      properties: { status, ...(at === undefined ? {} : { endTime: at }) },
    });
    const value = [
      ended("Running"),
      ended("Failed", new Date().toISOString()),
      ...(endTime === undefined ? [] : [ended("Succeeded", endTime)]),
    ];
    return url.startsWith("/jobs/watcher/executions?") ? { status: 200, body: { value } } : { status: 404 };
  };
}
describe("GitHub's watch over the second watcher", () => {
  const run = async (incidents: Incident[], endTime: string | undefined, more: Record<string, string> = {}) => {
    const azure = await startServer(azureOf(endTime));
    return watchFromGithub([200], {
      incidents,
      more: {
        SILENCE_MINUTES: "10",
        WATCHER_JOB_ID: "/jobs/watcher",
        WATCHER_CLIENT_ID: "reader",
        WATCHER_TENANT_ID: "tenant",
        AZURE_API_URL: azure.url,
        AZURE_LOGIN_URL: azure.url,
        ACTIONS_ID_TOKEN_REQUEST_URL: `${azure.url}/word?v=1`,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: "canary-request",
        ...more,
      },
    });
  };

  it("says once that no run there ended well for too long, and once that it watches again", async () => {
    const incidents: Incident[] = [];
    const told = [];
    for (const ended of [minutesAgo(9), minutesAgo(11), undefined, minutesAgo(1)]) {
      told.push((await run(incidents, ended)).messages);
    }
    expect(told.map((messages) => messages.length)).toEqual([0, 1, 0, 1]);
    expect(told[1]?.[0]).toContain("anvil is watched from GitHub only");
    expect(told[3]?.[0]).toContain(":large_green_circle: Azure watches anvil again.");
    expect(incidents).toMatchObject([{ labels: ["heartbeat-anvil-watcher"], state: "closed" }]);
  });

  it("takes not knowing for silence, fails, and prints no token", async () => {
    const { exitCode, messages, output } = await run([], minutesAgo(1), { WATCHER_CLIENT_ID: "somebody" });
    expect(exitCode).toBe(1);
    expect(messages).toEqual([expect.stringContaining("nobody can say when Azure last watched")]);
    expect(output).toContain("Entra answered 401");
    expect(output).not.toContain("canary");
  });
});
const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
async function watchFromAzure(
  status: number,
  store: Awaited<ReturnType<typeof startBlobStore>>,
  lastRun: string,
  daily: { readonly workflows: readonly string[]; readonly lastRun?: string } = { workflows: [] },
) {
  const endpoint = await startServer(() => ({ status }));
  const slack = await startServer(() => ({ status: 200 }));
  const github = githubOf([], lastRun);
  const api = await startServer((request) => {
    if (!request.url.includes("status=completed")) return github(request);
    const runs = daily.lastRun === undefined ? [] : [{ updated_at: daily.lastRun }];
    return {
      status: 200,
      body: { workflow_runs: request.url.includes("/drift.yml/") ? runs : [{ updated_at: lastRun }] },
    };
  });
  const result = await runScript(script, {
    ...entry,
    ...store.env,
    POLLS: "1",
    MEMORY: "blob",
    WORKFLOW_FILE: "heartbeat-anvil.yml",
    SILENCE_MINUTES: "30",
    DAILY_WORKFLOWS: JSON.stringify(daily.workflows),
    HEALTH_URL: endpoint.url,
    SLACK_WEBHOOK: `${slack.url}/ops`,
    SLACK_ESCALATION_WEBHOOK: `${slack.url}/escalation`,
    GITHUB_API_URL: api.url,
    GITHUB_REPOSITORY: "alai-org/alai-infra",
    GITHUB_TOKEN: "github-token",
  });
  return { ...result, messages: messagesOf(slack.received) };
}
describe("second watcher in Azure", () => {
  const now = () => new Date().toISOString();
  const anHourAgo = () => new Date(Date.now() - 3_600_000).toISOString();

  it("counts across runs in a blob, alerts once and says when it is over", async () => {
    const store = await startBlobStore();
    const runs = [];
    for (const status of [500, 500, 500, 200, 200])
      runs.push((await watchFromAzure(status, store, now())).messages.length);
    expect(runs).toEqual([0, 1, 0, 0, 1]);
    expect(JSON.parse(store.blobs.get("heartbeat/anvil/state.json")?.toString() ?? "")).toMatchObject({ failures: 0 });
  });

  it("says once when GitHub falls silent, and once when it watches again", async () => {
    const store = await startBlobStore();
    const silent = await watchFromAzure(200, store, anHourAgo());
    const stillSilent = await watchFromAzure(200, store, anHourAgo());
    const back = await watchFromAzure(200, store, now());
    expect(silent.messages).toEqual([expect.stringContaining("anvil is watched from Azure only")]);
    expect(stillSilent.messages).toEqual([]);
    expect(back.messages).toEqual(["/ops :large_green_circle: GitHub watches anvil again."]);
  });

  it("says once that a workflow that begins each day no longer does, and once that it runs again", async () => {
    const store = await startBlobStore();
    const workflows = ["drift.yml", "preview-reaper.yml"];
    const told = [];
    for (const hours of [25, 27, 27, undefined, 1]) {
      const ran = hours === undefined ? {} : { lastRun: minutesAgo(60 * hours) };
      told.push((await watchFromAzure(200, store, now(), { workflows, ...ran })).messages);
    }
    expect(told.map((messages) => messages.length)).toEqual([0, 1, 0, 0, 1]);
    expect(told[1]?.[0]).toMatch(/the workflow drift.yml last ran at .*: what it does each day is not done/);
    expect(told[4]).toEqual(["/ops :large_green_circle: the workflow drift.yml runs again."]);
  });

  it("tells of a silence also when it cannot remember, fails, and says why without a stack trace", async () => {
    const store = await startBlobStore();
    store.refused.add("heartbeat/anvil/silent.json");
    const silent = await watchFromAzure(200, store, anHourAgo());
    expect(silent.exitCode).toBe(1);
    expect(silent.messages).toEqual([expect.stringContaining("anvil is watched from Azure only")]);
    expect(silent.output).toContain("nobody knows whether people were told of a silence: the blob store answered 403");
    expect(silent.output).toMatch(/nobody will know that people were told .*: the blob store answered 403/);
    expect(silent.output).not.toMatch(/^\s+at /m);
    const fine = await watchFromAzure(200, store, now());
    expect({ exitCode: fine.exitCode, messages: fine.messages }).toEqual({ exitCode: 1, messages: [] });
  });

  it("says once that its count is lost, fails, and counts on", async () => {
    const store = await startBlobStore();
    store.blobs.set("heartbeat/anvil/state.json", Buffer.from('{"failures":-1}'));
    const lost = await watchFromAzure(500, store, now());
    expect(lost.exitCode).toBe(1);
    expect(lost.messages).toEqual([
      expect.stringContaining("heartbeat/anvil/state.json has no usable failure count, so its watcher on Azure counts"),
    ]);
    const after = await watchFromAzure(500, store, now());
    expect(after.exitCode).toBe(0);
    expect(after.messages).toEqual([expect.stringContaining("2 failed polls")]);
  });
});
