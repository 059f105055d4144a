import type { OperationLog } from "../deployment/display/operation-log";
import { printable } from "../deployment/display/terminal";
import { loadProject } from "../deployment/project/project-file";
import { compareCosts, findLowBudgets } from "../operations/cost/compare-costs";
import { readPriceTable } from "../operations/cost/price-table";
import { stackGuards } from "../operations/guard/guard-limits";
import type { GuardOverride } from "../operations/guard/override";
import { guardLines, runGuards } from "../operations/guard/run-guards";
import { departuresOf } from "../operations/report/inventory-lines";
import { resourceLocator, stackSources } from "../operations/report/source-location";
import { type CommandContext, commandLine, type Outcome } from "./command";
import type { DeploymentEngine } from "./engines/deployment-engine";
import { exitCodes } from "./exit-codes";
import { projectDirectory } from "./project-root";
import type { LoggedResult } from "./run-and-print";

/** What the plan guards say of a preview: nothing, or why it is not applied. */
export function guardOutcome(
  context: CommandContext,
  engine: DeploymentEngine,
  preview: LoggedResult,
  overrides: readonly GuardOverride[],
): Outcome | undefined {
  const departures = () => departuresOf(projectDirectory(context.options), engine.stack);
  const report = runGuards(preview.log, stackGuards(engine.stack), overrides, departures);
  for (const line of guardLines(report, context.output.paint)) context.say(line);
  if (report.blocking.length === 0) return undefined;
  const guards = [...new Set(report.blocking.map(({ guard }) => guard))];
  // The engine deletes nothing that is protected, whatever is overridden.
  if (!report.blocking.some(({ leaves }) => leaves === "protected")) {
    const override = guards.map((guard) => `--override "${guard}=WHY"`).join(" ");
    context.say(`To apply it all the same:\n    ${commandLine(context, context.command, override)}`);
  }
  return {
    exitCode: exitCodes.policy,
    summary: `refused (plan guard ${guards.join(", ")}), nothing was applied, exit code 5`,
  };
}

/** Says, one line each, which budgets of a previewed stack are below its estimate, and where they are written. */
export function printLowBudgets({ options, stack, output, say }: CommandContext, log: OperationLog): void {
  const found = findLowBudgets(log, compareCosts(log, readPriceTable()));
  if (found.length === 0) return;
  const { project } = loadProject(projectDirectory(options));
  const locate = resourceLocator(log, stackSources(project.root, stack, project.main));
  for (const { urn, message } of found) {
    const place = locate(urn);
    const where = place === undefined ? "" : `${place.file}:${place.line}: `;
    say(`    ${output.paint("warn", "! [advisory]")}  budget: ${printable(`${where}${message}`)}`);
  }
}
