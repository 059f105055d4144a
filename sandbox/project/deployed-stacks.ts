import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { loadProject } from "../../deployment/project/project-file";
import type { DiskWorld } from "../world/disk-world";
import { openWorld } from "../world/open-world";
import { makeSandboxDirectory, stateDirectory } from "./sandbox-directory";

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
