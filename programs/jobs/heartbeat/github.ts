// The watcher's side of GitHub: incidents, which hold what has to be remembered, and the workflow itself.
import { isTemporaryStatus, retry } from "../../../lib/retry";
import { at, listAt, number, text, textAt } from "../job";
import type { SilenceMemory } from "./silence";
import { parseState, quiet, type WatchState } from "./state";

const githubTimeoutMs = 15_000;
/** A run has eight minutes; a limit that lasts longer ends it as a failure. */
const longestWaitMs = 60_000;

/** What GitHub answered instead of what was asked for. */
class GithubError extends Error {
  constructor(
    message: string,
    readonly status: number,
    /** Milliseconds for which GitHub wants to be left alone; undefined when it did not say. */
    readonly waitMs: number | undefined,
  ) {
    super(message);
  }
}

/** Asks again when GitHub fails for a moment: without an answer the count is not known. A POST is only repeated when it was refused. */
function github(method: string, path: string, body?: unknown): Promise<unknown> {
  const plan = { tries: 3, firstWaitMs: number("RETRY_SECONDS") * 1000, factor: 1 };
  return retry(
    () => githubOnce(method, path, body),
    plan,
    (error) => {
      // A connection that broke: whether the request was carried out is not known.
      if (!(error instanceof GithubError)) return method !== "POST";
      if (error.waitMs !== undefined) return error.waitMs <= longestWaitMs && error.waitMs;
      return isTemporaryStatus(error.status) && (error.status === 429 || method !== "POST");
    },
  );
}

async function githubOnce(method: string, path: string, body: unknown): Promise<unknown> {
  const api = process.env.GITHUB_API_URL ?? "https://api.github.com";
  const response = await fetch(`${api}/repos/${text("GITHUB_REPOSITORY")}/${path}`, {
    method,
    headers: {
      authorization: `Bearer ${text("GITHUB_TOKEN")}`,
      accept: "application/vnd.github+json",
      "x-github-api-version": "2022-11-28",
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(githubTimeoutMs),
  });
  const { status, ok, headers } = response;
  if (!ok) throw new GithubError(`GitHub answered ${status} to ${method} ${path}`, status, wantedWait(status, headers));
  return status === 204 ? undefined : response.json();
}

/** Source: GitHub, "Rate limits for the REST API": a limit is a 403 or a 429 that says how long, or when the hour's count begins anew. */
function wantedWait(status: number, headers: Headers): number | undefined {
  if (status !== 403 && status !== 429) return undefined;
  const seconds = headers.get("retry-after");
  if (seconds !== null) return Number(seconds) * 1000;
  if (headers.get("x-ratelimit-remaining") !== "0") return undefined;
  return Math.max(0, Number(headers.get("x-ratelimit-reset")) * 1000 - Date.now());
}

/** An open incident. */
interface Incident {
  readonly number: unknown;
  readonly body: string;
}

/** The one open issue with a label; `find` comes first. */
class LabelledIncident {
  private incident: Incident | undefined;

  constructor(private readonly label: string) {}

  async find(): Promise<Incident | undefined> {
    const found = listAt(await github("GET", `issues?state=open&labels=${this.label}&per_page=30`));
    // GitHub lists pull requests among the issues.
    const issue = found.find((each) => at(each, "pull_request") === undefined);
    this.incident = issue === undefined ? undefined : incidentOf(issue);
    return this.incident;
  }

  async write(title: string, body: string): Promise<void> {
    if (this.incident !== undefined) await github("PATCH", `issues/${this.incident.number}`, { body });
    else this.incident = incidentOf(await github("POST", "issues", { title, body, labels: [this.label] }));
  }

  async close(comment: string): Promise<void> {
    if (this.incident === undefined) return;
    await github("POST", `issues/${this.incident.number}/comments`, { body: comment });
    await github("PATCH", `issues/${this.incident.number}`, { state: "closed" });
    this.incident = undefined;
  }
}

function incidentOf(issue: unknown): Incident {
  return { number: at(issue, "number"), body: textAt(issue, "body") ?? "" };
}

/** Where a watcher keeps its state between runs. */
export interface WatchMemory {
  /** @throws {LostCount} when what is there cannot be read */
  read(): Promise<WatchState>;
  write(state: WatchState, runEnds: boolean): Promise<void>;
}

/**
 * The state is a comment in the body of the open incident. No open incident: nothing is wrong. A single failure makes none unless
 * the run ends with it.
 */
export function incidentMemory(target: string, runbook: string, alertAfter: number): WatchMemory {
  const marker = /<!-- heartbeat (\{.*\}) -->/;
  const incident = new LabelledIncident(`heartbeat-${target}`);
  let isOpen = false;
  return {
    async read() {
      const open = await incident.find();
      isOpen = open !== undefined;
      if (open === undefined) return quiet;
      return parseState(marker.exec(open.body)?.[1] ?? "", `incident ${open.number}`);
    },
    async write(state, runEnds) {
      if (state.since === "") {
        await incident.close(`${target} answers again.`);
        isOpen = false;
        return;
      }
      if (!isOpen && state.failures < alertAfter && !runEnds) return;
      const body = `${target} has not answered ${state.failures} times since ${state.since}.

What to do: ${runbook}

<!-- heartbeat ${JSON.stringify(state)} -->`;
      await incident.write(`${target} does not answer`, body);
      isOpen = true;
    },
  };
}

/** Whether people were told that the other watcher is silent: an issue of its own is open then. */
export function silenceIncident(target: string): SilenceMemory {
  const incident = new LabelledIncident(`heartbeat-${target}-watcher`);
  return {
    wasTold: async () => (await incident.find()) !== undefined,
    remember: (silent, message) =>
      silent ? incident.write(`The second watcher of ${target} is silent`, message) : incident.close(message),
  };
}

/** GitHub disables a schedule after 60 days without activity; enabling it starts those days anew. */
export async function enableWorkflow(): Promise<void> {
  await github("PUT", `actions/workflows/${text("WORKFLOW_FILE")}/enable`);
}

/**
 * When a run of a workflow last ended; undefined when none ever did.
 *
 * @param outcome `success` of runs that ended well, `completed` of all
 */
export async function lastRun(workflow: string, outcome: "completed" | "success"): Promise<string | undefined> {
  const path = `actions/workflows/${workflow}/runs?status=${outcome}&per_page=1`;
  return textAt(await github("GET", path), "workflow_runs", 0, "updated_at");
}
