// Polls a health endpoint, and says when it stops answering and when it is back. Needs Node.js 20 and nothing else.
// A GitHub workflow runs it (it remembers in the open incident), and a job in Azure (it remembers in a blob).
import { setTimeout as sleep } from "node:timers/promises";
import { readBlob, writeBlob } from "../blob-store.mjs";
import { number, text } from "../environment.mjs";
import { tell } from "../slack.mjs";
import { lastExecution } from "./azure.mjs";
import { enableWorkflow, incidentMemory, lastRun, silenceIncident } from "./github.mjs";
import { noticeSilence } from "./silence.mjs";
import { afterPoll, LostCount, parseState, peopleKnow, quiet } from "./state.mjs";

const target = text("TARGET");
const runbook = text("RUNBOOK");
const alertAfter = number("ALERT_AFTER");
const escalateAfter = number("ESCALATE_AFTER");
const onGithub = text("MEMORY") === "incident";
const watcher = onGithub ? "GitHub" : "Azure";
const memory = onGithub ? incidentMemory(target, runbook, alertAfter) : blobMemory();

if (onGithub) await goOn(enableWorkflow);
let state = await recall();
for (let left = number("POLLS"); left > 0; left -= 1) {
  const startedAt = Date.now();
  state = await observe(state, await isHealthy(), left === 1);
  if (left > 1) await sleep(Math.max(0, number("INTERVAL_SECONDS") * 1000 - (Date.now() - startedAt)));
}
if (process.env.SILENCE_MINUTES !== undefined) {
  if (onGithub) await noticeSilence(target, watcher, "Azure", lastExecution, silenceIncident(target));
  else await noticeSilence(target, watcher, "GitHub", lastRun, silenceBlob());
}

/** What was remembered. A count that is lost is told once and begun anew; the run fails, so that it is looked at. */
async function recall() {
  try {
    return await memory.read();
  } catch (error) {
    if (!(error instanceof LostCount)) throw error;
    console.error(error.message);
    process.exitCode = 1;
    const message = `:warning: ${target}: ${error.message}, so its watcher on ${watcher} counts from zero.`;
    if (!(await tell(text("SLACK_WEBHOOK"), message))) throw error;
    const anew = { ...quiet, since: new Date().toISOString() };
    await memory.write(anew, true);
    return anew;
  }
}

/** The state after one poll. People are told first and it is remembered afterwards, so that a lost message is sent again. */
async function observe(before, healthy, runEnds) {
  const now = new Date().toISOString();
  const polled = afterPoll(before, healthy, now, number("RECOVER_AFTER"));
  console.log(`${now} ${target} ${healthy ? "answers" : `does not answer, ${polled.failures} failed`}`);
  const { over = false, ...after } = polled;
  const next = over ? await recovered(after) : await failing(after);
  if (next !== before || runEnds) await goOn(() => memory.write(next, runEnds));
  return next;
}

async function recovered(after) {
  const message = `:large_green_circle: ${target} answers again, after ${after.failures} failed polls since ${after.since} (seen from ${watcher}).`;
  return peopleKnow(after) && !(await tell(text("SLACK_WEBHOOK"), message)) ? after : quiet;
}

async function failing(after) {
  if (after.successes > 0 || after.failures === 0) return after;
  const facts = `${after.failures} failed polls since ${after.since} (seen from ${watcher}). What to do: ${runbook}`;
  const alerted =
    after.alerted ||
    (after.failures >= alertAfter &&
      (await tell(text("SLACK_WEBHOOK"), `:red_circle: ${target} does not answer: ${facts}`)));
  const escalation = `:rotating_light: ${target} still does not answer: ${facts}`;
  const escalated =
    after.escalated || (after.failures >= escalateAfter && (await tell(text("SLACK_ESCALATION_WEBHOOK"), escalation)));
  return { ...after, alerted, escalated };
}

/** Neither the address nor what it answers is printed: the log may be public. */
async function isHealthy() {
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
async function goOn(work) {
  try {
    await work();
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}

function blobMemory() {
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

function silenceBlob() {
  const name = `heartbeat/${target}/silent.json`;
  return {
    wasTold: async () => (await readBlob(name)) === "true",
    remember: (silent) => writeBlob(name, String(silent)),
  };
}
