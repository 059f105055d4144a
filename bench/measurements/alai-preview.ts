import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { runtime } from "@pulumi/pulumi";
import { tagTransformation } from "../../components/tags/tag-transformation";
import { loadPolicyPack } from "../../deployment/policies/load-policy-pack";
import { loadProject } from "../../deployment/project/project-file";
import { loadProjectSdk } from "../../sandbox/engine/program/project-sdk";
import { MemoryStateStore } from "../../sandbox/engine/run-operation";
import { loadStackConfiguration } from "../../sandbox/project/stack-configuration";
import { MemoryWorld } from "../../sandbox/world/memory-world";
import { readWorldSeed } from "../../sandbox/world/seed";
import { loadAlaiInventory } from "../../stacks/alai/inventory";
import { prod } from "../../stacks/alai/prod";
import { readStackConfiguration } from "../../stacks/stack-configuration";
import { type Measurement, measured } from "../measurement";
import { PolicyStopwatch } from "./policy-stopwatch";
import { type Recording, recordRegistrations } from "./registrations";
import { deriveStateKey, type MeasuredOperation, root, runShownToNobody } from "./sandbox-preview";

export async function previewAlai(request: {
  readonly inventory: string;
  readonly policies: boolean;
}): Promise<Measurement> {
  const stopwatch = new PolicyStopwatch();
  const operation = await prodPreview(() => prodProgram(request.inventory), request.policies, stopwatch);
  const measurement = await measured(() => runShownToNobody(operation));
  return request.policies ? { ...measurement, policySeconds: stopwatch.seconds } : measurement;
}

export async function recordAlai(request: {
  readonly inventory: string;
  readonly recording: string;
}): Promise<Measurement> {
  const recording: Recording = [];
  const operation = await prodPreview(() => prodProgram(request.inventory), false, new PolicyStopwatch());
  recordRegistrations(loadProjectSdk(root), recording);
  const measurement = await measured(() => runShownToNobody(operation));
  writeFileSync(request.recording, JSON.stringify(recording));
  return measurement;
}

/** Everything a preview of `prod` needs, with the modules that it loads already loaded. */
export async function prodPreview(
  program: () => unknown,
  withPolicies: boolean,
  stopwatch: PolicyStopwatch,
): Promise<MeasuredOperation> {
  const { config } = await loadStackConfiguration(loadProject(root), "prod", () => {
    throw new Error("nothing in Pulumi.prod.yaml is encrypted with a passphrase");
  });
  const policies = withPolicies ? [stopwatch.timing(await loadPolicyPack(join(root, "policies")))] : [];
  await deriveStateKey();
  const world = new MemoryWorld(readWorldSeed(join(root, "sandbox", "world.yaml")));
  return { kind: "preview", stack: "prod", config, program, policies, state: new MemoryStateStore("prod"), world };
}

/** The program of `prod` with an inventory of its own. */
export function prodProgram(inventoryDirectory: string): unknown {
  const configuration = readStackConfiguration();
  const inventory = loadAlaiInventory(inventoryDirectory);
  runtime.registerStackTransformation(tagTransformation(configuration.context));
  return prod(configuration, inventory);
}
