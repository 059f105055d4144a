import { badOption } from "./exit-codes";

/**
 * What an option that takes a whole number says.
 *
 * @param flag as a person writes it: `--timeout`
 * @param text as it was given
 * @throws {CommandError} when it is none, or none of these
 * @example wholeNumber("--runs", "5", { least: 1, most: 99 }) // 5
 */
export function wholeNumber(flag: string, text: string, { least, most }: WholeNumbers): number {
  const number = Number(text);
  if (/^\d{1,6}$/.test(text) && number >= least && number <= most) return number;
  throw badOption(`${flag}: expected a whole number from ${least} to ${most}, got "${text}"`);
}

interface WholeNumbers {
  readonly least: number;
  /** At most 999,999. */
  readonly most: number;
}
