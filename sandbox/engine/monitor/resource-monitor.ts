import type { Callback } from "@pulumi/pulumi/proto/callback_pb";
import type {
  ReadResourceRequest,
  RegisterPackageRequest,
  RegisterResourceOutputsRequest,
  RegisterResourceRequest,
  ResourceInvokeRequest,
  SupportsFeatureRequest,
} from "@pulumi/pulumi/proto/resource_pb";
import { type PropertyMap, withoutUnknown } from "../../../deployment/values/property-value";
import { unknownMarker } from "../../../deployment/values/signatures";
import { toWireMap } from "../../../deployment/values/wire-value";
import type { JsonObject, JsonValue } from "../../../lib/json-value";
import { heapProblem } from "../operation/heap-need";
import type { Deployment } from "../plan/deployment";
import { MonitorShutDown, messageOf, PlanError } from "../plan/engine-errors";
import type { Goal, ResourceState } from "../plan/resource-state";
import { isProviderType, type Urn } from "../plan/urn";
import type { InvokeResult } from "../provider";
import { CallbackTransforms } from "./callback-transforms";
import { goalOf, type PluginRequest, pluginOf, propertiesOf, readGoalOf } from "./decode-request";
import { type DefaultProviders, withPlugin } from "./default-providers";

type Answer<T> = (error: Error | null, answer?: T) => void;

const features: ReadonlySet<string> = new Set([
  "secrets",
  "resourceReferences",
  "outputValues",
  "deletedWith",
  "replaceWith",
  "aliasSpecs",
  "transforms",
  "invokeTransforms",
  "parameterization",
  // So that the SDK asks, and is told who does run them.
  "resourceHooks",
  "errorHooks",
]);

/**
 * The engine's side of the resource monitor protocol, called in process: the SDK takes it as it takes its own mock monitor.
 * Requests are read through accessors only, since a project may bring its own copy of the SDK.
 */
export class ResourceMonitor {
  private readonly transforms = new CallbackTransforms();
  private unanswered = 0;
  private readonly handedOn = new Map<Urn, HandedOn>();
  private registered = 0;
  private readonly invokes: Invokes;

  constructor(
    private readonly deployment: Deployment,
    private readonly defaults: DefaultProviders,
  ) {
    this.invokes = new Invokes(deployment, defaults);
  }

  supportsFeature(request: SupportsFeatureRequest, answer: Answer<{ getHassupport(): boolean }>): void {
    const supported = features.has(request.getId());
    answer(null, { getHassupport: () => supported });
  }

  registerResource(request: RegisterResourceRequest, answer: Answer<ReturnType<typeof registrationAnswer>>): void {
    this.registered += 1;
    const problem = this.deployment.stopReason === undefined ? heapProblem(this.registered) : undefined;
    if (problem !== undefined) this.deployment.planningFailed(new Error(problem), "");
    this.respond(answer, async () => {
      const asked = inherit(goalOf(request), this.handedOn.get(request.getParent()));
      const transformed = await this.transforms.apply(asked, request.getTransformsList());
      const plugin = { ...pluginOf(request), ...transformed.plugin };
      const goal = await this.withProvider(transformed.goal, plugin);
      const state = await this.deployment.register(this.deployment.context.dryRun ? goal : withKnownInputs(goal));
      const { deletedWith, protect, retainOnDelete } = goal;
      this.handedOn.set(state.urn, { deletedWith, protect, retainOnDelete });
      const abandoned = this.deployment.abandoned.get(state.urn);
      if (abandoned !== undefined) {
        // What could not be changed is there, and has its id.
        return registrationAnswer(state.urn, abandoned === "failed" ? this.shownId(state) : "", {}, abandoned);
      }
      const properties = state.custom || transformed.goal.remote ? toWireMap(state.outputs) : {};
      return registrationAnswer(state.urn, this.shownId(state), properties);
    });
  }

  readResource(request: ReadResourceRequest, answer: Answer<ReturnType<typeof readAnswer>>): void {
    this.respond(answer, async () => {
      const goal = readGoalOf(request);
      const provider = goal.provider || (await this.defaults.referenceFor(goal.type, pluginOf(request)));
      const state = await this.deployment.read({ ...goal, provider });
      return readAnswer(state.urn, toWireMap(state.outputs));
    });
  }

