import type { TimelineEvent } from "./evidence/evidence";

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
