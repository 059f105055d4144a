// Makes an earlier deployment of a Pages project live again, by retrying it: Cloudflare still has the files. Without an id it lists
// the last ten. Needs Node.js 20 and nothing else.
import { askAgain } from "../../lib/retry";
import { at, listAt, number, runJob, text, textAt } from "./job";

const callTimeoutMs = 30_000;

runJob(async () => {
  const deployment = process.env.DEPLOYMENT ?? "";
  if (deployment === "") await listDeployments();
  else if (/^[0-9a-f-]{8,64}$/.test(deployment)) await rollBack(deployment);
  else failRun("the deployment id must be hexadecimal digits and dashes; run without an id to list them");
});

async function listDeployments(): Promise<void> {
  for (const deployment of listAt(await call("GET", "?env=production&per_page=10"))) {
    const message = textAt(deployment, "deployment_trigger", "metadata", "commit_message") ?? "";
    // The message of a commit is somebody's text: at the start of a line it could be a command to the runner.
    console.log(`${at(deployment, "id")}  ${at(deployment, "created_on")}  ${message.split("\n")[0]}`);
  }
}

async function rollBack(deployment: string): Promise<void> {
  const id = at(await call("POST", `/${deployment}/retry`), "id");
  const stageNow = async (): Promise<string> => {
    const latest = at(await call("GET", `/${id}`), "latest_stage");
    return `${at(latest, "name")} ${at(latest, "status")}`;
  };
  // Live within a minute, or it failed.
  const plan = { tries: 30, firstWaitMs: number("POLL_SECONDS") * 1000, factor: 1 };
  const stage = await askAgain(stageNow, plan, (each) => each === "deploy success" || hasFailed(each));
  if (stage === "deploy success") console.log(`Live: ${id}, a copy of ${deployment}`);
  else if (hasFailed(stage)) failRun(`deployment ${id} ended with: ${stage}`);
  else failRun(`deployment ${id} was not live after a minute: ${stage}`);
}

function hasFailed(stage: string): boolean {
  return / (failure|canceled)$/.test(stage);
}

async function call(method: string, path: string): Promise<unknown> {
  const account = `${text("CLOUDFLARE_API")}/accounts/${text("CLOUDFLARE_ACCOUNT_ID")}`;
  const response = await fetch(`${account}/pages/projects/${text("PROJECT")}/deployments${path}`, {
    method,
    headers: { authorization: `Bearer ${text("CLOUDFLARE_API_TOKEN")}` },
    signal: AbortSignal.timeout(callTimeoutMs),
  });
  const answer: unknown = await response.json().catch(() => ({}));
  if (response.ok && at(answer, "success") === true) return at(answer, "result");
  const reasons = listAt(answer, "errors").map((error) => `${at(error, "code")} ${at(error, "message")}`);
  const because = reasons.length === 0 ? "" : `: ${reasons.join("; ")}`;
  throw new Error(`Cloudflare answered ${response.status} to ${method} ${path}${because}`);
}

/** As the runner shows it: an annotation of the run. */
function failRun(message: string): void {
  console.log(`::error::${message}`);
  process.exitCode = 1;
}
