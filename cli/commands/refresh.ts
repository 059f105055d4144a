import { type CommandContext, cancelledOutcome, commandLine, defineCommand, done, type Outcome } from "../command";
import { confirm, requireTerminal } from "../confirmation";
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
