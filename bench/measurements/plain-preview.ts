import { join } from "node:path";
import { runtime } from "@pulumi/pulumi";
import type { ConfigValue } from "../../deployment/operation";
import { loadProjectSdk } from "../../sandbox/engine/program/project-sdk";
import { MemoryStateStore } from "../../sandbox/engine/run-operation";
import { MemoryWorld } from "../../sandbox/world/memory-world";
import { readWorldSeed } from "../../sandbox/world/seed";
import { type Measurement, measured } from "../measurement";
import { plainProgram } from "./plain-program";
import { plainResources } from "./plain-size";
import { deriveStateKey, project, root, runShownToNobody } from "./sandbox-preview";

interface PlainPreview {
  readonly components: number;
  readonly by: "sandbox" | "mocks";
}

export function previewPlain({ components, by }: PlainPreview): Promise<Measurement> {
  return by === "sandbox" ? bySandbox(components) : byMocks(components);
}

const stack = "bench";

async function bySandbox(components: number): Promise<Measurement> {
  const world = new MemoryWorld(readWorldSeed(join(root, "sandbox", "world.yaml")));
  const state = new MemoryStateStore(stack);
  const program = () => plainProgram(components);
  await deriveStateKey();
  return measured(() =>
    runShownToNobody({ kind: "preview", stack, config: plainConfig, program, policies: [], state, world }),
  );
}

/** Where the storage account is; the record's account comes from its zone. */
export const plainConfig: ReadonlyMap<string, ConfigValue> = new Map([
  ["azure-native:subscriptionId", { value: "00000000-0000-4000-8000-000000000001", secret: false }],
  ["azure-native:tenantId", { value: "00000000-0000-4000-8000-000000000002", secret: false }],
]);

/** The SDK alone: its own mock monitor answers at once, with what it was given. */
async function byMocks(components: number): Promise<Measurement> {
  const { settings, stack: stacks } = loadProjectSdk(root);
  const mocks = {
    newResource: ({ inputs }: { readonly inputs: Record<string, unknown> }) => ({ id: undefined, state: inputs }),
    call: () => ({}),
  };
  await runtime.setMocks(mocks, project.name, stack, true);
  return measured(async () => {
    await stacks.runInPulumiStack(() => plainProgram(components));
    await settings.waitForRPCs();
    return { resources: plainResources + 2 * components };
  });
}