  registerResourceOutputs(request: RegisterResourceOutputsRequest, answer: Answer<object>): void {
    this.respond(answer, async () => {
      if (this.deployment.stopReason !== undefined) throw new MonitorShutDown();
      this.deployment.registerOutputs(request.getUrn(), propertiesOf(request.getOutputs()));
      return {};
    });
  }

  invoke(request: ResourceInvokeRequest, answer: Answer<ReturnType<typeof invokeAnswer>>): void {
    this.respond(answer, async () => {
      const { result, failures } = await this.invokes.invoke(request, this.transforms);
      return invokeAnswer(toWireMap(result), failures);
    });
  }

  call(request: { getTok(): string }, answer: Answer<never>): void {
    answer(rpcError(`the sandbox does not run provider methods; ${request.getTok()} was called`));
  }

  registerPackage(request: RegisterPackageRequest, answer: Answer<{ getRef(): string }>): void {
    const parameterization = request.getParameterization();
    const reference = this.defaults.registerPackage({
      name: parameterization?.getName() || request.getName(),
      version: parameterization?.getVersion() || request.getVersion(),
      downloadUrl: request.getDownloadUrl(),
    });
    answer(null, { getRef: () => reference });
  }

  registerResourceHook(request: { getName(): string }, answer: Answer<never>): void {
    answer(hookRefusal(request.getName()));
  }

  registerErrorHook(request: { getName(): string }, answer: Answer<never>): void {
    answer(hookRefusal(request.getName()));
  }

  registerStackTransform(request: Callback, answer: Answer<object>): void {
    this.transforms.addStackTransform(request);
    answer(null, {});
  }

  registerStackInvokeTransform(request: Callback, answer: Answer<object>): void {
    this.transforms.addStackInvokeTransform(request);
    answer(null, {});
  }

  signalAndWaitForShutdown(_request: object, answer: Answer<object>): void {
    answer(null, {});
  }

  /** Whether everything that was asked has been answered. */
  isIdle(): boolean {
    return this.unanswered === 0;
  }

  close(): void {
    this.transforms.close();
  }

  private respond<T>(answer: Answer<T>, handle: () => Promise<T>): void {
    this.unanswered += 1;
    handle()
      .finally(() => {
        this.unanswered -= 1;
      })
      .then(
        (result) => answer(null, result),
        (error: unknown) => answer(rpcError(error)),
      );
  }

  /** Names the provider that a resource did not name, and notes the version that a provider did. */
  private async withProvider(goal: Goal, plugin: PluginRequest): Promise<Goal> {
    if (isProviderType(goal.type)) return { ...goal, properties: withPlugin(goal.properties, plugin) };
    if (!goal.custom || goal.provider !== "") return goal;
    return { ...goal, provider: await this.defaults.referenceFor(goal.type, plugin) };
  }

  /** In a preview a provider that does not exist yet is known by the unknown id: resources refer to it by that. */
  private shownId(state: ResourceState): string {
    return state.id === unknownMarker && !isProviderType(state.type) ? "" : state.id;
  }
}

/** What a child has from its parent, where it says nothing itself. The SDK hands on protection and providers, the engine the rest. */
type HandedOn = Pick<Goal, "deletedWith" | "protect" | "retainOnDelete">;

function inherit(goal: Goal, parent: HandedOn | undefined): Goal {
  if (parent === undefined) return goal;
  return {
    ...goal,
    deletedWith: goal.deletedWith === "" ? parent.deletedWith : goal.deletedWith,
    protect: goal.protect ?? parent.protect,
    retainOnDelete: goal.retainOnDelete ?? parent.retainOnDelete,
  };
}

/** What a resource that failed does not tell is left out of what needs it: a service is never asked for the unknown. */
function withKnownInputs(goal: Goal): Goal {
  return goal.custom ? { ...goal, properties: withoutUnknown(goal.properties) } : goal;
}

