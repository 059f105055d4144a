import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { EngineEvent } from "../../deployment/engine-event";
import { loadPolicyPack } from "../../deployment/policies/load-policy-pack";
import type { PolicyAnalyzer } from "../../deployment/policies/policy-analyzer";
import type { JsonObject } from "../../lib/json-value";
import type { EngineResult, OperationRequest } from "../engine/engine";
import type { Provider } from "../engine/provider";
import { DiskStateStore, MemoryStateStore, readStackOutputs, runOperation, StackLocked } from "../engine/run-operation";
import type { StateStore } from "../engine/state/state-store";
import { compareEvents } from "./compare-events";
import { compareStates, needsIn, type OpenedState, openState } from "./compare-state";
import {
  FirstProvider,
  fixtures,
  type Recording,
  recordingsOf,
  SecondProvider,
  type Series,
  series,
} from "./recorded-providers";

/** A recording and in what its replay differs from it. */
interface ComparedRun {
  readonly name: string;
  readonly problems: readonly string[];
}

/** Replays one series, run after run: each begins with the state that the one before left. */
export class SeriesReplay {
  private readonly states = new Map<string, OpenedState>();

  private constructor(
    private readonly series: Series,
    private readonly policies: readonly PolicyAnalyzer[],
    private readonly referenced: StateStore,
    private readonly directory: string,
  ) {}

  static async open(series: Series): Promise<SeriesReplay> {
    const directory = mkdtempSync(join(tmpdir(), "conformance-"));
    return new SeriesReplay(series, [await fixturePolicies()], await deployReferencedStack(), directory);
  }

  recordings(): Recording[] {
    return recordingsOf(this.series);
  }

  async run(recording: Recording): Promise<ComparedRun> {
    const replayed = await this.replay(recording);
    const problems = await compareRuns(recording, replayed, this.states.get(recording.stack));
    this.states.set(recording.stack, await openState(recording.state, recording.name));
    return { name: recording.name, problems };
  }

  async close(): Promise<void> {
    for (const pack of this.policies) await pack.close();
    rmSync(this.directory, { recursive: true });
  }

  private replay(recording: Recording): Promise<Replayed> {
    const { series, policies, referenced, directory } = this;
    const store = new DiskStateStore(directory, series.project, recording.stack);
    if (recording.command === "up" && recording.flags.size === 0) return runKilled(recording, store, directory);
    const context = { series, policies, referenced, store };
    if (recording.name.endsWith("up-while-locked")) return withLockHeld(directory, () => replay(recording, context));
    return replay(recording, context);
  }
}

/** All recorded series, ready to be replayed. */
export async function recordedSeries(): Promise<SeriesReplay[]> {
  const opened: SeriesReplay[] = [];
  for (const recorded of series) opened.push(await SeriesReplay.open(recorded));
  return opened;
}

/** Everything in which a replayed run differs from its recording; empty when it matches. */
async function compareRuns(
  recording: Recording,
  replayed: Replayed,
  before: OpenedState | undefined,
): Promise<string[]> {
  const problems: string[] = [];
  if (replayed.exit !== recording.exit) problems.push(`exit: recorded ${recording.exit}, got ${replayed.exit}`);
  const recorded = await openState(recording.state, recording.name);
  const actual = await openState(replayed.stateText ?? recording.state, `the replay of ${recording.name}`);
  const known = before === undefined ? [recorded, actual] : [before, recorded, actual];
  problems.push(
    ...compareEvents({
      recorded: plain(recording.events),
      actual: plain(replayed.events),
      anyOrder: recording.command === "refresh",
      needs: needsIn(...known),
    }),
    ...compareStates(recorded, actual),
  );
  return problems;
}

function plain(events: readonly object[]): JsonObject[] {
  return events.map((event) => JSON.parse(JSON.stringify(event)));
}

/** The fixtures' own pack in a process of its own, listed as the recordings list it. */
async function fixturePolicies(): Promise<PolicyAnalyzer> {
  const pack = await loadPolicyPack(join(fixtures, "policies"));
  return {
    packName: pack.packName,
    packVersion: pack.packVersion,
    packLabel: "conformance|local|../policies",
    remediate: (resource) => pack.remediate(resource),
    analyze: (resource) => pack.analyze(resource),
    analyzeStack: (resources) => pack.analyzeStack(resources),
    close: () => pack.close(),
  };
}

const child = join(__dirname, "interrupted-child.ts");

/** Runs a recording in a process of its own and kills that, with no chance to clean up, while it creates "second". */
async function runKilled(recording: Recording, store: StateStore, directory: string): Promise<Replayed> {
  const process = await startChild("run", directory, recording.name);
  const exit = await kill(process);
  return { exit, events: [], stateText: JSON.stringify(await store.load()) };
}

/** Does something while another process holds the lock on the stack. */
async function withLockHeld<T>(directory: string, action: () => Promise<T>): Promise<T> {
  const process = await startChild("lock", directory, "");
  try {
    return await action();
  } finally {
    await kill(process);
  }
}

/** Starts a process and waits until it says that it is where it should be. */
async function startChild(task: "run" | "lock", directory: string, name: string): Promise<ChildProcess> {
  const started = spawn(process.execPath, ["--import", "tsx", child, task, directory, name], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const line of createInterface({ input: started.stdout })) if (line === "ready") return started;
  throw new Error(`the process that should be interrupted (${task}) ended by itself`);
}

/** The exit code as a shell gives it: 128 and the number of the signal. */
async function kill(process: ChildProcess): Promise<number> {
  const ended = once(process, "exit");
  process.kill("SIGKILL");
  const [code, signal] = await ended;
  return signal === "SIGKILL" ? 137 : Number(code);
}

/** The passphrase of the recorded states. */
export const recordedPassphrase = "conformance";

/** What a replayed run told and left. */
interface Replayed {
  readonly exit: number;
  readonly events: readonly EngineEvent[];
  readonly stateText: string | undefined;
}

/** What a replay needs beside the recording. */
interface ReplayContext {
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
async function deployReferencedStack(): Promise<StateStore> {
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
