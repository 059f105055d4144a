import { type Command, done } from "../command";
import { changesText, failedOutcome, runShown, unexpectedChanges } from "../run-shown";

export const preview: Command = async (context) => {
  const engine = await context.open();
  try {
    for (const notice of engine.notices) context.say(notice);
    const result = await runShown(context, engine, { kind: "preview", previewOnly: true });
    return (
      failedOutcome(result, "nothing was applied") ??
      unexpectedChanges(context, result) ??
      done(`previewed: ${changesText(result.log)}`)
    );
  } finally {
    await engine.close();
  }
};
