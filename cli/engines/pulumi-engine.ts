import { join } from "node:path";
import { PulumiStack } from "../../sandbox/automation/pulumi-stack";
import { loadProject } from "../../sandbox/project/project-file";
import type { CommandOptions } from "../options";
import { projectRoot } from "../project-root";
import type { DeploymentEngine } from "./deployment-engine";

/** A stack on the real engine: the same commands, real clouds. */
export async function openPulumiEngine(stackName: string, options: CommandOptions): Promise<DeploymentEngine> {
  const { project } = loadProject(options.cwd ?? projectRoot);
  const stack = await PulumiStack.select(project.root, stackName);
  const policyPacks = policyPackDirectories(options);
  return {
    name: "pulumi",
    stack: stackName,
    notices: [],
    isModelled: undefined,
    run: async (request) => ({ ...(await stack.run({ ...request, policyPacks })), unchanged: false }),
    outputs: (showSecrets) => stack.outputs(showSecrets),
    protectedResources: () => stack.protectedResources(),
    unprotect: () => stack.unprotect(),
    close: async () => {},
  };
}

/** The pack that was asked for, or this project's own; another project has none unless it is named. */
export function policyPackDirectories(options: CommandOptions): readonly string[] {
  if (options.policyPack !== undefined) return [options.policyPack];
  return options.cwd === undefined ? [join(projectRoot, "policies")] : [];
}
