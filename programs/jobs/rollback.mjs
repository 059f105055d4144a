// Makes an earlier deployment of a Pages project live again, by retrying it: Cloudflare still has the files. Without an id it lists
// the last ten. Needs Node.js 20 and nothing else.
import { setTimeout as sleep } from "node:timers/promises";
import { number, text } from "./environment.mjs";

const callTimeoutMs = 30_000;
/** Live within a minute, or it failed. */
const attempts = 30;
const account = text("CLOUDFLARE_ACCOUNT_ID");
const deployments = `${text("CLOUDFLARE_API")}/accounts/${account}/pages/projects/${text("PROJECT")}/deployments`;
const wanted = process.env.DEPLOYMENT ?? "";

if (wanted === "") await list();
else if (/^[0-9a-f-]{8,64}$/.test(wanted)) await rollBack(wanted);
else fail("the deployment id must be hexadecimal digits and dashes; run without an id to list them");

async function list() {
  for (const { id, created_on: madeAt, deployment_trigger: trigger } of await call(
    "GET",
    "?env=production&per_page=10",
  )) {
    const subject = (trigger?.metadata?.commit_message ?? "").split("\n")[0];
    // The message of a commit is somebody's text: at the start of a line it could be a command to the runner.
    console.log(`${id}  ${madeAt}  ${subject}`);
  }
}

async function rollBack(deployment) {
  const { id } = await call("POST", `/${deployment}/retry`);
  let stage = "";
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const { latest_stage: latest } = await call("GET", `/${id}`);
    stage = `${latest?.name} ${latest?.status}`;
    if (stage === "deploy success") return console.log(`Live: ${id}, a copy of ${deployment}`);
    if (/ (failure|canceled)$/.test(stage)) return fail(`deployment ${id} ended with: ${stage}`);
    await sleep(number("POLL_SECONDS") * 1000);
  }
  fail(`deployment ${id} was not live after a minute: ${stage}`);
}

async function call(method, path) {
  const response = await fetch(`${deployments}${path}`, {
    method,
    headers: { authorization: `Bearer ${text("CLOUDFLARE_API_TOKEN")}` },
    signal: AbortSignal.timeout(callTimeoutMs),
  });
  const answer = await response.json().catch(() => ({}));
  if (response.ok && answer.success === true) return answer.result;
  const reasons = (answer.errors ?? []).map(({ code, message }) => `${code} ${message}`).join("; ");
  throw new Error(`Cloudflare answered ${response.status} to ${method} ${path}${reasons === "" ? "" : `: ${reasons}`}`);
}

function fail(message) {
  console.log(`::error::${message}`);
  process.exitCode = 1;
}
