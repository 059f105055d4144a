const dayInMilliseconds = 24 * 60 * 60 * 1000;

/**
 * Today, in UTC, as `YYYY-MM-DD`, so that days compare as text. Whatever the program or a command decides by the day asks this;
 * a test sets it with the time of the process.
 *
 * @example today() // "2026-12-01"
 */
export function today(): string {
  return new Date().toISOString().slice(0, 10);
}

/**
 * The day that comes some days after another.
 *
 * @example dayAfter("2026-12-01", 30) // "2026-12-31"
 */
export function dayAfter(day: string, days: number): string {
  return new Date(Date.parse(day) + days * dayInMilliseconds).toISOString().slice(0, 10);
}
