import { type Command, done } from "../command";
import { savePlan } from "../reviewed-plan";
import { changesText, failedOutcome, runShown, unexpectedChanges } from "../run-shown";

export const preview: Command = async (context) => {
  const engine = await context.open();
  try {
    for (const notice of engine.notices) context.say(notice);
    const result = await runShown(context, engine, { kind: "preview", previewOnly: true });
    const failed = failedOutcome(result, "nothing was applied");
    if (failed !== undefined) return failed;
    await savePlan(context, engine, result);
    return unexpectedChanges(context, result) ?? done(`previewed: ${changesText(result.log)}`);
  } finally {
    await engine.close();
  }
};
