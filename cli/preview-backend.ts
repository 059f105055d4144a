import { PulumiStack } from "../deployment/automation/pulumi-stack";
import { AzureResourceGroups, type ResourceGroups } from "../operations/preview-environments/resource-groups";
import { subscriptionOf } from "../stacks/subscriptions";
import type { EngineName } from "./options";
import { projectRoot } from "./project-root";

/** Where preview environments are found on one engine. */
export interface PreviewBackend {
  /** The names of all stacks that the backend has, also of those that are no previews. */
  stacks(): Promise<readonly string[]>;
  readonly groups: ResourceGroups;
  close(): Promise<void>;
}

/** What the project's stacks and the previews' subscription are on an engine. */
export async function openPreviewBackend(engine: EngineName): Promise<PreviewBackend> {
  const subscription = subscriptionOf("preview", projectRoot);
  if (engine === "pulumi") {
    return {
      stacks: () => PulumiStack.list(projectRoot),
      groups: new AzureResourceGroups(subscription),
      close: async () => {},
    };
  }
  const { openSandboxPreviews } = require("./engines/sandbox-previews") as typeof import("./engines/sandbox-previews");
  return openSandboxPreviews(subscription);
}
