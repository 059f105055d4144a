import { join } from "node:path";
import type { EngineEvent } from "../../deployment/engine-event";
import type { PolicyAnalyzer } from "../../deployment/policies/policy-analyzer";
import type { EngineResult, OperationRequest } from "../engine/engine";
import type { Provider } from "../engine/provider";
import { MemoryStateStore, readStackOutputs, runOperation, StackLocked } from "../engine/run-operation";
import type { StateStore } from "../engine/state/state-store";
import { FirstProvider, SecondProvider } from "./recorded-providers";
import { fixtures, type Recording, type Series } from "./recording";

/** The passphrase of the recorded states. */
export const recordedPassphrase = "conformance";

/** What a replayed run told and left. */
export interface Replayed {
  readonly exit: number;
  readonly events: readonly EngineEvent[];
  readonly stateText: string | undefined;
}

/** What a replay needs beside the recording. */
export interface ReplayContext {
  readonly series: Series;
  readonly store: StateStore;
  readonly policies: readonly PolicyAnalyzer[];
  /** The state of the stack that the second series refers to. */
  readonly referenced: StateStore;
  /** Called with each resource's name as it is created. */
  readonly whileCreating?: (name: string) => Promise<void>;
}

/** Runs again what a recording ran, on this engine. */
export async function replay(recording: Recording, context: ReplayContext): Promise<Replayed> {
  const events: EngineEvent[] = [];
  const restore = setEnvironment({ ...recording.environment, PULUMI_CONFIG_PASSPHRASE: recordedPassphrase });
  try {
    const exit = await exitOf(() => runOperation(requestOf(recording, context, events)));
    return { exit, events, stateText: JSON.stringify(await context.store.load()) };
  } finally {
    restore();
  }
}

function requestOf(recording: Recording, context: ReplayContext, events: EngineEvent[]): OperationRequest {
  const { command, flags, stack } = recording;
  const { series, store, policies, referenced } = context;
  if (command !== "preview" && command !== "up" && command !== "refresh" && command !== "destroy") {
    throw new Error(`${recording.name}: unknown command ${command}`);
  }
  const target = flags.get("target");
  return {
    kind: command,
    previewOnly: flags.has("preview-only"),
    project: projectIn(series.program, series.project),
    organization: "organization",
    stack,
    config: new Map(),
    provider: providersOf(series, context.whileCreating),
    policies: flags.has("policy-pack") ? policies : [],
    state: store,
    stackOutputs: async (name) => (name === "organization/other/dev" ? readStackOutputs(referenced) : undefined),
    targets: target === undefined ? [] : [target],
    expectNoChanges: flags.has("expect-no-changes"),
    clearPendingCreates: flags.has("clear-pending-creates"),
    emit: (event) => events.push(event),
    signal: new AbortController().signal,
  };
}

function providersOf(series: Series, whileCreating?: (name: string) => Promise<void>) {
  return (packageName: string): Provider =>
    series.program === "program" ? new FirstProvider(packageName) : new SecondProvider(packageName, whileCreating);
}

function projectIn(folder: string, name: string): OperationRequest["project"] {
  const root = join(fixtures, folder);
  return { name, root, main: join(root, "index.ts") };
}

/** Deploys the stack that the second series refers to. */
export async function deployReferencedStack(): Promise<StateStore> {
  const recording: Recording = {
    name: "other-2",
    environment: {},
    command: "up",
    flags: new Map(),
    stack: "dev",
    exit: 0,
    events: [],
    state: "",
  };
  const store = new MemoryStateStore("dev");
  const series = { folder: "", program: "other-2", project: "other" };
  const { exit } = await replay(recording, { series, store, policies: [], referenced: store });
  if (exit !== 0) throw new Error("the referenced stack could not be deployed");
  return store;
}

/** The exit code as the recorded CLI gave it. */
async function exitOf(run: () => Promise<EngineResult>): Promise<number> {
  try {
    const { result, failure } = await run();
    if (result === "succeeded") return 0;
    return failure === "changes" ? 7 : 1;
  } catch (error) {
    if (error instanceof StackLocked) return 1;
    throw error;
  }
}

const steering = ["STEP", "DRIFT", "GONE", "FAIL", "PULUMI_CONFIG_PASSPHRASE"];

function setEnvironment(values: Readonly<Record<string, string>>): () => void {
  const before = steering.map((name) => [name, process.env[name]] as const);
  for (const name of steering) delete process.env[name];
  Object.assign(process.env, values);
  return () => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  };
}
