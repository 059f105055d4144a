import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { scriptText } from "../../components/scheduled-script/scheduled-script";
import { type Answer, type Received, runScript, startBlobStore, startServer } from "./script-run";

const script = scriptText(join(__dirname, "../../components/heartbeat"), "watch.mjs");

const entry = {
  TARGET: "anvil",
  CHANNEL: "#ops",
  RUNBOOK: "https://docs.example.com/anvil",
  ALERT_AFTER: "2",
  ESCALATE_AFTER: "5",
  INTERVAL_SECONDS: "0",
};

interface Incident {
  number: number;
  state: string;
  body: string;
  labels: string[];
  comments: string[];
}

/** The part of GitHub that the watcher uses. */
function githubOf(incidents: Incident[], lastRun?: string): (request: Received) => Answer {
  return ({ method, url, headers, body }) => {
    if (headers.authorization !== "Bearer github-token") return { status: 401 };
    const sent = body.length === 0 ? {} : JSON.parse(body.toString());
    if (method === "GET" && url.includes("/runs?")) {
      return { status: 200, body: { workflow_runs: lastRun === undefined ? [] : [{ run_started_at: lastRun }] } };
    }
    if (method === "GET") return { status: 200, body: incidents.filter((incident) => incident.state === "open") };
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

/** A watcher on GitHub against an endpoint that gives these answers, one per poll, and the last one from then on. */
async function watchFromGithub(answers: number[], incidents: Incident[] = [], slackStatus = 200) {
  let polls = 0;
  const endpoint = await startServer(() => ({ status: answers[Math.min(polls++, answers.length - 1)] ?? 500 }));
  const slack = await startServer(() => ({ status: slackStatus }));
  const api = await startServer(githubOf(incidents));
  const env = {
    ...entry,
    POLLS: String(answers.length),
    MEMORY: "incident",
    WORKFLOW_FILE: "heartbeat-anvil.yml",
    HEALTH_URL: `${endpoint.url}/secret-path`,
    SLACK_WEBHOOK: `${slack.url}/ops`,
    SLACK_ESCALATION_WEBHOOK: `${slack.url}/escalation`,
    GITHUB_API_URL: api.url,
    GITHUB_REPOSITORY: "alai-org/alai-infra",
    GITHUB_TOKEN: "github-token",
  };
  const result = await runScript(script, env);
  return { ...result, incidents, messages: messagesOf(slack.received), requests: api.received, env };
}

function messagesOf(received: readonly Received[]): string[] {
  return received.map(({ url, body }) => `${url} ${JSON.parse(body.toString()).text}`);
}

describe("heartbeat on GitHub", () => {
  it("says nothing while the endpoint answers, and enables its own workflow", async () => {
    const { exitCode, messages, incidents, requests } = await watchFromGithub([200, 200, 200]);
    expect({ exitCode, messages, incidents }).toEqual({ exitCode: 0, messages: [], incidents: [] });
    expect(requests.at(-1)).toMatchObject({
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
    const second = await watchFromGithub([500], first.incidents);
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

  it("fails loudly when the count cannot be read", async () => {
    const incident = { number: 1, state: "open", body: "somebody edited this", labels: [], comments: [] };
    const { exitCode, output } = await watchFromGithub([500], [incident]);
    expect(exitCode).toBe(1);
    expect(output).toContain("incident 1 has no readable failure count");
  });

  it("goes on watching when Slack is down, tells again at the next poll, and fails in the end", async () => {
    const { exitCode, messages, incidents } = await watchFromGithub([500, 500, 500], [], 503);
    expect(messages).toHaveLength(2);
    expect(incidents[0]?.body).toContain('"failures":3,');
    expect(incidents[0]?.body).toContain('"alerted":false');
    expect(exitCode).toBe(1);
  });

  it("prints neither address nor token", async () => {
    const { output, env } = await watchFromGithub([500, 500, 200], [], 503);
    for (const secret of [env.HEALTH_URL, "secret-path", env.SLACK_WEBHOOK, "github-token"]) {
      expect(output).not.toContain(secret);
    }
  });
});

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
    expect(runs).toEqual([0, 1, 0, 1, 0]);
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

  it("fails loudly when its memory cannot be read", async () => {
    const store = await startBlobStore();
    store.blobs.set("heartbeat/anvil/state.json", Buffer.from('{"failures":-1}'));
    const { exitCode, output } = await watchFromAzure(500, store, now());
    expect(exitCode).toBe(1);
    expect(output).toContain("heartbeat/anvil/state.json has no usable failure count");
  });
});
