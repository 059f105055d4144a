import { join } from "node:path";
import { briefOutputLines } from "../../deployment/display/stack-outputs";
import { loadProject } from "../../deployment/project/project-file";
import { LocatedError } from "../../lib/located-yaml/located-error";
import { configurationProblems } from "../../stacks/configuration-problems";
import { findStack, stackDefinition, systemProgram } from "../../stacks/registry";
import { type CommandContext, defineCommand, type Outcome } from "../command";
import type { DeploymentEngine } from "../engines/deployment-engine";
import { exitCodes } from "../exit-codes";
import { sharedOption } from "../options";
import { projectRoot } from "../project-root";
import { deploy } from "./up";

export const command = defineCommand({
  description: "Deploy a stack to the sandbox: preview, policies, apply, outputs. Deploys what it reads from first.",
  options: sharedOption("stack", "diff"),
  examples: ["npm start", "npm start -- --stack prod"],
  stack: "dev",
  deploys: true,
  beginsPreviews: true,
  run,
});

/** Deploys to the sandbox, without asking: first the stacks this one reads from, if they were never deployed. */
async function run(context: CommandContext): Promise<Outcome> {
  const needed = neededFirst(context.stack);
  // Whoever mistyped a setting hears of it at once, not after another stack was deployed.
  if (needed.length > 0) await refuseWrongConfiguration(context);
  for (const stack of needed) {
    const outcome = await deployIfNew(context, stack);
    if (outcome !== undefined && outcome.exitCode !== exitCodes.done) return outcome;
  }
  const outcome = await deployStack(context, context.stack);
  if (outcome.exitCode === exitCodes.done && outcome.unchanged !== true) sayWhatIsNext(context);
  return outcome;
}

/**
 * Finds what the stack's program would refuse in its file. The inventory needs no look: every stack's program reads all of it.
 *
 * @throws when the stack is not there, or its configuration is wrong
 */
async function refuseWrongConfiguration(context: CommandContext): Promise<void> {
  const engine = await context.open();
  await engine.close();
  const stack = stackDefinition(context.stack);
  const { settings } = systemProgram(stack);
  const problems = configurationProblems({
    project: loadProject(projectRoot).project.name,
    stack,
    own: settings[stack.environment] ?? {},
    values: engine.configuration ?? {},
    file: join(projectRoot, `Pulumi.${stack.name}.yaml`),
  });
  if (problems.length > 0) throw new LocatedError(problems, `the configuration of ${stack.name}`);
}

/** Every stack that this one reads from, directly or through another, in the order in which they can be deployed. */
function neededFirst(stack: string): string[] {
  const reads = findStack(stack)?.readsFrom ?? [];
  return [...new Set(reads.flatMap((other) => [...neededFirst(other), other]))];
}

async function deployIfNew(context: CommandContext, stack: string): Promise<Outcome | undefined> {
  const engine = await context.open(stack);
  const deployed = await engine.outputs(false);
  await engine.close();
  if (deployed !== undefined) return undefined;
  context.say(`stack ${context.stack} reads from ${stack}, which was never deployed: ${stack} comes first`);
  const outcome = await deployStack(context, stack);
  context.say(`stack ${stack} · ${outcome.summary}\n`);
  return outcome;
}

async function deployStack(context: CommandContext, stack: string): Promise<Outcome> {
  const engine = await context.open(stack);
  try {
    for (const notice of engine.notices) context.say(notice);
    const outcome = await deploy(context, engine, "go briefly");
    if (outcome.exitCode === exitCodes.done) await printOutputs(context, engine);
    return outcome;
  } finally {
    await engine.close();
  }
}

async function printOutputs(context: CommandContext, engine: DeploymentEngine): Promise<void> {
  for (const line of briefOutputLines(await engine.outputs(false))) context.say(line);
}

function sayWhatIsNext({ stack, say }: CommandContext): void {
  say(`\nNext:
    npm run preview -- --stack ${stack} --diff  what an edited inventory would do
    npm run outputs -- --stack ${stack}         what this stack tells others
    npm run drift -- --stack ${stack}           whether the clouds are as deployed
    npm run destroy -- --stack ${stack} --unprotect  take it down again`);
}
