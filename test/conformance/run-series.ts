import type { PolicyAnalyzer } from "../../sandbox/engine/policy-analyzer";
import { MemoryStateStore } from "../../sandbox/engine/run-operation";
import type { StateStore } from "../../sandbox/engine/state/state-store";
import { compareRuns } from "./compare-runs";
import { type OpenedState, openState } from "./compare-state";
import { fixturePolicies } from "./fixture-policies";
import { type Recording, recordingsOf, type Series } from "./recording";
import { deployReferencedStack, type Replayed, replay } from "./replay";

/** A recording and in what its replay differs from it. */
export interface ComparedRun {
  readonly name: string;
  readonly problems: readonly string[];
}

/** Replays one series, run after run: each begins with the state that the one before left. */
export class SeriesReplay {
  private readonly stores = new Map<string, StateStore>();
  private readonly states = new Map<string, OpenedState>();
  private constructor(
    private readonly series: Series,
    private readonly policies: readonly PolicyAnalyzer[],
    private readonly referenced: StateStore,
  ) {}

  static async open(series: Series): Promise<SeriesReplay> {
    return new SeriesReplay(series, [await fixturePolicies()], await deployReferencedStack());
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
  }

  private replay(recording: Recording): Promise<Replayed> {
    const { series, policies, referenced } = this;
    return replay(recording, { series, policies, referenced, store: this.storeOf(recording.stack) });
  }

  private storeOf(stack: string): StateStore {
    const known = this.stores.get(stack);
    if (known !== undefined) return known;
    const store = new MemoryStateStore(stack);
    this.stores.set(stack, store);
    return store;
  }
}
