import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { loadProject } from "../../deployment/project/project-file";
import { StateError } from "../../deployment/state-errors";
import { makeDirectory, writeProblem } from "../../lib/file-access";
import type { DiskWorld } from "../world/disk-world";
import { openWorld } from "../world/open-world";

/** Puts the sandbox's data elsewhere than in `.sandbox/` of the project. */
export const directoryVariable = "SANDBOX_DIRECTORY";

/** Where a project's emulated world and the states of its stacks are kept. */
export function sandboxDirectory(projectRoot: string): string {
  return resolve(projectRoot, process.env[directoryVariable] || ".sandbox");
}

/** Where the states of a project's stacks are kept. */
export function stateDirectory(projectRoot: string): string {
  return join(sandboxDirectory(projectRoot), "state");
}

/** Makes the directory, and keeps it out of the project's version control. */
export function makeSandboxDirectory(projectRoot: string): string {
  const directory = sandboxDirectory(projectRoot);
  try {
    makeDirectory(directory);
    const ignore = join(directory, ".gitignore");
    if (!existsSync(ignore)) writeFileSync(ignore, "*\n");
  } catch (cause) {
    const remedy = `${directoryVariable} says where the sandbox keeps its data`;
    throw new StateError(`${directory}: ${writeProblem(cause)}. ${remedy}`, { cause });
  }
  return directory;
}

/** The names of a project's stacks that have a state on the sandbox, in order. */
export function deployedSandboxStacks(directory: string): readonly string[] {
  const { project } = loadProject(directory);
  const states = join(stateDirectory(project.root), project.name);
  if (!existsSync(states)) return [];
  const files = readdirSync(states).filter((file) => file.endsWith(".json"));
  return files.map((file) => file.slice(0, -".json".length)).sort();
}

/** The emulated world of a project. Whoever opens it closes it. */
export function openProjectWorld(directory: string): Promise<DiskWorld> {
  return openWorld(makeSandboxDirectory(loadProject(directory).project.root));
}

/** Asks the emulated world of a project something, and closes it. */
export async function askProjectWorld<Answer>(
  directory: string,
  ask: (world: DiskWorld) => Promise<Answer>,
): Promise<Answer> {
  const world = await openProjectWorld(directory);
  try {
    return await ask(world);
  } finally {
    world.close();
  }
}
