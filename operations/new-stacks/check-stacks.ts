import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { physicalName } from "../../components/naming/physical-name";
import { loadProject } from "../../deployment/project/project-file";
import { LocatedError } from "../../lib/located-yaml/located-error";
import { refusal, refuse } from "../../lib/refusal";
import { parseExceptions } from "../../policies/exceptions";
import { ruleIds } from "../../policies/rules";
import { readStackParameters } from "../../policies/stack-parameters";
import { loadStackConfiguration } from "../../sandbox/project/sandbox-configuration";
import { configurationProblems } from "../../stacks/configuration-problems";
import { loadApplicationInventory } from "../../stacks/inventory/application-inventory";
import { platformSettings } from "../../stacks/settings";
import { subscriptionProblems } from "../../stacks/subscriptions";
import { readSystems } from "../../stacks/systems-file";
import { readSystemPlans } from "../cost/system-plans";
import { exceptionsFile, type NewStack, parametersOf, plansFile, stackFileOf } from "./new-stack";

/**
 * What the rules of the list of systems, the inventories, the configuration, the policy pack's files, names and subscriptions have
 * against stacks, as if they were there.
 *
 * @param root the project's directory
 * @param project a directory that has what the project says, with the drafts
 * @throws with everything that the first of them that refuses has against them
 */
export async function checkStacks(root: string, project: string, stacks: readonly NewStack[]): Promise<void> {
  const systems = readSystems(project);
  for (const { system, environment } of stacks) refuseLongNames(system, environment);
  for (const system of new Set(stacks.map((stack) => stack.system)))
    loadApplicationInventory(join(project, "stacks", system, "inventory"), systems[system]?.addressBlock ?? "");
  for (const stack of stacks) await checkConfiguration(root, project, stack);
  refuse(
    'file "stacks/systems.yaml"',
    subscriptionProblems(
      project,
      stacks.map(({ name }) => name),
    ),
  );
  parseExceptions(readFileSync(join(project, exceptionsFile), "utf8"), ruleIds);
  const plans = join(project, plansFile);
  if (existsSync(plans)) readSystemPlans(plans);
  for (const { name } of stacks) readStackParameters(join(project, parametersOf(name), ".."), name, ruleIds);
}

/**
 * A name that is too long ends in a hash of all its parts. Where system and environment take all that is left beside the hash, nobody can
 * tell the environment's apps apart.
 */
function refuseLongNames(system: string, environment: string): void {
  const service = "example-service";
  const name = physicalName({ project: system, environment, generation: undefined }, "containerApp", service);
  if (name.startsWith(`${system}-${environment}-${service.charAt(0)}`)) return;
  throw refusal(`environment "${environment}"`, [
    `the names of its apps would not say which they are: "${service}" of ${system} would be ${name}; shorten the name of the system or of the environment`,
  ]);
}

async function checkConfiguration(root: string, project: string, { name, system }: NewStack): Promise<void> {
  const file = { ...loadProject(root), stackConfigDirectory: project };
  const { config } = await loadStackConfiguration(file, name, () => {
    throw new Error("what is encrypted was left out");
  });
  const problems = configurationProblems({
    project: file.project.name,
    stack: { name, system },
    own: platformSettings,
    values: Object.fromEntries([...config].map(([key, { value }]) => [key, value])),
    file: join(project, stackFileOf(name)),
  });
  if (problems.length > 0) throw new LocatedError(problems, `the configuration of ${name}`);
}