/** The SDK shows `details` of a failed call, as gRPC gives it. */
function rpcError(error: unknown): Error & { details: string } {
  const cause = error instanceof Error ? error : new Error(String(error));
  return Object.assign(cause, { details: messageOf(error) });
}

/** A mistake of whoever chose the engine, which the SDK tells by this mark: it is shown without a stack. */
function hookRefusal(name: string): Error {
  const message = `the sandbox does not run hooks of resources; "${name}" is one. Run this stack on the real engine (--engine pulumi)`;
  return Object.assign(new Error(message), { __pulumiRunError: true });
}

const getResourceToken = "pulumi:pulumi:getResource";

/** Function calls of the program: `getZone`, and the engine's own look-up of registered resources. */
class Invokes {
  constructor(
    private readonly deployment: Deployment,
    private readonly defaults: DefaultProviders,
  ) {}

  async invoke(request: ResourceInvokeRequest, transforms: CallbackTransforms): Promise<InvokeResult> {
    if (this.deployment.stopReason !== undefined) throw new MonitorShutDown();
    const token = request.getTok();
    const args = propertiesOf(request.getArgs());
    if (token === getResourceToken) return { result: this.registeredResource(args), failures: [] };
    const asked = {
      version: request.getVersion(),
      downloadUrl: request.getPlugindownloadurl(),
      packageRef: request.getPackageref?.() ?? "",
    };
    const call = await transforms.applyToInvoke({ token, args, provider: request.getProvider(), plugin: asked });
    const provider = call.provider || (await this.defaults.referenceFor(token, call.plugin));
    const client = await this.deployment.context.providers.get(provider);
    if (client === undefined) throw new PlanError(`unknown provider '${provider}' for function ${token}`);
    try {
      return await client.invoke({ token, args: call.args, preview: this.deployment.context.dryRun });
    } catch (error) {
      throw new PlanError(`invocation of ${token} returned an error: ${messageOf(error)}`);
    }
  }

  private registeredResource(args: PropertyMap): PropertyMap {
    const urn = typeof args.urn === "string" ? args.urn : "";
    const state = this.deployment.current.get(urn);
    if (state === undefined) throw new PlanError(`unknown resource ${urn}`);
    return { urn, id: state.id, state: state.outputs };
  }
}

/**
 * Answers to the SDK. It reads them through their protobuf accessors only, so plain objects with the same accessors do,
 * whichever copy of the SDK asks, and nothing is encoded and decoded in between.
 */
interface StructAnswer {
  toJavaScript(): JsonObject;
  getFieldsMap(): { get(key: string): ValueAnswer };
}

interface ValueAnswer {
  toJavaScript(): JsonValue | undefined;
  getStructValue(): StructAnswer | undefined;
}

const noDependencies = new Map<string, { getUrnsList(): string[] }>();
/** The protocol's results of a registration. */
const results = { done: 0, failed: 1, skipped: 2 } as const;

function structAnswer(properties: JsonObject): StructAnswer {
  return {
    toJavaScript: () => properties,
    getFieldsMap: () => ({ get: (key) => valueAnswer(properties[key]) }),
  };
}

function registrationAnswer(urn: string, id: string, properties: JsonObject, result: keyof typeof results = "done") {
  return {
    getUrn: () => urn,
    getId: () => id,
    getObject: () => structAnswer(properties),
    getStable: () => false,
    getStablesList: (): string[] => [],
    getPropertydependenciesMap: () => noDependencies,
    getResult: () => results[result],
  };
}

function readAnswer(urn: string, properties: JsonObject) {
  return { getUrn: () => urn, getProperties: () => structAnswer(properties) };
}

function invokeAnswer(result: JsonObject, failures: readonly { property: string; reason: string }[]) {
  const list = failures.map(({ property, reason }) => ({ getProperty: () => property, getReason: () => reason }));
  return { getReturn: () => structAnswer(result), getFailuresList: () => list };
}

function valueAnswer(value: JsonValue | undefined): ValueAnswer {
  const isStruct = typeof value === "object" && value !== null && !Array.isArray(value);
  return {
    toJavaScript: () => value,
    getStructValue: () => (isStruct ? structAnswer(value as JsonObject) : undefined),
  };
}
