import { findRevisedApps, returnTraffic } from "../operations/delivery/app-traffic";
import {
  runSmokeChecks,
  type SmokeCheck,
  type SmokeResult,
  smokeChecks,
} from "../operations/delivery/run-smoke-checks";
import type { CommandContext, Outcome } from "./command";
import type { DeploymentEngine } from "./engines/deployment-engine";
import { exitCodes } from "./exit-codes";
import type { ShownResult } from "./run-shown";

/**
 * Asks what was deployed whether it works. If it does not, the apps that got a new revision send their requests to the previous one
 * again, and the run has failed; if it does, there is no outcome to speak of.
 */
export async function unhealthyOutcome(
  context: CommandContext,
  engine: DeploymentEngine,
  deployed: ShownResult,
): Promise<Outcome | undefined> {
  if (context.options.smoke !== true) return undefined;
  const results = await runSmokeChecks(await checksOf(context, engine), {
    signal: context.signal,
    revisions: engine.revisionTraffic,
  });
  for (const result of results) context.say(`    ${smokeLine(result)}`);
  if (results.every(({ healthy }) => healthy)) return undefined;
  await rollBack(context, engine, deployed);
  return { exitCode: exitCodes.error, summary: "deployed, but smoke checks failed, exit code 1" };
}

async function checksOf(context: CommandContext, engine: DeploymentEngine): Promise<readonly SmokeCheck[]> {
  const checks = smokeChecks(await engine.outputs(false));
  const asked = engine.name === "sandbox" ? checks.filter(isHere) : checks;
  context.say("\nSmoke checks:");
  if (checks.length === 0) context.say("    none: the stack has no output smokeChecks");
  if (asked.length < checks.length) {
    context.say(`    ${checks.length - asked.length} not asked: what the sandbox deploys has no address out there`);
  }
  return asked;
}

/** The sandbox knows its apps' revisions; their addresses are nobody's. */
function isHere(check: SmokeCheck): boolean {
  return "app" in check || ["127.0.0.1", "localhost", "[::1]"].includes(new URL(check.url).hostname);
}

function smokeLine({ check, healthy, answer, seconds }: SmokeResult): string {
  const what = "app" in check ? "newest revision" : check.url;
  return `${healthy ? "healthy" : "FAILED "}  ${check.name}  ${what}  ${answer} (${seconds.toFixed(1)} s)`;
}

async function rollBack(context: CommandContext, engine: DeploymentEngine, deployed: ShownResult): Promise<void> {
  const apps = findRevisedApps(deployed.events);
  if (apps.length === 0) context.say("Nothing to roll back: no app got a new revision");
  for (const result of await returnTraffic(apps, engine.revisionTraffic)) {
    const name = result.app.urn.split("::").at(-1);
    if (result.outcome === "returned") context.say(`Rolled back: ${name} answers with ${result.revision} again`);
    else context.say(`NOT rolled back: ${name} still answers with ${result.app.revision}: ${result.reason}`);
  }
}
