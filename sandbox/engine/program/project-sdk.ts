import { createRequire } from "node:module";
import { join } from "node:path";
import { versionProblem } from "../engine";

/** What the engine uses of the SDK's runtime, in the copy that the program itself loads. */
export interface ProjectSdk {
  readonly settings: SdkSettings;
  readonly state: SdkState;
  readonly config: { setAllConfig(config: Record<string, string>, secretKeys: readonly string[]): void };
  readonly stack: { runInPulumiStack(run: () => unknown): Promise<Record<string, unknown> | undefined> };
  readonly debuggable: {
    debuggablePromise<T>(promise: Promise<T>, context?: unknown): Promise<T>;
    debugPromiseLeaks: boolean;
  };
  readonly log: {
    debug(...args: readonly unknown[]): Promise<void>;
    error(message: string, resource?: unknown): Promise<void>;
    hasErrors(): boolean;
  };
  readonly rpc: {
    transferProperties(
      onto: Readonly<Record<string, unknown>>,
      label: string,
      properties: Readonly<Record<string, unknown>>,
    ): object;
  };
  readonly resource: { Resource: { stackTrace?: (skip: number) => readonly unknown[] } };
  readonly errors: {
    RunError: { new (message: string): Error; isInstance(error: unknown): boolean };
    ResourceError: { isInstance(error: unknown): boolean };
    isGrpcError(error: unknown): boolean;
  };
}

interface SdkSettings {
  getEngine(): object | undefined;
  requirePulumiVersion(range: string): Promise<void>;
  setMockOptions(monitor: object, project: string, stack: string, preview: boolean, organization: string): void;
  waitForRPCs(): Promise<void>;
  disconnectSync(): void;
}

interface SdkState {
  readonly LocalStore: new () => SdkStore;
  withLocalStorage<T>(run: () => T): T;
  getStore(): SdkStore;
}

export interface SdkStore {
  readonly settings: {
    readonly options: { rootDirectory?: string; parallel?: number };
    engine?: object;
  };
  resourcePackages: Map<string, unknown>;
  resourceModules: Map<string, unknown>;
}

declare global {
  // Where the SDK keeps what is not bound to an asynchronous context; see its `runtime/state`.
  var globalStore: SdkStore | undefined;
}

/** A project without its own `@pulumi/pulumi` cannot be run. */
export class SdkMissing extends Error {
  constructor(root: string) {
    super(`${root}: @pulumi/pulumi is not installed there; run npm install in that directory`);
    this.name = "SdkMissing";
  }
}

/** Loads the SDK that a program in `root` would load. */
export function loadProjectSdk(root: string): ProjectSdk {
  const load = createRequire(join(root, "package.json"));
  try {
    load.resolve("@pulumi/pulumi");
  } catch {
    throw new SdkMissing(root);
  }
  const sdk: ProjectSdk = {
    settings: load("@pulumi/pulumi/runtime/settings"),
    state: load("@pulumi/pulumi/runtime/state"),
    config: load("@pulumi/pulumi/runtime/config"),
    stack: load("@pulumi/pulumi/runtime/stack"),
    debuggable: load("@pulumi/pulumi/runtime/debuggable"),
    log: load("@pulumi/pulumi/log"),
    rpc: load("@pulumi/pulumi/runtime/rpc"),
    resource: load("@pulumi/pulumi/resource"),
    errors: load("@pulumi/pulumi/errors"),
  };
  // Outside an asynchronous context the SDK only knows engines by address; ours is in the store.
  sdk.settings.getEngine = () => sdk.state.getStore().settings.engine;
  sdk.settings.requirePulumiVersion = async (range) => {
    const refusal = versionProblem(range);
    if (refusal !== undefined) throw new sdk.errors.RunError(refusal);
  };
  return sdk;
}

/** Set to any value to get the SDK's own stack captures and promise-leak reports back; slower. */
const fullDiagnosticsVariable = "PULUMI_DEBUG_PROMISE_LEAKS";

const quieted = new WeakSet<object>();

/**
 * Takes the SDK's costliest help for debugging away: a formatted stack for every promise and every resource, and four debug
 * messages a resource. That is half of a large program's time. Errors of the program keep their stacks.
 */
export function quietDiagnostics(sdk: ProjectSdk): void {
  if (process.env[fullDiagnosticsVariable] !== undefined || quieted.has(sdk.debuggable)) return;
  quieted.add(sdk.debuggable);
  sdk.debuggable.debuggablePromise = (promise) => promise;
  sdk.log.debug = () => Promise.resolve();
  const { Resource } = sdk.resource;
  if (Resource.stackTrace !== undefined) Resource.stackTrace = () => [];
}
