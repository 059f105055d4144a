import { printableJson } from "../../deployment/display/terminal";
import { affectedStacks, changedPaths, stackFiles, titleProblem } from "../../operations/delivery/affected-stacks";
import { previewedSystems, stackDefinition, workflowStacks } from "../../stacks/registry";
import { type CommandContext, defineCommand, done, type Outcome } from "../command";
import { CommandError, exitCodes } from "../exit-codes";
import { type OptionTable, type OptionValues, sharedOption } from "../options";
import { givenPath, projectRoot } from "../project-root";

const options = {
  ...sharedOption("json"),
  base: { flags: "--base <commit>", description: "what to compare the checked-out commit with" },
  of: {
    flags: "--of <directory>",
    description: "another checkout whose changes are asked about, by the rules of this one (default: this one)",
  },
  systems: { flags: "--systems", description: "name the systems that have preview environments instead of the stacks" },
  title: { flags: "--title <text>", description: "a pull request's title; must name the affected stacks" },
} as const satisfies OptionTable;

type Context = CommandContext<OptionValues<typeof options>>;

export const command = defineCommand({
  description: "The stacks that the changes since another commit affect; with --json as one document.",
  options,
  examples: [
    "npm run affected -- --base main",
    "npm run affected -- --base main --systems",
    'npm run affected -- --base main --title "[IaC] dev: more memory"',
  ],
  stack: "none",
  run,
});

/** The stacks that the changes since another commit affect, and whether a pull request's title says so. */
async function run(context: Context): Promise<Outcome> {
  const { base, title, json, of, systems } = context.options;
  if (base === undefined) throw new CommandError(exitCodes.badConfiguration, "name a commit with --base");
  const known = workflowStacks;
  const root = of === undefined ? projectRoot : givenPath(of);
  const changed = changedPaths(root, base);
  const stacks = changed === undefined ? [...known] : affectedStacks(stackFiles(root), changed.paths, known);
  const problem = title === undefined ? undefined : titleProblem(title, stacks, known);
  if (problem !== undefined) throw new CommandError(exitCodes.badConfiguration, problem);
  const [kind, names] = systems === true ? (["system", previewedAmong(stacks)] as const) : (["stack", stacks] as const);
  if (json === true) context.output.write(`${printableJson(names)}\n`);
  const result = names.length === 0 ? `no ${kind} is affected` : `affected: ${names.join(", ")}`;
  const uncommitted = changed?.uncommitted ?? 0;
  return done(uncommitted === 0 ? result : `${result} (${uncommitted} of the changed files not committed yet)`);
}

/** The systems of these stacks that have preview environments. */
function previewedAmong(stacks: readonly string[]): readonly string[] {
  const affected = new Set(stacks.map((stack) => stackDefinition(stack).system));
  return previewedSystems.flatMap(({ system }) => (affected.has(system) ? [system] : []));
}
