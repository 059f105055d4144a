import { affectedStacks, stackFiles } from "../../operations/delivery/affected-stacks";
import { changedPaths } from "../../operations/delivery/changed-paths";
import { titleProblem } from "../../operations/delivery/pull-request-title";
import { workflowStacks } from "../../stacks/registry";
import { type Command, done } from "../command";
import { CommandError, exitCodes } from "../exit-codes";
import { projectRoot } from "../project-root";

/** The stacks that the changes since another commit affect, and whether a pull request's title says so. */
export const affected: Command = async (context) => {
  const { base, title, json } = context.options;
  if (base === undefined) throw new CommandError(exitCodes.badConfiguration, "name a commit with --base");
  const known = workflowStacks;
  const changed = changedPaths(projectRoot, base);
  const stacks = changed === undefined ? [...known] : affectedStacks(stackFiles(projectRoot), changed.paths, known);
  const problem = title === undefined ? undefined : titleProblem(title, stacks, known);
  if (problem !== undefined) throw new CommandError(exitCodes.badConfiguration, problem);
  if (json === true) context.output.write(`${JSON.stringify(stacks)}\n`);
  const result = stacks.length === 0 ? "no stack is affected" : `affected: ${stacks.join(", ")}`;
  const uncommitted = changed?.uncommitted ?? 0;
  return done(uncommitted === 0 ? result : `${result} (${uncommitted} of the changed files not committed yet)`);
};
