// Polls a health endpoint, and says when it stops answering and when it is back. Needs Node.js 20 and nothing else.
// A GitHub workflow runs it (it remembers in the open incident), and a job in Azure (it remembers in a blob).
import { setTimeout as sleep } from "node:timers/promises";
import { readBlob, writeBlob } from "../scheduled-script/blob-store.mjs";
import { number, text } from "../scheduled-script/environment.mjs";
import { tell } from "../scheduled-script/slack.mjs";
import { enableWorkflow, incidentMemory, lastRun } from "./github.mjs";
import { parseState, quiet } from "./state.mjs";

const pollTimeoutMs = 10_000;
const target = text("TARGET");
const runbook = text("RUNBOOK");
const alertAfter = number("ALERT_AFTER");
const escalateAfter = number("ESCALATE_AFTER");
const inIncident = text("MEMORY") === "incident";
const memory = inIncident ? incidentMemory(target, runbook) : blobMemory();

let state = await memory.read();
for (let left = number("POLLS"); left > 0; left -= 1) {
  const startedAt = Date.now();
  state = await observe(state, await isHealthy());
  if (left > 1) await sleep(Math.max(0, number("INTERVAL_SECONDS") * 1000 - (Date.now() - startedAt)));
}
if (inIncident) await enableWorkflow();
else if (process.env.SILENCE_MINUTES !== undefined) await noticeSilence();

/** The state after one poll. People are told first and it is remembered afterwards, so that a lost message is sent again. */
async function observe(before, healthy) {
  const now = new Date().toISOString();
  console.log(`${now} ${target} ${healthy ? "answers" : `does not answer, ${before.failures + 1} in a row`}`);
  if (!healthy) return failed(before, now);
  if (before.failures === 0) return before;
  const message = `:large_green_circle: ${target} answers again, after ${before.failures} failed polls since ${before.since}.`;
  if (before.alerted && !(await tell(text("SLACK_WEBHOOK"), message))) return before;
  await memory.write(quiet);
  return quiet;
}

async function failed(before, now) {
  const failures = before.failures + 1;
  const since = before.since || now;
  const facts = `${failures} failed polls since ${since}. What to do: ${runbook}`;
  const alerted =
    before.alerted ||
    (failures >= alertAfter && (await tell(text("SLACK_WEBHOOK"), `:red_circle: ${target} does not answer: ${facts}`)));
  const escalation = `:rotating_light: ${target} still does not answer: ${facts}`;
  const escalated =
    before.escalated || (failures >= escalateAfter && (await tell(text("SLACK_ESCALATION_WEBHOOK"), escalation)));
  const after = { failures, since, alerted, escalated };
  await memory.write(after);
  return after;
}

/** Neither the address nor what it answers is printed: the log may be public. */
async function isHealthy() {
  try {
    const signal = AbortSignal.timeout(pollTimeoutMs);
    const response = await fetch(text("HEALTH_URL"), { signal, redirect: "error" });
    await response.body?.cancel();
    return response.status === 200;
  } catch {
    return false;
  }
}

function blobMemory() {
  const name = `heartbeat/${target}/state.json`;
  return {
    read: async () => parseState((await readBlob(name)) ?? JSON.stringify(quiet), name),
    write: (next) => writeBlob(name, JSON.stringify(next)),
  };
}

/** Says once when GitHub has not run the workflow for too long, and once when it runs again. */
async function noticeSilence() {
  const name = `heartbeat/${target}/silent.json`;
  const last = await lastRun();
  const silent = last === undefined || Date.now() - Date.parse(last) > number("SILENCE_MINUTES") * 60_000;
  if (silent === ((await readBlob(name)) === "true")) return;
  const message = silent
    ? `:warning: GitHub ${last === undefined ? "has never watched" : `last watched at ${last}`}: ${target} is watched from Azure only.`
    : `:large_green_circle: GitHub watches ${target} again.`;
  if (await tell(text("SLACK_WEBHOOK"), message)) await writeBlob(name, String(silent));
}
