import { badOption } from "./exit-codes";

/**
 * The number in the value of an option.
 *
 * @param flag as a person writes it: `--timeout`
 * @param text the value as it was typed
 * @throws {CommandError} when it is not a whole number from `least` to `most`
 * @example wholeNumber("--runs", "5", { least: 1, most: 99 }) // 5
 */
export function wholeNumber(flag: string, text: string, { least, most }: WholeNumbers): number {
  const number = Number(text);
  if (/^\d{1,6}$/.test(text) && number >= least && number <= most) return number;
  throw badOption(`${flag}: expected a whole number from ${least} to ${most}, got "${text}"`);
}

interface WholeNumbers {
  readonly least: number;
  /** No more than 999,999: longer values are refused unread. */
  readonly most: number;
}
