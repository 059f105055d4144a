import { cpSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";

/** What the program and its policies are made of. */
const parts = [
  ...["components", "deployment", "lib", "policies", "programs", "stacks"],
  ...["index.ts", "package.json", "package-lock.json", "tsconfig.json"],
];

/**
 * Copies the project, so that its inventory, configuration or program can be edited. Installed packages are shared with the original.
 *
 * @param from the project's directory
 * @param to a directory that is made when there is none
 */
export function copyProject(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  const configuration = readdirSync(from).filter((name) => /^Pulumi\.(.+\.)?yaml$/.test(name));
  for (const part of [...parts, ...configuration]) cpSync(join(from, part), join(to, part), { recursive: true });
  symlinkSync(join(from, "node_modules"), join(to, "node_modules"), "junction");
}
