const dayInMilliseconds = 24 * 60 * 60 * 1000;

/**
 * Today, in UTC, as `YYYY-MM-DD`, so that days compare as text. Whatever the program or a command decides by the day asks this;
 * a test sets it with the time of the process.
 *
 * @example today() // "2026-12-01"
 */
export function today(): string {
  return dayOf(new Date());
}

/** The day of a moment, in UTC. @example dayOf(new Date(0)) // "1970-01-01" */
export function dayOf(time: Date): string {
  return time.toISOString().slice(0, 10);
}

/**
 * The day that comes some days after another.
 *
 * @example dayAfter("2026-12-01", 30) // "2026-12-31"
 */
export function dayAfter(day: string, days: number): string {
  return dayOf(new Date(Date.parse(day) + days * dayInMilliseconds));
}
