import { stackGuards } from "../operations/guard/guard-limits";
import { guardLines } from "../operations/guard/guard-lines";
import type { GuardOverride } from "../operations/guard/override";
import { runGuards } from "../operations/guard/run-guards";
import { type CommandContext, commandLine, type Outcome } from "./command";
import type { DeploymentEngine } from "./engines/deployment-engine";
import { exitCodes } from "./exit-codes";
import type { ShownResult } from "./run-shown";

/** What the plan guards say of a preview: nothing, or why it is not applied. */
export function guardOutcome(
  context: CommandContext,
  engine: DeploymentEngine,
  preview: ShownResult,
  overrides: readonly GuardOverride[],
): Outcome | undefined {
  const report = runGuards(preview.log, stackGuards(engine.stack), overrides);
  for (const line of guardLines(report, context.output.paint)) context.say(line);
  if (report.blocking.length === 0) return undefined;
  const guards = [...new Set(report.blocking.map(({ guard }) => guard))];
  const override = guards.map((guard) => `--override "${guard}=WHY"`).join(" ");
  context.say(`To apply it all the same:\n    ${commandLine(context, context.command, override)}`);
  return {
    exitCode: exitCodes.policy,
    summary: `refused (plan guard ${guards.join(", ")}), nothing was applied, exit code 5`,
  };
}
