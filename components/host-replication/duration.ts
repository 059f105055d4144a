const secondsIn = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** Seconds of a duration of the inventory. @example durationSeconds("7d") // 604800 */
export function durationSeconds(duration: string): number {
  const match = /^([1-9][0-9]*)([smhd])$/.exec(duration);
  const [, count, unit] = match ?? [];
  if (unit === "s" || unit === "m" || unit === "h" || unit === "d") return Number(count) * secondsIn[unit];
  throw new Error(`"${duration}" is no duration; expected a whole number and one of s, m, h, d, for example 30s or 7d`);
}

/** A duration as Go reads it, which knows no days. @example goDuration(604800) // "168h" */
export function goDuration(seconds: number): string {
  if (seconds % secondsIn.h === 0) return `${seconds / secondsIn.h}h`;
  return seconds % secondsIn.m === 0 ? `${seconds / secondsIn.m}m` : `${seconds}s`;
}
