import { type CommandContext, defineCommand, done, type Outcome } from "../command";
import { CommandError, exitCodes } from "../exit-codes";
import { guardOverrides } from "../guard-overrides";
import { guardOutcome, printLowBudgets } from "../guarded-preview";
import { sharedOption } from "../options";
import { savePlan } from "../reviewed-plan";
import { changesText, failedOutcome, runAndPrint, unexpectedChanges } from "../run-and-print";

export const command = defineCommand({
  description: "Show what up would change, and what the policies say of it. Changes nothing.",
  options: sharedOption(
    "stack",
    "engine",
    "cwd",
    "policyPack",
    "json",
    "diff",
    "target",
    "expectNoChanges",
    "savePlan",
    "override",
    "overridesOf",
  ),
  examples: [
    "npm run preview -- --stack prod --diff",
    "npm run preview -- --stack prod --save-plan plan.json",
    "npm run -s preview -- --stack dev --json > events.jsonl",
  ],
  stack: "dev",
  deploys: true,
  run,
});

/** Shows what `up` would do. A plan that is kept for approval has passed the plan guards: nobody is asked to approve what is refused. */
async function run(context: CommandContext): Promise<Outcome> {
  const { savePlan: file, override, overridesOf } = context.options;
  if (file === undefined && (override !== undefined || overridesOf !== undefined)) {
    const message =
      "--override and --overrides-of mean something with --save-plan only: a preview alone asks no plan guard";
    throw new CommandError(exitCodes.badConfiguration, message);
  }
  const overrides = await guardOverrides(context);
  const engine = await context.open();
  try {
    for (const notice of engine.notices) context.say(notice);
    const result = await runAndPrint(context, engine, { kind: "preview", previewOnly: true });
    const failed = failedOutcome(context, result, "nothing was applied");
    if (failed !== undefined) return failed;
    printLowBudgets(context, result.log);
    if (file !== undefined) {
      const refused = guardOutcome(context, engine, result, overrides);
      if (refused !== undefined) return refused;
      await savePlan(context, engine, result, overrides);
    }
    return unexpectedChanges(context, result) ?? done(`previewed: ${changesText(result.log)}`);
  } finally {
    await engine.close();
  }
}
