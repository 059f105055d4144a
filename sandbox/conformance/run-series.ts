import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PolicyAnalyzer } from "../../deployment/policies/policy-analyzer";
import { DiskStateStore } from "../engine/run-operation";
import type { StateStore } from "../engine/state/state-store";
import { compareRuns } from "./compare-runs";
import { type OpenedState, openState } from "./compare-state";
import { fixturePolicies } from "./fixture-policies";
import { runKilled, withLockHeld } from "./interrupted-run";
import { type Recording, recordingsOf, type Series, series } from "./recording";
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
