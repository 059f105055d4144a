import { describe, expect, it } from "vitest";
import { type Answer, type Received, runScript, startBlobStore, startServer } from "./script-run";
import { watchScript as script } from "./watch-script-settings";

const entry = {
  TARGET: "anvil",
  CHANNEL: "#ops",
  RUNBOOK: "https://docs.example.com/anvil",
  ALERT_AFTER: "2",
  ESCALATE_AFTER: "5",
  RECOVER_AFTER: "2",
  INTERVAL_SECONDS: "0",
  POLL_TIMEOUT_SECONDS: "0.2",
  RETRY_SECONDS: "0",
};

/** What the endpoint does with a poll: answer with a status, never answer, or send the watcher elsewhere. */
type Behaviour = number | "hang" | "redirect";

interface Incident {
  number: number;
  state: string;
  body: string;
  labels: string[];
  comments: string[];
}

/** GitHub lists them with the issues. */
const pullRequest = { number: 99, state: "open", body: "", pull_request: {} };

/** The part of GitHub that the watcher uses. */
function githubOf(incidents: Incident[], lastRun?: string, trouble: Answer[] = []): (request: Received) => Answer {
  return ({ method, url, headers, body }) => {
    const failing = trouble.shift();
    if (failing !== undefined && failing.status !== 200) return failing;
    if (headers.authorization !== "Bearer github-token") return { status: 401 };
    const sent = body.length === 0 ? {} : JSON.parse(body.toString());
    if (method === "GET" && url.includes("/runs?")) {
      // The newest run of all has failed just now.
      const asked = url.includes("status=success") ? lastRun : new Date().toISOString();
      return { status: 200, body: { workflow_runs: asked === undefined ? [] : [{ updated_at: asked }] } };
    }
    if (method === "GET") {
      const label = new URL(url, "http://github").searchParams.get("labels") ?? "";
      const open = incidents.filter(({ state, labels }) => state === "open" && labels.includes(label));
      return { status: 200, body: [pullRequest, ...open] };
    }
    if (method === "PUT") return { status: 204 };
    if (method === "POST" && url.endsWith("/issues")) {
      const incident = {
        number: incidents.length + 1,
        state: "open",
        comments: [],
        body: sent.body,
        labels: sent.labels,
      };
      incidents.push(incident);
      return { status: 201, body: incident };
    }
    const incident = incidents[Number(/issues\/(\d+)/.exec(url)?.[1]) - 1];
    if (incident === undefined) return { status: 404 };
    if (method === "POST") incident.comments.push(sent.body);
    else Object.assign(incident, sent);
    return { status: 200, body: incident };
  };
}

interface GithubWatch {
  readonly incidents?: Incident[];
  readonly slackStatus?: number;
  /** Of the alert channel only. */
  readonly opsStatus?: number;
  readonly trouble?: Answer[];
  readonly more?: Readonly<Record<string, string>>;
}

/** A watcher on GitHub against an endpoint that behaves so, one poll after the other. */
async function watchFromGithub(
  behaviours: readonly Behaviour[],
  { incidents = [], slackStatus = 200, opsStatus = slackStatus, trouble, more = {} }: GithubWatch = {},
) {
  const endpoint = await startEndpoint(behaviours);
  const slack = await startServer(({ url }) => ({ status: url === "/ops" ? opsStatus : slackStatus }));
  const api = await startServer(githubOf(incidents, undefined, trouble));
  const env = {
    ...entry,
    POLLS: String(behaviours.length),
    MEMORY: "incident",
    WORKFLOW_FILE: "heartbeat-anvil.yml",
    HEALTH_URL: `${endpoint.url}/secret-path`,
    SLACK_WEBHOOK: `${slack.url}/ops`,
    SLACK_ESCALATION_WEBHOOK: `${slack.url}/escalation`,
    GITHUB_API_URL: api.url,
    GITHUB_REPOSITORY: "alai-org/alai-infra",
    GITHUB_TOKEN: "github-token",
    ...more,
  };
  const result = await runScript(script, env);
  const messages = messagesOf(slack.received);
  return { ...result, incidents, messages, requests: api.received, polledAt: endpoint.polledAt, env };
}

