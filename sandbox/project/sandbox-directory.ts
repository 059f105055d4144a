import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

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
  mkdirSync(directory, { recursive: true });
  const ignore = join(directory, ".gitignore");
  if (!existsSync(ignore)) writeFileSync(ignore, "*\n");
  return directory;
}
