import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { loadPolicyPack } from "../../deployment/policies/load-policy-pack";
import type { PolicyAnalyzer } from "../../deployment/policies/policy-analyzer";
import type { JsonObject } from "../../lib/json-value";
import { DiskStateStore } from "../engine/run-operation";
import type { StateStore } from "../engine/state/state-store";
import { compareEvents } from "./compare-events";
import { compareStates, needsIn, type OpenedState, openState } from "./compare-state";
import { fixtures, type Recording, recordingsOf, type Series, series } from "./recording";
import { deployReferencedStack, type Replayed, replay } from "./replay";

/** A recording and in what its replay differs from it. */
export interface ComparedRun {
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
