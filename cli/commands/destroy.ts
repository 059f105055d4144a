import type { OperationLog } from "../../deployment/display/operation-log";
import { exportHint } from "../../deployment/display/stateful-types";
import { urnName, urnType } from "../../deployment/display/urn-text";
import { pullRequestOf } from "../../stacks/registry";
import { type Command, type CommandContext, commandLine, done, type Outcome } from "../command";
import { confirm } from "../confirmation";
import type { DeploymentEngine } from "../engines/deployment-engine";
import { exitCodes } from "../exit-codes";
import { withStaleLockBroken } from "../locked-stack";
import { changesText, failedOutcome, runShown } from "../run-shown";

export const destroy: Command = async (context) => {
  const engine = await context.open();
  try {
    const guarded = await engine.protectedResources();
    const refused = context.options.unprotect === true ? undefined : refusal(context, guarded);
    if (refused !== undefined) return refused;
    return await destroyStack(context, engine, guarded);
  } finally {
    await engine.close();
  }
};

async function destroyStack(
  context: CommandContext,
  engine: DeploymentEngine,
  guarded: readonly string[],
): Promise<Outcome> {
  if (context.options.skipPreview !== true && guarded.length === 0) {
    const preview = await runShown(context, engine, { kind: "destroy", previewOnly: true });
    const stop = failedOutcome(preview, "nothing was deleted");
    if (stop !== undefined) return stop;
    if (preview.log.counts.of("delete") === 0) {
      await forgetPreview(context, engine);
      return done("nothing to delete");
    }
    sayHowToExport(context, deletedIn(preview.log));
  } else if (guarded.length > 0) {
    context.say(`${guarded.length} protected resources lose their protection and are deleted:`);
    for (const urn of guarded) context.say(`    -  ${resourceText(urn)}`);
    sayHowToExport(context, guarded);
  }
  if (context.options.yes !== true && !(await agreed(context, engine))) {
    return { exitCode: exitCodes.cancelled, summary: "cancelled, nothing was deleted, exit code 8" };
  }
  if (guarded.length > 0) await engine.unprotect();
  const result = await withStaleLockBroken(context, engine, () =>
    runShown(context, engine, { kind: "destroy", previewOnly: false }),
  );
  const failed = failedOutcome(result, "run it again once the cause is gone");
  if (failed !== undefined) return failed;
  await forgetPreview(context, engine);
  return done(`destroyed: ${changesText(result.log)}`);
}

/** Of a preview environment nothing stays, not even its name. */
async function forgetPreview({ options }: CommandContext, engine: DeploymentEngine): Promise<void> {
  const whole = options.cwd === undefined && (options.target ?? []).length === 0;
  if (whole && pullRequestOf(engine.stack) !== undefined) await engine.forget();
}

function refusal(context: CommandContext, guarded: readonly string[]): Outcome | undefined {
  if (guarded.length === 0) return undefined;
  context.say(`${guarded.length} resources of this stack are protected, so nothing is deleted:`);
  for (const urn of guarded) context.say(`    ${resourceText(urn)}`);
  sayHowToExport(context, guarded);
  context.say(`To delete them all the same:\n    ${commandLine(context, "destroy", "--unprotect")}`);
  return { exitCode: exitCodes.policy, summary: "refused, nothing was deleted, exit code 5" };
}

function sayHowToExport(context: CommandContext, urns: readonly string[]): void {
  const hints = new Set(urns.map((urn) => exportHint(urnType(urn))).filter((hint) => hint !== undefined));
  if (hints.size === 0) return;
  context.say("What is inside dies with them. To export it first:");
  for (const hint of hints) context.say(`    ${hint}`);
}

function deletedIn(log: OperationLog): string[] {
  return [...log.rows.values()].filter((row) => row.steps.has("delete") && !row.retained).map((row) => row.urn);
}

function resourceText(urn: string): string {
  return `${urnType(urn)} ${urnName(urn)}`;
}

function agreed(context: CommandContext, engine: DeploymentEngine): Promise<boolean> {
  const { unprotect } = context.options;
  return confirm({
    question: `Delete everything in stack ${engine.stack} on engine ${engine.name}`,
    answer: engine.stack,
    withoutAsking: commandLine(context, "destroy", ...(unprotect === true ? ["--unprotect"] : []), "--yes"),
  });
}
