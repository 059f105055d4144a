import type { OperationLog } from "../../deployment/display/operation-log";
import { GithubNotConfigured } from "../../lib/github/github-error";
import { githubRepository } from "../../lib/github/github-repository";
import { findRevisedApps, returnTraffic } from "../../operations/delivery/app-traffic";
import { BreakGlassRefused, useBreakGlass } from "../../operations/delivery/break-glass";
import { findChangeJobs, runDueJobs } from "../../operations/delivery/changed-jobs";
import { incidentPagers, page } from "../../operations/delivery/page";
import {
  runSmokeChecks,
  type SmokeCheck,
  type SmokeResult,
  smokeChecks,
} from "../../operations/delivery/run-smoke-checks";
import type { SavedPlan } from "../../operations/delivery/saved-plan";
import type { GuardOverride } from "../../operations/guard/override";
import { type CommandContext, cancelledOutcome, commandLine, defineCommand, done, type Outcome } from "../command";
import { confirm, requireTerminal } from "../confirmation";
import type { DeploymentEngine } from "../engines/deployment-engine";
import { CommandError, exitCodes } from "../exit-codes";
import { guardOverrides } from "../guard-overrides";
import { guardOutcome, printLowBudgets } from "../guarded-preview";
import { withStaleLockBroken } from "../locked-stack";
import { sharedOption } from "../options";
import { readApprovedPlan, refuseOtherPlan } from "../reviewed-plan";
import {
  changesText,
  failedOutcome,
  type LoggedResult,
  refuseUncheckedExpectation,
  runAgain,
  runAndPrint,
  unexpectedChanges,
} from "../run-and-print";

export const command = defineCommand({
  description:
    "Preview with policies and plan guards, then apply if it is clean. Asks first; --json on the sandbox counts as a yes, because nobody reads along.",
  options: sharedOption(
    "stack",
    "engine",
    "cwd",
    "policyPack",
    "json",
    "diff",
    "target",
    "expectNoChanges",
    "yes",
    "skipPreview",
    "override",
    "overridesOf",
    "approvedPlan",
    "approvedDigest",
    "smoke",
    "breakStaleLock",
    "breakGlass",
  ),
  examples: [
    "npm run up -- --stack dev --yes",
    "npm run up -- --stack prod --engine pulumi",
    'npm run up -- --stack dev --override "stateful=the data was moved before"',
  ],
  stack: "dev",
  deploys: true,
  beginsPreviews: true,
  run,
});

async function run(context: CommandContext): Promise<Outcome> {
  const approved = readApprovedPlan(context);
  refuseUncheckedExpectation(context);
  if (asks(context)) requireTerminal(confirmation(context));
  const overrides = approved?.overrides ?? (await guardOverrides(context));
  const engine = await context.open();
  try {
    for (const notice of engine.notices) context.say(notice);
    return await deploy(context, engine, asks(context) ? "ask" : "go", { approved, overrides });
  } finally {
    await engine.close();
  }
}

/** What was decided before the deployment, and what belongs to it. */
interface Review {
  /** The plan that was approved: any other is refused. Default: none is asked for. */
  readonly approved?: SavedPlan | undefined;
  /** The plan guards that are set aside. Default: none. */
  readonly overrides?: readonly GuardOverride[];
  /** What is done once the preview is clean and agreed to, right before it is applied. Default: nothing. */
  readonly beforeApplying?: () => Promise<void>;
}

/**
 * Previews with policies and plan guards, and applies only what came out clean.
 *
 * @param consent whether to ask before applying; `go briefly` also says once what preview and update would both say
 */
export async function deploy(
  context: CommandContext,
  engine: DeploymentEngine,
  consent: "ask" | "go" | "go briefly",
  { approved, overrides = [], beforeApplying }: Review = {},
): Promise<Outcome> {
  await engine.requireUnlocked();
  const brief = consent === "go briefly";
  let plan: OperationLog | undefined;
  if (context.options.skipPreview !== true) {
    const preview = await runAndPrint(context, engine, { kind: "preview", previewOnly: true, brief });
    plan = preview.log;
    const guarded = guardOutcome(context, engine, preview, overrides);
    const stop =
      failedOutcome(context, preview, "nothing was applied") ?? guarded ?? unexpectedChanges(context, preview);
    if (stop !== undefined) return stop;
    printLowBudgets(context, preview.log);
    const refused = await refuseOtherPlan(context, engine, approved, preview);
    if (refused !== undefined) return refused;
    if (preview.unchanged) {
      const unchanged = { ...done(`unchanged: ${changesText(preview.log)}`), unchanged: true };
      return (await failedJobsOutcome(context, engine)) ?? unchanged;
    }
  }
  if (consent === "ask" && !(await confirmUpdate(context, engine))) {
    return cancelledOutcome(context, "nothing was applied");
  }
  await announceBreakGlass(context);
  await beforeApplying?.();
  const result = await withStaleLockBroken(context, engine, () =>
    runAndPrint(context, engine, { kind: "up", previewOnly: false, brief, ...(plan === undefined ? {} : { plan }) }),
  );
  return (
    failedOutcome(context, result, runAgain) ??
    (await failedJobsOutcome(context, engine)) ??
    (await unhealthyOutcome(context, engine, result)) ??
    done(`done: ${changesText(result.log)}`)
  );
}

