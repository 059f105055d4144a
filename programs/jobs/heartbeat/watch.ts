import { setTimeout as sleep } from "node:timers/promises";
import { readBlob, writeBlob } from "../blob-store";
import { at, fail, listAt, messageOf, number, runJob, tell, text, textAt, texts } from "../job";
import { enableWorkflow, incidentMemory, lastRun, silenceIncident, type WatchMemory } from "./github";
import { type Beating, noticeSilence, type SilenceMemory } from "./silence";
import { afterPoll, LostCount, parseState, peopleKnow, quiet, type WatchState } from "./state";

// Polls a health endpoint, and says when it stops answering and when it is back. Needs Node.js 20 and nothing else.
// A GitHub workflow runs it (it remembers in the open incident), and a job in Azure (it remembers in a blob).

runJob(async () => {
  const target = text("TARGET");
  const onGithub = text("MEMORY") === "incident";
  const watcher = onGithub ? "GitHub" : "Azure";
  const alertAfter = number("ALERT_AFTER");
  const memory = onGithub ? incidentMemory(target, text("RUNBOOK"), alertAfter) : blobMemory(target);
  if (onGithub) await goOn(enableWorkflow);
  await new Watch(target, watcher, memory).run();
  if (process.env.SILENCE_MINUTES === undefined) return;
  if (onGithub) {
    await noticeSilence(otherWatcher(target, watcher, "Azure", lastExecution), silenceIncident(target));
    return;
  }
  const lastWatch = () => lastRun(text("WORKFLOW_FILE"), "success");
  await noticeSilence(
    otherWatcher(target, watcher, "GitHub", lastWatch),
    silenceBlob(`heartbeat/${target}/silent.json`),
  );
  await Promise.all(
    texts("DAILY_WORKFLOWS").map((file) =>
      noticeSilence(dailyWorkflow(file), silenceBlob(`workflows/${file}/silent.json`)),
    ),
  );
});

function otherWatcher(target: string, watcher: string, other: string, lastBeat: Beating["lastBeat"]): Beating {
  return {
    ...{ who: other, did: "watched", silenceMinutes: number("SILENCE_MINUTES"), lastBeat },
    consequence: `${target} is watched from ${watcher} only`,
    isBack: `${other} watches ${target} again`,
  };
}

/** Of one that failed GitHub tells; this is about one that no longer begins, as GitHub disables schedules after 60 quiet days. */
function dailyWorkflow(file: string): Beating {
  return {
    ...{ who: `the workflow ${file}`, did: "ran", silenceMinutes: dailySilenceMinutes },
    lastBeat: () => lastRun(file, "completed"),
    consequence: "what it does each day is not done",
    isBack: `the workflow ${file} runs again`,
  };
}

/** GitHub's runs are late by minutes, at times by an hour. */
const dailySilenceMinutes = 26 * 60;

/** The polls of one run. */
class Watch {
  private readonly runbook = text("RUNBOOK");
  private readonly alertAfter = number("ALERT_AFTER");
  private readonly escalateAfter = number("ESCALATE_AFTER");

  constructor(
    private readonly target: string,
    private readonly watcher: string,
    private readonly memory: WatchMemory,
  ) {}

  async run(): Promise<void> {
    let state = await this.recall();
    for (let left = number("POLLS"); left > 0; left -= 1) {
      const startedAt = Date.now();
      state = await this.observe(state, await isHealthy(), left === 1);
      if (left > 1) await sleep(Math.max(0, number("INTERVAL_SECONDS") * 1000 - (Date.now() - startedAt)));
    }
  }

  /** What was remembered. A count that is lost is told once and begun anew; the run fails, so that it is looked at. */
  private async recall(): Promise<WatchState> {
    try {
      return await this.memory.read();
    } catch (error) {
      if (!(error instanceof LostCount)) throw error;
      fail(error.message);
      const message = `:warning: ${this.target}: ${error.message}, so its watcher on ${this.watcher} counts from zero.`;
      if (!(await tell("SLACK_WEBHOOK", message))) throw error;
      const anew = { ...quiet, since: new Date().toISOString() };
      await this.memory.write(anew, true);
      return anew;
    }
  }

  /** The state after one poll. People are told first and it is remembered afterwards, so that a lost message is sent again. */
  private async observe(before: WatchState, healthy: boolean, runEnds: boolean): Promise<WatchState> {
    const now = new Date().toISOString();
    const { state, isOver } = afterPoll(before, { healthy, now, recoverAfter: number("RECOVER_AFTER") });
    console.log(`${now} ${this.target} ${healthy ? "answers" : `does not answer, ${state.failures} failed`}`);
    const next = isOver ? await this.endIncident(state) : await this.alertIfDue(state);
    if (next !== before || runEnds) await goOn(() => this.memory.write(next, runEnds));
    return next;
  }

