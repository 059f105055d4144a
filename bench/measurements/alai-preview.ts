import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runtime } from "@pulumi/pulumi";
import type { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";
import { stackTransformation } from "../../components/context/stack-transformation";
import { loadPolicyPack } from "../../deployment/policies/load-policy-pack";
import type { PolicyAnalyzer } from "../../deployment/policies/policy-analyzer";
import { loadProject } from "../../deployment/project/project-file";
import { isJsonObject, type JsonObject } from "../../lib/json-value";
import type { StateStore } from "../../sandbox/engine/engine";
import { goalOf } from "../../sandbox/engine/monitor/decode-request";
import { ResourceMonitor } from "../../sandbox/engine/monitor/resource-monitor";
import type { Goal } from "../../sandbox/engine/plan/resource-state";
import { loadProjectSdk, type ProjectSdk } from "../../sandbox/engine/program/project-sdk";
import { MemoryStateStore, readStackOutputs } from "../../sandbox/engine/run-operation";
import { loadStackConfiguration } from "../../sandbox/project/sandbox-configuration";
import { readWorldSeed } from "../../sandbox/world/open-world";
import { MemoryWorld } from "../../sandbox/world/world";
import { loadAlaiInventory } from "../../stacks/alai/inventory";
import { prod } from "../../stacks/alai/prod";
import { alaiSettings } from "../../stacks/alai/settings";
import { stackDefinition, systemProgram } from "../../stacks/registry";
import { readStackConfiguration } from "../../stacks/stack-configuration";
import { type Measurement, measureWork } from "../measurement";
import { flatProgram } from "./flat-program";
import { deriveStateKey, type MeasuredOperation, root, runSilently } from "./sandbox-preview";

export async function previewAlai(request: {
  readonly inventory: string;
  readonly policies: boolean;
}): Promise<Measurement> {
  const stopwatch = new PolicyStopwatch();
  const operation = await prodPreview(() => prodProgram(request.inventory), request.policies, stopwatch);
  const measurement = await measureWork(() => runSilently(operation));
  return request.policies ? { ...measurement, policySeconds: stopwatch.seconds } : measurement;
}

export async function recordAlai(request: {
  readonly inventory: string;
  readonly recording: string;
}): Promise<Measurement> {
  const recording: RegistrationRecord = [];
  const operation = await prodPreview(() => prodProgram(request.inventory), false, new PolicyStopwatch());
  recordRegistrations(loadProjectSdk(root), recording);
  const measurement = await measureWork(() => runSilently(operation));
  writeFileSync(request.recording, JSON.stringify(recording));
  return measurement;
}

export async function previewFlat(request: {
  readonly recording: string;
  readonly policies: boolean;
  readonly again?: string;
}): Promise<Measurement> {
  const recording: RegistrationRecord = JSON.parse(readFileSync(request.recording, "utf8"));
  const operation = await prodPreview(flatProgram(recording), request.policies, new PolicyStopwatch());
  const { again } = request;
  if (again === undefined) return measureWork(() => runSilently(operation));
  const made: RegistrationRecord = [];
  recordRegistrations(loadProjectSdk(root), made);
  const measurement = await measureWork(() => runSilently(operation));
  writeFileSync(again, JSON.stringify(made));
  return measurement;
}

/** {@link stackPreview} of `prod`. */
export function prodPreview(
  program: () => unknown,
  withPolicies: boolean,
  stopwatch: PolicyStopwatch,
): Promise<MeasuredOperation> {
  return stackPreview("prod", program, withPolicies, stopwatch);
}

/** Everything a preview of a stack that was never deployed needs, with the modules that it loads already loaded. */
async function stackPreview(
  stack: string,
  program: () => unknown,
  withPolicies: boolean,
  stopwatch: PolicyStopwatch,
): Promise<MeasuredOperation> {
  const { config } = await loadStackConfiguration(loadProject(root), stack, () => {
    throw new Error(`nothing in Pulumi.${stack}.yaml is encrypted with a passphrase`);
  });
  const policies = withPolicies ? [stopwatch.timing(await loadPolicyPack(join(root, "policies")))] : [];
  await deriveStateKey();
  const world = new MemoryWorld(readWorldSeed(join(root, "sandbox", "world.yaml")));
  return { kind: "preview", stack, config, program, policies, state: new MemoryStateStore(stack), world };
}

/** A preview of any stack with the project's inventory. What it reads from is deployed before, in the same process. */
export async function previewStack({ stack }: { readonly stack: string }): Promise<Measurement> {
  const outputs = new Map<string, StateStore>();
  const readOutputs = async (name: string) => {
    const store = outputs.get(name.split("/").at(-1) ?? name);
    return store && readStackOutputs(store);
  };
  const operation = async (name: string): Promise<MeasuredOperation> => {
    const preview = await stackPreview(name, () => stackProgram(name), true, new PolicyStopwatch());
    return { ...preview, stackOutputs: readOutputs };
  };
  const measured = await operation(stack);
  for (const name of stackDefinition(stack).readsFrom) {
    const needed = await operation(name);
    await runSilently({ ...needed, kind: "up", world: measured.world });
    outputs.set(name, needed.state);
  }
  return measureWork(() => runSilently(measured));
}

function stackProgram(name: string): unknown {
  const stack = stackDefinition(name);
  const { settings, deploy } = systemProgram(stack);
  return deploy(stack.environment, readStackConfiguration(stack, settings[stack.environment] ?? {}));
}

/** The program of `prod` with an inventory of its own. */
export function prodProgram(inventoryDirectory: string): unknown {
  const configuration = readStackConfiguration(stackDefinition("prod"), alaiSettings.prod);
  const inventory = loadAlaiInventory(inventoryDirectory);
  runtime.registerStackTransformation(stackTransformation(configuration.context));
  return prod(configuration, inventory);
}

/** How long policies take, in a pack that runs in this process: it does nothing else between being asked and answering. */
export class PolicyStopwatch {
  seconds = 0;

  timing(pack: PolicyAnalyzer): PolicyAnalyzer {
    const { packName, packVersion, packLabel } = pack;
    return {
      packName,
      packVersion,
      packLabel,
      remediate: (resource) => this.time(() => pack.remediate(resource)),
      analyze: (resource) => this.time(() => pack.analyze(resource)),
      analyzeStack: (resources) => this.time(() => pack.analyzeStack(resources)),
      close: () => pack.close(),
    };
  }

  private async time<T>(work: () => Promise<T>): Promise<T> {
    const before = performance.now();
    const working = work();
    this.seconds += (performance.now() - before) / 1000;
    return working;
  }
}

/** One resource as the program registered it. */
export interface RecordedRegistration {
  readonly urn: string;
  /** As on the wire: unknown values and secrets are marked. */
  readonly properties: JsonObject;
  readonly goal: Omit<Goal, "properties">;
}

/** In the order in which they were registered: everything comes after what it needs. */
export type RegistrationRecord = RecordedRegistration[];

type Register = ResourceMonitor["registerResource"];
type Answer = Parameters<Register>[1];

/** Notes what programs of this process register from now on. */
function recordRegistrations({ settings }: ProjectSdk, recording: RegistrationRecord): void {
  const connect = settings.setMockOptions;
  settings.setMockOptions = (monitor, ...rest) => connect(recordingMonitor(monitor, recording), ...rest);
}

function recordingMonitor(monitor: object, recording: RegistrationRecord): object {
  if (!(monitor instanceof ResourceMonitor)) throw new Error("this is not the sandbox's monitor");
  const registerResource = (request: RegisterResourceRequest, answer: Answer): void => {
    const { properties: _decoded, ...goal } = goalOf(request);
    const properties: unknown = request.getObject()?.toJavaScript() ?? {};
    monitor.registerResource(request, (error, registered) => {
      if (registered !== undefined && isJsonObject(properties)) {
        recording.push({ urn: registered.getUrn(), properties, goal });
      }
      answer(error, registered);
    });
  };
  return Object.assign(Object.create(monitor), { registerResource });
}
