/** A lag that was last confirmed longer ago than this is unknown. */
const holdsMs = 30_000;
/** How often the store is asked for a follower that runs, and for one that sleeps. */
const askEveryMs = 10_000;
const askAsleepEveryMs = 60_000;

/** Longer than any full restore of these databases takes: a restore that runs longer hangs. */
const longestRestoreMs = 30 * 60_000;

/** How far a follower is behind, and whether it will ever get nearer by itself. Times are milliseconds since 1970. */
export class FollowerLag {
  private observed: { readonly seconds: number; readonly at: number } | undefined;
  private last = { transaction: 0, at: 0 };
  private startedAt = 0;
  private askedAt = 0;

  constructor(private readonly stalledSeconds: number) {}

  /** The follower was started. */
  begin(now = Date.now()): void {
    this.startedAt = now;
    this.askedAt = now;
    this.observed = undefined;
  }

  /** Whether it is time to ask the store, which then counts as asked. */
  isToAsk(isAsleep: boolean, now = Date.now()): boolean {
    if (now - this.askedAt < (isAsleep ? askAsleepEveryMs : askEveryMs)) return false;
    this.askedAt = now;
    return true;
  }

  /** Another copy is used: what is known of the one before counts no more. */
  askNow(): void {
    this.askedAt = 0;
  }

  /** What is in the copy now. */
  moved(transaction: number, now = Date.now()): void {
    if (transaction !== this.last.transaction) this.last = { transaction, at: now };
  }

  /** For how long the store has had something that the copy has not. */
  observe(seconds: number, now = Date.now()): void {
    this.observed = { seconds, at: now };
  }

  /** Lag in seconds; undefined when it is unknown. */
  seconds(now = Date.now()): number | undefined {
    return this.observed !== undefined && now - this.observed.at < holdsMs ? this.observed.seconds : undefined;
  }

  /**
   * Behind and not moving; or moving for long, and still behind: applying one file a tick may never be enough.
   *
   * @param moves whether it runs in the copy that is used. A full restore moves nothing until it is done, and takes its time
   */
  isStuck(moves: boolean, now = Date.now()): boolean {
    if (!moves) return now - this.startedAt > longestRestoreMs;
    const behind = this.seconds(now) ?? 0;
    const standsStill = now - Math.max(this.last.at, this.startedAt) > this.stalledSeconds * 1000;
    const isTooSlow = behind > 3 * this.stalledSeconds && now - this.startedAt > 3 * this.stalledSeconds * 1000;
    return (behind > this.stalledSeconds && standsStill) || isTooSlow;
  }
}
