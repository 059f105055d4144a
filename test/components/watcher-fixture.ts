import { type Answer, type Received, runScript, startServer } from "./script-run";
import { watchScript as script } from "./watch-script-settings";

export const entry = {
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
export type Behaviour = number | "hang" | "redirect";
export interface Incident {
  number: number;
  state: string;
  body: string;
  labels: string[];
  comments: string[];
}
/** GitHub lists them with the issues. */
export const pullRequest = { number: 99, state: "open", body: "", pull_request: {} };
/** The part of GitHub that the watcher uses. */
export function githubOf(
  incidents: Incident[],
  lastRun?: string,
  trouble: Answer[] = [],
): (request: Received) => Answer {
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
export interface GithubWatch {
  readonly incidents?: Incident[];
  readonly slackStatus?: number;
  /** Of the alert channel only. */
  readonly opsStatus?: number;
  readonly trouble?: Answer[];
  readonly more?: Readonly<Record<string, string>>;
}
/** A watcher on GitHub against an endpoint that behaves so, one poll after the other. */
export async function watchFromGithub(
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
export function messagesOf(received: readonly Received[]): string[] {
  return received.map(({ url, body }) => `${url} ${JSON.parse(body.toString()).text}`);
}
