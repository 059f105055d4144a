/** What a drill saw, as it is written to `evidence.json`. Times are ISO 8601 in UTC. */
export interface DrillEvidence {
  readonly version: 1;
  /** `local`: two hosts made on one machine. `real`: the hosts themselves. */
  readonly hosts: "local" | "real";
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly machine: Machine;
  readonly runs: readonly RunEvidence[];
  /** Over all runs together. */
  readonly targets: readonly Check[];
  /** What was not done, by name, and why. */
  readonly skipped: readonly { readonly scenario: string; readonly why: string }[];
}

export interface Machine {
  readonly platform: string;
  readonly cores: number;
  /** Average over the last minute when the drill began. */
  readonly load: number;
  readonly node: string;
  readonly litestream: string;
}

/** One scenario, done once. */
export interface RunEvidence {
  readonly scenario: string;
  readonly run: number;
  /** The same seed repeats the same writes. */
  readonly seed: number;
  readonly startedAt: string;
  readonly seconds: number;
  readonly timeline: readonly TimelineEvent[];
  /** Absent in scenarios without a failover. */
  readonly failover?: FailoverTimes | undefined;
  readonly databases: readonly DatabaseEvidence[];
  /** What the standby's inference server said to a test prompt. */
  readonly inference?: string | undefined;
  readonly checks: readonly Check[];
  /** Checks that could not be made here. */
  readonly notChecked?: readonly NotChecked[] | undefined;
}

/** A check that could not be made, and why. */
export interface NotChecked {
  readonly name: string;
  readonly why: string;
}

/** Something that happened, on a host or between them. */
export interface TimelineEvent {
  /** Seconds since the run began. */
  readonly at: number;
  readonly where: string;
  readonly what: string;
}

/** Seconds since the primary was lost. */
export interface FailoverTimes {
  /** Until the watcher would have told people. */
  readonly detected: number;
  /** Until the failover was started. */
  readonly decided: number;
  /** Until the standby was primary. */
  readonly promoted: number;
  /** Until the standby's programs committed the first row, and the name led there. */
  readonly served: number;
  /** How much longer a client may use the old address, at most. */
  readonly nameTtl: number;
}

export interface DatabaseEvidence {
  readonly name: string;
  readonly tier: string;
  readonly syncSeconds: number;
  readonly followed: boolean;
  /** Seconds that each row took to the copy, of the rows that were seen to arrive. */
  readonly lags: readonly number[];
  readonly committed: number;
  readonly recovered: number;
  readonly secondsLost: number;
  /** `absent`: the file never existed. `empty`: it has no table, on purpose. */
  readonly integrity: "ok" | "empty" | "absent" | "damaged";
}

/** Something that must be so. */
export interface Check {
  readonly name: string;
  readonly expected: string;
  readonly measured: string;
  readonly passed: boolean;
}

export function check(name: string, expected: string, measured: string, passed: boolean): Check {
  return { name, expected, measured, passed };
}

/** All checks of all runs, and the targets. */
export function listChecks({ runs, targets }: Pick<DrillEvidence, "runs" | "targets">): readonly Check[] {
  return [...runs.flatMap(({ checks }) => checks), ...targets];
}

/** What happened in a run, in order, and when it began. */
export class Timeline {
  readonly startedAt = Date.now();
  private readonly noted: TimelineEvent[] = [];

  /** @param tell is told each event as it happens */
  constructor(private readonly tell: (line: string) => void) {}

  get events(): readonly TimelineEvent[] {
    return [...this.noted].sort((one, other) => one.at - other.at);
  }

  /**
   * Notes an event.
   *
   * @param at milliseconds since 1970. @default now
   * @returns when it happened
   */
  note(where: string, what: string, at: number = Date.now()): number {
    const seconds = Math.round((at - this.startedAt) / 100) / 10;
    this.noted.push({ at: seconds, where, what });
    this.tell(`${seconds.toFixed(1).padStart(7)} s  ${where}: ${what}`);
    return at;
  }
}
