const secondsPer: Readonly<Record<string, number>> = { ns: 1e-9, us: 1e-6, µs: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600 };

/** Seconds in a duration as `customTimeouts` writes it: `5m`, `1h30m`, `40s`. Empty is 0, the provider's own default. */
export function durationSeconds(text: string): number {
  if (text === "") return 0;
  const part = /(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/gy;
  let seconds = 0;
  while (part.lastIndex < text.length) {
    const match = part.exec(text);
    const [, amount, unit] = match ?? [];
    if (amount === undefined || unit === undefined) {
      throw new Error(
        `customTimeouts: "${text}" is not a duration; expected numbers with units, for example 5m or 1h30m`,
      );
    }
    seconds += Number(amount) * (secondsPer[unit] ?? 0);
  }
  return seconds;
}