/** Nobody can answer a question asked of a program that reads JSON; on the sandbox nothing real is at stake. */
function asks(context: CommandContext): boolean {
  if (context.options.yes === true) return false;
  return !(context.options.json === true && context.engine === "sandbox");
}

function confirmUpdate(context: CommandContext, engine: DeploymentEngine): Promise<boolean> {
  const question = `Apply this to stack ${engine.stack} on engine ${engine.name}`;
  return confirm({ question, answer: "yes", ...confirmation(context) });
}

function confirmation(context: CommandContext) {
  return { withoutAsking: commandLine(context, "up", "--yes") };
}

/** Runs the jobs that ask to be run when they were changed, and were not. When all succeed, there is no outcome to speak of. */
async function failedJobsOutcome(context: CommandContext, engine: DeploymentEngine): Promise<Outcome | undefined> {
  const jobs = findChangeJobs(await engine.exportedState());
  const runs = await runDueJobs(jobs, engine.jobRuns, { signal: context.signal });
  for (const { job, succeeded, text } of runs) {
    context.say(`Job ${job.urn.split("::").at(-1)}${succeeded ? "" : " FAILED"}: ${text}`);
  }
  if (runs.every(({ succeeded }) => succeeded)) return undefined;
  return { exitCode: exitCodes.error, summary: "deployed, but a job failed that runs after its change, exit code 1" };
}

/**
 * Asks what was deployed whether it works. If it does not, the apps that got a new revision send their requests to the previous one
 * again, and the run has failed; if it does, there is no outcome to speak of.
 */
async function unhealthyOutcome(
  context: CommandContext,
  engine: DeploymentEngine,
  deployed: LoggedResult,
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

async function rollBack(context: CommandContext, engine: DeploymentEngine, deployed: LoggedResult): Promise<void> {
  const apps = findRevisedApps(deployed.events);
  if (apps.length === 0) context.say("Nothing to roll back: no app got a new revision");
  for (const result of await returnTraffic(apps, engine.revisionTraffic)) {
    const name = result.app.urn.split("::").at(-1);
    if (result.outcome === "returned") context.say(`Rolled back: ${name} answers with ${result.revision} again`);
    else context.say(`NOT rolled back: ${name} still answers with ${result.app.revision}: ${result.reason}`);
  }
}

/** Before anything is applied without its review: an incident is open, and people know of it. */
async function announceBreakGlass(context: CommandContext): Promise<void> {
  const { breakGlass: reason } = context.options;
  if (reason === undefined) return;
  try {
    await announce(context, reason);
  } catch (error) {
    if (!(error instanceof BreakGlassRefused)) throw error;
    throw new CommandError(exitCodes.badConfiguration, error.message);
  }
}

async function announce({ stack, say }: CommandContext, reason: string): Promise<void> {
  const environment = process.env;
  const repository = githubRepository(environment);
  const actor = environment.GITHUB_ACTOR ?? "";
  if (actor === "") throw new GithubNotConfigured("GITHUB_ACTOR must say who breaks the glass");
  const server = environment.GITHUB_SERVER_URL ?? "https://github.com";
  const runUrl = `${server}/${repository.owner}/${repository.name}/actions/runs/${environment.GITHUB_RUN_ID ?? ""}`;
  const request = { stack, actor, reason, runUrl, now: new Date() };
  const { incident, opened } = await useBreakGlass(repository, request);
  say(`Break-glass: incident ${incident.url} ${opened ? "is open" : "goes on"}, until ${incident.until.toISOString()}`);
  const failed = await page(incidentPagers(environment), {
    summary: `Break-glass: ${actor} deploys ${stack} without review: ${reason}`,
    link: incident.url,
    key: `break-glass-${incident.number}`,
  });
  for (const problem of failed) say(`    not paged: ${problem}`);
}
