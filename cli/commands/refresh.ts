import { type Command, commandLine, done } from "../command";
import { confirm } from "../confirmation";
import { exitCodes } from "../exit-codes";
import { changesText, failedOutcome, runAgain, runShown, unexpectedChanges } from "../run-shown";

export const refresh: Command = async (context) => {
  const engine = await context.open();
  try {
    if (context.options.skipPreview !== true) {
      const preview = await runShown(context, engine, { kind: "refresh", previewOnly: true });
      const stop = failedOutcome(preview, "the state is as it was") ?? unexpectedChanges(context, preview);
      if (stop !== undefined) return stop;
      if (preview.unchanged) return done(`unchanged: ${changesText(preview.log)}`);
    }
    const agreed =
      context.options.yes === true ||
      (await confirm({
        question: `Take what was found into the state of stack ${engine.stack} on engine ${engine.name}`,
        answer: "yes",
        withoutAsking: commandLine(context, "refresh", "--yes"),
      }));
    if (!agreed) return { exitCode: exitCodes.cancelled, summary: "cancelled, the state is as it was, exit code 8" };
    const result = await runShown(context, engine, { kind: "refresh", previewOnly: false });
    return (
      failedOutcome(result, runAgain) ??
      unexpectedChanges(context, result) ??
      done(`refreshed: ${changesText(result.log)}`)
    );
  } finally {
    await engine.close();
  }
};
