import type { OperationLog } from "../../deployment/display/operation-log";
import { urnName, urnType } from "../../deployment/display/urn-text";
import { exportHint } from "../../lib/resource-types";
import { readDeployedResources } from "../../operations/drift/deployment-state";
import { pullRequestOf } from "../../stacks/registry";
import { type CommandContext, cancelledOutcome, commandLine, defineCommand, done, type Outcome } from "../command";
import { confirm, requireTerminal } from "../confirmation";
import type { DeploymentEngine } from "../engines/deployment-engine";
import { exitCodes } from "../exit-codes";
import { withStaleLockBroken } from "../locked-stack";
import { type OptionTable, type OptionValues, sharedOption } from "../options";
import { changesText, failedOutcome, runAgain, runAndPrint } from "../run-and-print";

const options = {
  ...sharedOption("stack", "engine", "cwd", "json", "diff", "target", "yes", "skipPreview", "breakStaleLock"),
  unprotect: { flags: "--unprotect", description: "delete protected resources too" },
} as const satisfies OptionTable;

type Context = CommandContext<OptionValues<typeof options>>;

export const command = defineCommand({
  description: "Delete everything in a stack. Refuses protected resources without --unprotect.",
  options,
  examples: ["npm run destroy -- --stack dev", "npm run destroy -- --stack dev --unprotect --yes"],
  stack: "named",
  run,
});

async function run(context: Context): Promise<Outcome> {
  const engine = await context.open();
  try {
    for (const notice of engine.notices) context.say(notice);
    const guarded = await doomedAndProtected(context, engine);
    if (guarded.length > 0 && context.options.unprotect !== true) return refuse(context, guarded);
    if (context.options.yes !== true) requireTerminal({ withoutAsking: lineWithoutAsking(context) });
    await engine.requireUnlocked();
    return await destroyStack(context, engine, guarded);
  } finally {
    await engine.close();
  }
}

/** What the destroy would delete although it is protected. With `--target` nothing dies but the targets: both engines refuse to delete more. */
async function doomedAndProtected({ options }: Context, engine: DeploymentEngine): Promise<readonly string[]> {
  const { target = [] } = options;
  const guarded = await engine.protectedResources();
  return target.length === 0 ? guarded : guarded.filter((urn) => target.includes(urn));
}

async function destroyStack(
  context: Context,
  engine: DeploymentEngine,
  unprotected: readonly string[],
): Promise<Outcome> {
  if (context.options.skipPreview !== true) {
    const preview = await runAndPrint(context, engine, { kind: "destroy", previewOnly: true, unprotected });
    const stop = failedOutcome(context, preview, nothingDeleted);
    if (stop !== undefined) return stop;
    if (preview.log.counts.of("delete") === 0) {
      await forgetPreview(context, engine);
      return done("nothing to delete");
    }
    const unlisted = unprotected.length === 0 ? [] : await deletedUnlisted(context, engine, preview.log);
    if (unlisted.length > 0) {
      context.say(
        `${counted(unlisted, "resource")} more, which the engine's preview leaves out, since something protected depends on them:`,
      );
      for (const urn of unlisted) context.say(`    -  ${resourceText(urn)}`);
    }
    sayHowToExport(context, [...new Set([...deletedIn(preview.log), ...unprotected, ...unlisted])]);
  }
  if (unprotected.length > 0) {
    context.say(`${counted(unprotected, "protected resource")} among what is deleted:`);
    for (const urn of unprotected) context.say(`    -  ${resourceText(urn)}`);
  }
  if (context.options.yes !== true && !(await confirmDestroy(context, engine))) {
    return cancelledOutcome(context, nothingDeleted);
  }
  const result = await withStaleLockBroken(context, engine, () =>
    runAndPrint(context, engine, { kind: "destroy", previewOnly: false, unprotected }),
  );
  const failed = failedOutcome(context, result, `what is left keeps its protection; ${runAgain}`);
  if (failed !== undefined) return failed;
  await forgetPreview(context, engine);
  return done(`destroyed: ${changesText(result.log)}`);
}

const nothingDeleted = "nothing was deleted and everything keeps its protection";

/** Of a preview environment nothing stays, not even its name. */
async function forgetPreview({ options }: Context, engine: DeploymentEngine): Promise<void> {
  const whole = options.cwd === undefined && (options.target ?? []).length === 0;
  if (whole && pullRequestOf(engine.stack) !== undefined) await engine.forget();
}

function refuse(context: Context, guarded: readonly string[]): Outcome {
  context.say(
    `${counted(guarded, "resource")} to be deleted ${guarded.length === 1 ? "is" : "are"} protected, so nothing is deleted:`,
  );
  for (const urn of guarded) context.say(`    ${resourceText(urn)}`);
  sayHowToExport(context, guarded);
  context.say(`To delete them all the same:\n    ${commandLine(context, "destroy", "--unprotect")}`);
  return { exitCode: exitCodes.policy, summary: "refused, nothing was deleted, exit code 5" };
}

function sayHowToExport(context: Context, urns: readonly string[]): void {
  const hints = new Set(urns.map((urn) => exportHint(urnType(urn))).filter((hint) => hint !== undefined));
  if (hints.size === 0) return;
  context.say("What is inside dies with them. To export it first:");
  for (const hint of hints) context.say(`    ${hint}`);
}

/** What dies although the preview does not list it: that of the real engine stops at what is protected. */
async function deletedUnlisted(
  { options }: Context,
  engine: DeploymentEngine,
  log: OperationLog,
): Promise<readonly string[]> {
  // With targets nothing else dies.
  if ((options.target ?? []).length > 0) return [];
  const held = readDeployedResources(await engine.exportedState());
  const listed = new Set([...log.rows.values()].map((row) => row.urn));
  return held.flatMap(({ urn, owned }) => (owned && !listed.has(urn) ? [urn] : []));
}

function deletedIn(log: OperationLog): string[] {
  return [...log.rows.values()].filter((row) => row.steps.has("delete") && !row.retained).map((row) => row.urn);
}

function resourceText(urn: string): string {
  return `${urnType(urn)} ${urnName(urn)}`;
}

function counted(urns: readonly string[], what: string): string {
  return `${urns.length} ${what}${urns.length === 1 ? "" : "s"}`;
}

function confirmDestroy(context: Context, engine: DeploymentEngine): Promise<boolean> {
  const { target = [] } = context.options;
  const what = target.length === 0 ? "everything" : counted(target, "target");
  return confirm({
    question: `Delete ${what} in stack ${engine.stack} on engine ${engine.name}`,
    answer: engine.stack,
    withoutAsking: lineWithoutAsking(context),
  });
}

function lineWithoutAsking(context: Context): string {
  return commandLine(context, "destroy", "--yes");
}
