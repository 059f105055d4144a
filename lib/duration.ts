const secondsPer = { ns: 1e-9, us: 1e-6, µs: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600, d: 86_400 } as const;

function isUnit(text: string): text is keyof typeof secondsPer {
  return Object.hasOwn(secondsPer, text);
}

/**
 * Seconds of a duration as Go writes it, and with days, which Go does not know; undefined when the text is none.
 *
 * @example parseDuration("1h30m") // 5400
 * @example parseDuration("7d") // 604800
 */
export function parseDuration(text: string): number | undefined {
  const part = /(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h|d)/gy;
  let seconds = 0;
  do {
    const [, amount, unit = ""] = part.exec(text) ?? [];
    if (amount === undefined || !isUnit(unit)) return undefined;
    seconds += Number(amount) * secondsPer[unit];
  } while (part.lastIndex < text.length);
  return seconds;
}

/**
 * Seconds of a duration of the inventory.
 *
 * @example durationSeconds("7d") // 604800
 * @throws when the text is none
 */
export function durationSeconds(text: string): number {
  const seconds = parseDuration(text);
  if (seconds !== undefined) return seconds;
  throw new Error(`"${text}" is no duration; expected a whole number and one of s, m, h, d, for example 30s or 7d`);
}

/** A duration as Go reads it. @example goDuration(604800) // "168h" */
export function goDuration(seconds: number): string {
  if (seconds % secondsPer.h === 0) return `${seconds / secondsPer.h}h`;
  return seconds % secondsPer.m === 0 ? `${seconds / secondsPer.m}m` : `${seconds}s`;
}

/**
 * A duration as Azure writes it (ISO 8601), in the largest unit that it is a whole number of.
 *
 * @example isoDuration(604_800) // "P7D"
 * @example isoDuration(90) // "PT90S"
 */
export function isoDuration(seconds: number): string {
  if (seconds % secondsPer.d === 0) return `P${seconds / secondsPer.d}D`;
  if (seconds % secondsPer.h === 0) return `PT${seconds / secondsPer.h}H`;
  return seconds % secondsPer.m === 0 ? `PT${seconds / secondsPer.m}M` : `PT${seconds}S`;
}

/** Seconds of a duration in days, hours, minutes and seconds of ISO 8601; undefined when the text is none. @example parseIsoDuration("P1DT2H") // 93600 */
export function parseIsoDuration(text: string): number | undefined {
  const parts = /^P(?=\d|T\d)(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/.exec(text)?.slice(1);
  const units = [secondsPer.d, secondsPer.h, secondsPer.m, secondsPer.s];
  return parts?.reduce((sum, part, index) => sum + Number(part ?? 0) * (units[index] ?? 0), 0);
}
