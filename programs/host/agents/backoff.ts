/** How long to wait before something that failed is tried again: 1 s, 2 s, 4 s …, and 1 s again once it went well for a while. */
export class Backoff {
  private failures = 0;
  private readyAt = 0;

  constructor(
    private readonly firstMs = 1000,
    private readonly longestMs = 30_000,
  ) {}

  failed(now = Date.now()): void {
    this.readyAt = now + Math.min(this.longestMs, this.firstMs * 2 ** this.failures);
    this.failures++;
  }

  succeeded(): void {
    this.failures = 0;
    this.readyAt = 0;
  }

  /** A clock that was set back does not make the wait longer than the longest one. */
  isReady(now = Date.now()): boolean {
    return now >= this.readyAt || this.readyAt - now > this.longestMs;
  }
}
