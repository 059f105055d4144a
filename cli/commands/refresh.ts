import { StackNotFoundError } from "../../deployment/project/project-error";
import { hasTakenOver } from "../../operations/takeover/takeover-cloud";
import { stackDefinitions } from "../../stacks/registry";
import {
  type CommandContext,
  cancelledOutcome,
  commandLine,
  defineCommand,
  done,
  type Outcome,
  scriptLine,
} from "../command";
import { confirm, requireTerminal } from "../confirmation";
import type { DeploymentEngine } from "../engines/deployment-engine";
import { CommandError, exitCodes } from "../exit-codes";
import { sharedOption } from "../options";
import {
  changesText,
  failedOutcome,
  refuseUncheckedExpectation,
  runAgain,
  runAndPrint,
  unexpectedChanges,
} from "../run-and-print";

export const command = defineCommand({
  description: "Read every resource back from the clouds and take what is found into the state.",
  options: sharedOption("stack", "engine", "cwd", "json", "diff", "target", "expectNoChanges", "yes", "skipPreview"),
  examples: ["npm run refresh -- --stack dev --yes"],
  stack: "named",
  run,
});

async function run(context: CommandContext): Promise<Outcome> {
  const withoutAsking = commandLine(context, "refresh", "--yes");
  refuseUncheckedExpectation(context);
  if (context.options.yes !== true) requireTerminal({ withoutAsking });
  const engine = await context.open();
  try {
    await engine.requireUnlocked();
    await refuseWhileTakenOver(context);
    if (context.options.skipPreview !== true) {
      const preview = await runAndPrint(context, engine, { kind: "refresh", previewOnly: true });
      const stop = failedOutcome(context, preview, "the state is as it was") ?? unexpectedChanges(context, preview);
      if (stop !== undefined) return stop;
      if (preview.unchanged) return done(`unchanged: ${changesText(preview.log)}`);
    }
    const agreed =
      context.options.yes === true ||
      (await confirm({
        question: `Take what was found into the state of stack ${engine.stack} on engine ${engine.name}`,
        answer: "yes",
        withoutAsking,
      }));
    if (!agreed) return cancelledOutcome(context, "the state is as it was");
    const result = await runAndPrint(context, engine, { kind: "refresh", previewOnly: false });
    return (
      failedOutcome(context, result, runAgain) ??
      unexpectedChanges(context, result) ??
      done(`refreshed: ${changesText(result.log)}`)
    );
  } finally {
    await engine.close();
  }
}

/**
 * A takeover leaves both stacks' states as they were, so that deployments change nothing of it. What a refresh would write down of it,
 * the next deployment would undo: the copying of objects, the pair of names, the high availability of a server that is a replica now.
 */
export async function refuseWhileTakenOver(context: CommandContext<object>): Promise<void> {
  const pairs = stackDefinitions.filter(
    ({ name, readsFrom }) => readsFrom.length > 0 && [name, ...readsFrom].includes(context.stack),
  );
  for (const { name } of pairs) {
    const standby = await openIfThere(context, name);
    const serves = standby !== undefined && (await hasTakenOver(standby.takeover, await standby.outputs(false)));
    await standby?.close();
    if (!serves) continue;
    throw new CommandError(
      exitCodes.policy,
      `${name} has taken over: what a refresh finds, the next deployment would undo. First the way back:\n  ${scriptLine("takeover", ["--stack", name, "--back"])}`,
    );
  }
}

async function openIfThere(context: CommandContext<object>, stack: string): Promise<DeploymentEngine | undefined> {
  try {
    return await context.open(stack);
  } catch (error) {
    if (error instanceof StackNotFoundError) return undefined;
    throw error;
  }
}