async function startEndpoint(behaviours: readonly Behaviour[]) {
  let polls = 0;
  const polledAt: number[] = [];
  const server = await startServer(({ url }) => {
    // Where it would be redirected to, all is well.
    if (url === "/elsewhere") return { status: 200 };
    polledAt.push(Date.now());
    const behaviour = behaviours[Math.min(polls++, behaviours.length - 1)] ?? 500;
    if (behaviour === "hang") return undefined;
    return behaviour === "redirect" ? { status: 302, headers: { location: "/elsewhere" } } : { status: behaviour };
  });
  return { ...server, polledAt };
}

function messagesOf(received: readonly Received[]): string[] {
  return received.map(({ url, body }) => `${url} ${JSON.parse(body.toString()).text}`);
}

describe("heartbeat on GitHub", () => {
  it("says nothing while the endpoint answers, and enables its own workflow", async () => {
    const { exitCode, messages, incidents, requests } = await watchFromGithub([200, 200, 200]);
    expect({ exitCode, messages, incidents }).toEqual({ exitCode: 0, messages: [], incidents: [] });
    expect(requests[0]).toMatchObject({
      method: "PUT",
      url: "/repos/alai-org/alai-infra/actions/workflows/heartbeat-anvil.yml/enable",
    });
  });

  it("remembers a single failure and alerts nobody", async () => {
    const { messages, incidents } = await watchFromGithub([200, 500]);
    expect(messages).toEqual([]);
    expect(incidents).toHaveLength(1);
    expect(incidents[0]?.body).toContain('"failures":1');
    expect(incidents[0]?.labels).toEqual(["heartbeat-anvil"]);
  });

  it("alerts after two failures, once, and escalates after five, once", async () => {
    const { messages, incidents } = await watchFromGithub([500, 500, 500, 500, 500, 500, 500]);
    expect(messages).toHaveLength(2);
    expect(messages[0]).toMatch(
      /^\/ops :red_circle: anvil does not answer: 2 failed polls since .* What to do: https:\/\/docs\.example\.com\/anvil$/,
    );
    expect(messages[1]).toMatch(/^\/escalation :rotating_light: anvil still does not answer: 5 failed polls/);
    expect(incidents[0]?.body).toContain('"failures":7,');
  });

  it("goes on counting in the next run", async () => {
    const first = await watchFromGithub([500]);
    const second = await watchFromGithub([500], { incidents: first.incidents });
    expect(first.messages).toEqual([]);
    expect(second.messages).toHaveLength(1);
    expect(second.incidents).toHaveLength(1);
  });

  it("says when the endpoint is back, and closes the incident", async () => {
    const { messages, incidents } = await watchFromGithub([500, 500, 200, 200]);
    expect(messages).toHaveLength(2);
    expect(messages[1]).toMatch(/^\/ops :large_green_circle: anvil answers again, after 2 failed polls/);
    expect(incidents[0]).toMatchObject({ state: "closed", comments: ["anvil answers again."] });
  });

  it.each<[string, Behaviour[]]>([
    ["hangs", ["hang", "hang"]],
    ["redirects to where all is well, or answers that there is nothing", ["redirect", 204]],
  ])("takes an endpoint for dead that %s", async (_what, behaviours) => {
    const { messages } = await watchFromGithub(behaviours);
    expect(messages).toEqual([expect.stringContaining("anvil does not answer: 2 failed polls")]);
  });

  it("opens no incident for one failure between answers, however often", async () => {
    const { messages, incidents } = await watchFromGithub([200, 500, 200, 500, 200, 500, 200]);
    expect({ messages, incidents }).toEqual({ messages: [], incidents: [] });
  });

  it("takes an endpoint that comes and goes for one incident: one alert, one escalation, one recovery", async () => {
    const first = await watchFromGithub([500, 500, 200, 500, 500, 200, 500, 500]);
    const second = await watchFromGithub([200, 500, 200, 200, 200], { incidents: first.incidents });
    const told = [...first.messages, ...second.messages].map((message) => message.split(": anvil")[0]);
    expect(told).toEqual(["/ops :red_circle", "/escalation :rotating_light", "/ops :large_green_circle"]);
    expect(second.incidents).toHaveLength(1);
    expect(second.incidents[0]).toMatchObject({ state: "closed", comments: ["anvil answers again."] });
  });

  it("says once that the count is lost, fails, and counts on from zero in the same incident", async () => {
    const incident = incidentWith("somebody edited this");
    const lost = await watchFromGithub([500], { incidents: [incident] });
    expect(lost.exitCode).toBe(1);
    expect(lost.output).toContain("incident 1 has no readable failure count");
    expect(lost.messages).toEqual([
      expect.stringContaining(":warning: anvil: incident 1 has no readable failure count"),
    ]);
    const after = await watchFromGithub([500, 200, 200], { incidents: lost.incidents });
    expect(after.exitCode).toBe(0);
    expect(after.messages.map((message) => message.slice(0, 20))).toEqual([
      "/ops :red_circle: an",
      "/ops :large_green_ci",
    ]);
    expect(after.incidents).toMatchObject([{ state: "closed" }]);
  });

  it("stays loud about a lost count until somebody was told", async () => {
    const incident = incidentWith('<!-- heartbeat {"failures":"many"} -->');
    const lost = await watchFromGithub([500], { incidents: [incident], slackStatus: 503 });
    expect(lost).toMatchObject({ exitCode: 1, incidents: [{ body: incident.body }] });
  });

  it("goes on when GitHub fails for a moment, and watches to the end when it cannot remember", async () => {
    const bad = { status: 502 };
    const ok = { status: 200 };
    const moment = await watchFromGithub([200], { trouble: [ok, bad, bad] });
    expect(moment).toMatchObject({ exitCode: 0, messages: [] });
    const forgetful = await watchFromGithub([500, 500, 500], { trouble: [ok, ok, ...Array(9).fill({ status: 403 })] });
    expect(forgetful.exitCode).toBe(1);
    expect(forgetful.messages).toHaveLength(1);
    const once = await watchFromGithub([500], { trouble: [ok, ok, bad] });
    expect(once.exitCode).toBe(1);
    expect(once.requests.filter(({ method }) => method === "POST")).toHaveLength(1);
  });

  it("polls no more often than its interval says", async () => {
    const { polledAt } = await watchFromGithub(["hang", 200, 200], { more: { INTERVAL_SECONDS: "0.4" } });
    const [first = 0, , last = 0] = polledAt;
    expect(last - first).toBeGreaterThanOrEqual(750);
  });

  it("goes on watching when Slack is down, tells again at the next poll, and fails in the end", async () => {
    const { exitCode, messages, incidents } = await watchFromGithub([500, 500, 500], { slackStatus: 503 });
    expect(messages).toHaveLength(2);
    expect(incidents[0]?.body).toContain('"failures":3,');
    expect(incidents[0]?.body).toContain('"alerted":false');
    expect(exitCode).toBe(1);
  });

  it("says to whom was woken that the endpoint is back, also when the alert itself never got through", async () => {
    const woken = await watchFromGithub([500, 500, 500, 500, 500, 200, 500], { opsStatus: 503 });
    const escalations = woken.messages.filter((message) => message.startsWith("/escalation"));
    expect(escalations).toHaveLength(1);
    const back = await watchFromGithub([200, 200], { incidents: woken.incidents });
    expect(back.messages).toEqual([expect.stringContaining("anvil answers again, after 6 failed polls")]);
    expect(back.incidents).toMatchObject([{ state: "closed" }]);
  });

  it("prints neither address nor token", async () => {
    const { output, env } = await watchFromGithub([500, 500, 200], { slackStatus: 503 });
    for (const secret of [env.HEALTH_URL, "secret-path", env.SLACK_WEBHOOK, "github-token"]) {
      expect(output).not.toContain(secret);
    }
  });
});

function incidentWith(body: string): Incident {
  return { number: 1, state: "open", body, labels: ["heartbeat-anvil"], comments: [] };
}

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

async function watchFromAzure(status: number, store: Awaited<ReturnType<typeof startBlobStore>>, lastRun: string) {
  const endpoint = await startServer(() => ({ status }));
  const slack = await startServer(() => ({ status: 200 }));
  const api = await startServer(githubOf([], lastRun));
  const result = await runScript(script, {
    ...entry,
    ...store.env,
    POLLS: "1",
    MEMORY: "blob",
    WORKFLOW_FILE: "heartbeat-anvil.yml",
    SILENCE_MINUTES: "30",
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
