// The watcher's side of GitHub: incidents, which hold what has to be remembered, and the workflow itself.
import { setTimeout as pause } from "node:timers/promises";
import { number, text } from "../environment.mjs";
import { parseState, quiet } from "./state.mjs";

const githubTimeoutMs = 15_000;

/** Asks again when GitHub fails for a moment: without an answer the count is not known. Only what can be repeated is. */
async function github(method, path, body) {
  for (let left = method === "POST" ? 0 : 2; ; left -= 1) {
    try {
      return await githubOnce(method, path, body);
    } catch (error) {
      if (left === 0 || error.status < 500) throw error;
      await pause(number("RETRY_SECONDS") * 1000);
    }
  }
}

async function githubOnce(method, path, body) {
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
  if (!response.ok) {
    const refused = new Error(`GitHub answered ${response.status} to ${method} ${path}`);
    throw Object.assign(refused, { status: response.status });
  }
  return response.status === 204 ? undefined : response.json();
}

/** The one open issue with a label; `find` comes first. */
function incidentOf(label) {
  let incident;
  return {
    async find() {
      const found = await github("GET", `issues?state=open&labels=${label}&per_page=30`);
      // GitHub lists pull requests among the issues.
      incident = found.find((each) => each.pull_request === undefined);
      return incident;
    },
    async write(title, body) {
      if (incident !== undefined) await github("PATCH", `issues/${incident.number}`, { body });
      else incident = await github("POST", "issues", { title, body, labels: [label] });
    },
    async close(comment) {
      if (incident === undefined) return;
      await github("POST", `issues/${incident.number}/comments`, { body: comment });
      await github("PATCH", `issues/${incident.number}`, { state: "closed" });
      incident = undefined;
    },
  };
}

/**
 * The state is a comment in the body of the open incident. No open incident: nothing is wrong. A single failure makes none unless
 * the run ends with it.
 */
export function incidentMemory(target, runbook, alertAfter) {
  const marker = /<!-- heartbeat (\{.*\}) -->/;
  const incident = incidentOf(`heartbeat-${target}`);
  let open;
  return {
    async read() {
      open = await incident.find();
      if (open === undefined) return quiet;
      return parseState(marker.exec(open.body ?? "")?.[1] ?? "", `incident ${open.number}`);
    },
    async write(state, runEnds) {
      if (state.since === "") {
        await incident.close(`${target} answers again.`);
        open = undefined;
        return;
      }
      if (open === undefined && state.failures < alertAfter && !runEnds) return;
      const body = `${target} has not answered ${state.failures} times since ${state.since}.

What to do: ${runbook}

<!-- heartbeat ${JSON.stringify(state)} -->`;
      await incident.write(`${target} does not answer`, body);
      open = true;
    },
  };
}

/** Whether people were told that the other watcher is silent: an issue of its own is open then. */
export function silenceIncident(target) {
  const incident = incidentOf(`heartbeat-${target}-watcher`);
  return {
    wasTold: async () => (await incident.find()) !== undefined,
    remember: (silent, message) =>
      silent ? incident.write(`The second watcher of ${target} is silent`, message) : incident.close(message),
  };
}

/** GitHub disables a schedule after 60 days without activity; enabling it starts those days anew. */
export async function enableWorkflow() {
  await github("PUT", `actions/workflows/${text("WORKFLOW_FILE")}/enable`);
}

/** When a run of the workflow last ended well, having watched to its end; undefined when none ever did. */
export async function lastRun() {
  const path = `actions/workflows/${text("WORKFLOW_FILE")}/runs?status=success&per_page=1`;
  const { workflow_runs: runs } = await github("GET", path);
  return runs[0]?.updated_at;
}