  private async endIncident(after: WatchState): Promise<WatchState> {
    const message = `:large_green_circle: ${this.target} answers again, after ${after.failures} failed polls since ${after.since} (seen from ${this.watcher}).`;
    return peopleKnow(after) && !(await tell("SLACK_WEBHOOK", message)) ? after : quiet;
  }

  private async alertIfDue(after: WatchState): Promise<WatchState> {
    if (after.successes > 0 || after.failures === 0) return after;
    const { failures, since } = after;
    const facts = `${failures} failed polls since ${since} (seen from ${this.watcher}). What to do: ${this.runbook}`;
    const alert = `:red_circle: ${this.target} does not answer: ${facts}`;
    const alerted = after.alerted || (failures >= this.alertAfter && (await tell("SLACK_WEBHOOK", alert)));
    const escalation = `:rotating_light: ${this.target} still does not answer: ${facts}`;
    const escalated =
      after.escalated || (failures >= this.escalateAfter && (await tell("SLACK_ESCALATION_WEBHOOK", escalation)));
    return { ...after, alerted, escalated };
  }
}

/** Neither the address nor what it answers is printed: the log may be public. */
async function isHealthy(): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(number("POLL_TIMEOUT_SECONDS") * 1000);
    const response = await fetch(text("HEALTH_URL"), { signal, redirect: "error" });
    await response.body?.cancel();
    return response.status === 200;
  } catch {
    return false;
  }
}

/** What fails here must not end the watch; the run fails when it is over. */
async function goOn(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    fail(messageOf(error));
  }
}

function blobMemory(target: string): WatchMemory {
  const name = `heartbeat/${target}/state.json`;
  let written = JSON.stringify(quiet);
  return {
    async read() {
      written = (await readBlob(name)) ?? written;
      return parseState(written, name);
    },
    async write(next) {
      const content = JSON.stringify(next);
      if (content !== written) await writeBlob(name, content);
      written = content;
    },
  };
}

function silenceBlob(name: string): SilenceMemory {
  return {
    wasTold: async () => (await readBlob(name)) === "true",
    remember: (silent) => writeBlob(name, String(silent)),
  };
}

// The watcher's side of Azure: when the job there last watched. It is asked as whom GitHub says the workflow is; no key exists.

const azureTimeoutMs = 15_000;
const executionsVersion = "2025-01-01";

/** When an execution of the job last ended well; undefined when none did that Azure still knows. */
async function lastExecution(): Promise<string | undefined> {
  const api = process.env.AZURE_API_URL ?? "https://management.azure.com";
  const url = `${api}${text("WATCHER_JOB_ID")}/executions?api-version=${executionsVersion}`;
  const answer = await ask("Azure", url, { headers: { authorization: `Bearer ${await azureToken()}` } });
  const ends = listAt(answer, "value").flatMap((execution) => {
    const end = textAt(execution, "properties", "endTime");
    return at(execution, "properties", "status") === "Succeeded" && end !== undefined ? [end] : [];
  });
  return ends.sort((left, right) => Date.parse(left) - Date.parse(right)).at(-1);
}

/** Source: Entra, "Workload identity federation"; GitHub, "OpenID Connect reference". */
async function azureToken(): Promise<string> {
  const url = new URL(text("ACTIONS_ID_TOKEN_REQUEST_URL"));
  url.searchParams.set("audience", "api://AzureADTokenExchange");
  const authorization = `Bearer ${text("ACTIONS_ID_TOKEN_REQUEST_TOKEN")}`;
  const assertion = tokenIn("GitHub", await ask("GitHub", url.href, { headers: { authorization } }), "value");
  const login = process.env.AZURE_LOGIN_URL ?? "https://login.microsoftonline.com";
  const answer = await ask("Entra", `${login}/${text("WATCHER_TENANT_ID")}/oauth2/v2.0/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_id: text("WATCHER_CLIENT_ID"),
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      client_assertion: assertion,
      scope: "https://management.azure.com/.default",
    }),
  });
  return tokenIn("Entra", answer, "access_token");
}

function tokenIn(who: string, answer: unknown, field: string): string {
  const token = textAt(answer, field);
  if (token === undefined) throw new Error(`${who}'s answer has no token`);
  return token;
}

async function ask(who: string, url: string, request: RequestInit): Promise<unknown> {
  const response = await fetch(url, { ...request, signal: AbortSignal.timeout(azureTimeoutMs) });
  if (!response.ok) throw new Error(`${who} answered ${response.status} when asked for the second watcher's last beat`);
  return response.json();
}
