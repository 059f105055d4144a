// The watcher's side of GitHub: the incident that holds the failure count, and the workflow itself.
import { text } from "../scheduled-script/environment.mjs";
import { parseState, quiet } from "./state.mjs";

const githubTimeoutMs = 15_000;

async function github(method, path, body) {
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
  if (!response.ok) throw new Error(`GitHub answered ${response.status} to ${method} ${path}`);
  return response.status === 204 ? undefined : response.json();
}

/** The state is a comment in the body of the open incident. No open incident: nothing is wrong. An unreadable one: an error. */
export function incidentMemory(target, runbook) {
  const marker = /<!-- heartbeat (\{.*\}) -->/;
  let incident;
  return {
    async read() {
      [incident] = await github("GET", `issues?state=open&labels=heartbeat-${target}&per_page=1`);
      if (incident === undefined) return quiet;
      const where = `incident ${incident.number}`;
      return parseState(marker.exec(incident.body ?? "")?.[1] ?? "", where);
    },
    async write(state) {
      if (state.failures === 0) return close();
      const body = `${target} has not answered ${state.failures} times in a row since ${state.since}.

What to do: ${runbook}

<!-- heartbeat ${JSON.stringify(state)} -->`;
      if (incident !== undefined) await github("PATCH", `issues/${incident.number}`, { body });
      else {
        const title = `${target} does not answer`;
        incident = await github("POST", "issues", { title, body, labels: [`heartbeat-${target}`] });
      }
    },
  };

  async function close() {
    await github("POST", `issues/${incident.number}/comments`, { body: `${target} answers again.` });
    await github("PATCH", `issues/${incident.number}`, { state: "closed" });
    incident = undefined;
  }
}

/** GitHub disables a schedule after 60 days without activity; enabling it starts those days anew. */
export async function enableWorkflow() {
  await github("PUT", `actions/workflows/${text("WORKFLOW_FILE")}/enable`);
}

/** When the workflow last started; undefined when it never did. */
export async function lastRun() {
  const { workflow_runs: runs } = await github("GET", `actions/workflows/${text("WORKFLOW_FILE")}/runs?per_page=1`);
  return runs[0]?.run_started_at;
}
