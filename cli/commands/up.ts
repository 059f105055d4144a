import type { OperationLog } from "../../deployment/display/operation-log";
import type { SavedPlan } from "../../operations/delivery/saved-plan";
import type { GuardOverride } from "../../operations/guard/override";
import { type CommandContext, cancelledOutcome, commandLine, defineCommand, done, type Outcome } from "../command";
import { confirm, requireTerminal } from "../confirmation";
import type { DeploymentEngine } from "../engines/deployment-engine";
import { guardOverrides } from "../guard-overrides";
import { guardOutcome, printLowBudgets } from "../guarded-preview";
import { withStaleLockBroken } from "../locked-stack";
import { sharedOption } from "../options";
import { approvedPlan, refusedPlan } from "../reviewed-plan";
import {
  changesText,
  failedOutcome,
  refuseUncheckedExpectation,
  runAgain,
  runShown,
  unexpectedChanges,
} from "../run-shown";
import { unhealthyOutcome } from "../verified-deployment";

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
  const approved = approvedPlan(context);
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

/** What was decided before the deployment. */
interface Review {
  /** The plan that was approved: any other is refused. Default: none is asked for. */
  readonly approved?: SavedPlan | undefined;
  /** The plan guards that are set aside. Default: none. */
  readonly overrides?: readonly GuardOverride[];
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
  { approved, overrides = [] }: Review = {},
): Promise<Outcome> {
  await engine.requireUnlocked();
  const brief = consent === "go briefly";
  let plan: OperationLog | undefined;
  if (context.options.skipPreview !== true) {
    const preview = await runShown(context, engine, { kind: "preview", previewOnly: true, brief });
    plan = preview.log;
    const guarded = guardOutcome(context, engine, preview, overrides);
    const stop =
      failedOutcome(context, preview, "nothing was applied") ?? guarded ?? unexpectedChanges(context, preview);
    if (stop !== undefined) return stop;
    printLowBudgets(context, preview.log);
    const refused = await refusedPlan(context, engine, approved, preview);
    if (refused !== undefined) return refused;
    if (preview.unchanged) return { ...done(`unchanged: ${changesText(preview.log)}`), unchanged: true };
  }
  if (consent === "ask" && !(await agreed(context, engine))) {
    return cancelledOutcome(context, "nothing was applied");
  }
  if (context.options.breakGlass !== undefined) {
    // Loaded when needed: the GitHub client would slow down every start.
    const { announceBreakGlass }: typeof import("../broken-glass") = require("../broken-glass");
    await announceBreakGlass(context);
  }
  const result = await withStaleLockBroken(context, engine, () =>
    runShown(context, engine, { kind: "up", previewOnly: false, brief, ...(plan === undefined ? {} : { plan }) }),
  );
  return (
    failedOutcome(context, result, runAgain) ??
    (await unhealthyOutcome(context, engine, result)) ??
    done(`done: ${changesText(result.log)}`)
  );
}

/** Nobody can answer a question asked of a program that reads JSON; on the sandbox nothing real is at stake. */
function asks(context: CommandContext): boolean {
  if (context.options.yes === true) return false;
  return !(context.options.json === true && context.engine === "sandbox");
}

function agreed(context: CommandContext, engine: DeploymentEngine): Promise<boolean> {
  const question = `Apply this to stack ${engine.stack} on engine ${engine.name}`;
  return confirm({ question, answer: "yes", ...confirmation(context) });
}

function confirmation(context: CommandContext) {
  return { withoutAsking: commandLine(context, "up", "--yes") };
}
