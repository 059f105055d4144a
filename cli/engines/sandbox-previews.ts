import { EmulatedGroups } from "../../sandbox/clouds/azure-native/resources";
import { deployedSandboxStacks, openProjectWorld } from "../../sandbox/project/sandbox-directory";
import type { PreviewBackend } from "../preview-backend";
import { projectRoot } from "../project-root";

/** Where preview environments are found on the sandbox. */
export async function openSandboxPreviews(subscription: string): Promise<PreviewBackend> {
  const world = await openProjectWorld(projectRoot);
  return {
    stacks: async () => deployedSandboxStacks(projectRoot),
    groups: new EmulatedGroups(async () => world, subscription),
    close: async () => world.close(),
  };
}
