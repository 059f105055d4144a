import { stackGuards } from "../../operations/guard/guard-limits";
import { guardLines } from "../../operations/guard/guard-lines";
import { parseOverrides } from "../../operations/guard/override";
import { runGuards } from "../../operations/guard/run-guards";
import { type Command, type CommandContext, commandLine, done, type Outcome } from "../command";
import { confirm } from "../confirmation";
import type { DeploymentEngine } from "../engines/deployment-engine";
import { exitCodes } from "../exit-codes";
import { withStaleLockBroken } from "../locked-stack";
import { approvedPlan, refusedPlan } from "../reviewed-plan";
import { changesText, failedOutcome, runShown, type ShownResult, unexpectedChanges } from "../run-shown";
import { unhealthyOutcome } from "../verified-deployment";

export const up: Command = async (context) => {
  parseOverrides(context.options.override ?? []);
  const engine = await context.open();
  try {
    for (const notice of engine.notices) context.say(notice);
    return await deploy(context, engine, asks(context) ? "ask" : "go");
  } finally {
    await engine.close();
  }
};

/** Previews with policies and plan guards, and applies only what came out clean. */
export async function deploy(
  context: CommandContext,
  engine: DeploymentEngine,
  consent: "ask" | "go",
): Promise<Outcome> {
  const approved = approvedPlan(context);
  if (context.options.skipPreview !== true) {
    const preview = await runShown(context, engine, { kind: "preview", previewOnly: true });
    const guarded = guardOutcome(context, engine, preview);
    const stop = failedOutcome(preview, "nothing was applied") ?? guarded ?? unexpectedChanges(context, preview);
    if (stop !== undefined) return stop;
    const refused = await refusedPlan(context, engine, approved, preview);
    if (refused !== undefined) return refused;
    if (preview.unchanged) return { ...done(`unchanged: ${changesText(preview.log)}`), unchanged: true };
  }
  if (consent === "ask" && !(await agreed(context, engine))) {
    return { exitCode: exitCodes.cancelled, summary: "cancelled, nothing was applied, exit code 8" };
  }
  if (context.options.breakGlass !== undefined) {
    // Loaded when needed: the GitHub client would slow down every start.
    const { announceBreakGlass }: typeof import("../broken-glass") = require("../broken-glass");
    await announceBreakGlass(context);
  }
  const result = await withStaleLockBroken(context, engine, () =>
    runShown(context, engine, { kind: "up", previewOnly: false }),
  );
  return (
    failedOutcome(result, "run it again once the cause is gone") ??
    (await unhealthyOutcome(context, engine, result)) ??
    done(`done: ${changesText(result.log)}`)
  );
}

/** What the plan guards say of a preview: nothing, or why it is not applied. */
function guardOutcome(context: CommandContext, engine: DeploymentEngine, preview: ShownResult): Outcome | undefined {
  const overrides = parseOverrides(context.options.override ?? []);
  const report = runGuards(preview.log, stackGuards(engine.stack), overrides);
  for (const line of guardLines(report, context.output.paint)) context.say(line);
  if (report.blocking.length === 0) return undefined;
  const guards = [...new Set(report.blocking.map(({ guard }) => guard))];
  const override = guards.map((guard) => `--override "${guard}=WHY"`).join(" ");
  context.say(`To apply it all the same:\n    ${commandLine(context, "up", override)}`);
  return {
    exitCode: exitCodes.policy,
    summary: `refused (plan guard ${guards.join(", ")}), nothing was applied, exit code 5`,
  };
}

/** Nobody can answer a question asked of a program that reads JSON; on the sandbox nothing real is at stake. */
function asks(context: CommandContext): boolean {
  if (context.options.yes === true) return false;
  return !(context.options.json === true && context.engine === "sandbox");
}

function agreed(context: CommandContext, engine: DeploymentEngine): Promise<boolean> {
  return confirm({
    question: `Apply this to stack ${engine.stack} on engine ${engine.name}`,
    answer: "yes",
    withoutAsking: commandLine(context, "up", "--yes"),
  });
}
