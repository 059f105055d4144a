import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** Says where the world is, when it is not the project's. */
export const directoryVariable = "SANDBOX_DIRECTORY";

/**
 * Where the world is that a provider plugin serves: `.sandbox/` beside the `Pulumi.yaml` of the project it was started in, the same
 * that the sandbox's own commands use, or what the environment variable `SANDBOX_DIRECTORY` names.
 */
export function sandboxDirectory(workingDirectory: string, environment: NodeJS.ProcessEnv): string {
  const given = environment[directoryVariable];
  if (given !== undefined && given !== "") return resolve(workingDirectory, given);
  return join(projectAbove(workingDirectory) ?? workingDirectory, ".sandbox");
}

function projectAbove(directory: string): string | undefined {
  if (["Pulumi.yaml", "Pulumi.yml"].some((name) => existsSync(join(directory, name)))) return directory;
  const parent = dirname(directory);
  return parent === directory ? undefined : projectAbove(parent);
}
