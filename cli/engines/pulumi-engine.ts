import { AzureTraffic } from "../../operations/delivery/azure-traffic";
import { CloudInventory } from "../../operations/drift/cloud-inventory";
import { makePreviewConfiguration } from "../../operations/preview-environments/stack-file";
import { PulumiStack } from "../../sandbox/automation/pulumi-stack";
import { loadProject } from "../../sandbox/project/project-file";
import { pullRequestOf } from "../../stacks/stack-registry";
import type { CommandOptions } from "../options";
import { policyPackDirectories, projectDirectory } from "../project-root";
import type { DeploymentEngine } from "./deployment-engine";

/** A stack on the real engine: the same commands, real clouds. */
export async function openPulumiEngine(stackName: string, options: CommandOptions): Promise<DeploymentEngine> {
  const { project } = loadProject(projectDirectory(options));
  if (options.cwd === undefined) makePreviewConfiguration(project.root, stackName, new Date());
  const stack = await openStack(project.root, stackName);
  const policyPacks = policyPackDirectories(options);
  return {
    name: "pulumi",
    stack: stackName,
    notices: [],
    isModelled: undefined,
    run: async (request) => ({ ...(await stack.run({ ...request, policyPacks })), unchanged: false }),
    outputs: (showSecrets) => stack.outputs(showSecrets),
    exportedState: () => stack.exportedState(),
    protectedResources: () => stack.protectedResources(),
    unprotect: () => stack.unprotect(),
    forget: () => stack.forget(),
    breakLock: () => stack.breakLock(),
    revisionTraffic: new AzureTraffic(),
    inventory: new CloudInventory(),
    close: async () => {},
  };
}

/** A preview environment is made when it is first worked on; whoever mistypes the name of another stack gets none. */
function openStack(directory: string, stack: string): Promise<PulumiStack> {
  return pullRequestOf(stack) === undefined
    ? PulumiStack.select(directory, stack)
    : PulumiStack.selectOrMake(directory, stack);
}
