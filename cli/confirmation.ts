import { createInterface } from "node:readline/promises";
import { CommandError, exitCodes } from "./exit-codes";

/** How a command asks before it changes something. */
export interface Confirmation {
  /** What is about to happen, as a question without its question mark. */
  readonly question: string;
  /** What must be typed: `yes`, or the stack's name where something is taken away. */
  readonly answer: string;
  /** The line that does the same without asking. */
  readonly withoutAsking: string;
}

/** Whether somebody can be asked, and can answer. */
export function hasTerminal(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/** Refuses where there is no terminal to ask on: nobody could answer. */
export function requireTerminal({ withoutAsking }: Pick<Confirmation, "withoutAsking">): void {
  if (hasTerminal()) return;
  throw new CommandError(
    exitCodes.badConfiguration,
    `nothing was applied: there is no terminal to ask on. To apply without asking:\n  ${withoutAsking}`,
  );
}

/** Asks on the terminal. Where there is none, refuses. An interrupt is a no. */
export async function confirm(confirmation: Confirmation): Promise<boolean> {
  requireTerminal(confirmation);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const given = await terminal.question(`${confirmation.question}? Type ${confirmation.answer} to go on: `);
    return given.trim() === confirmation.answer;
  } catch (error) {
    if (error instanceof Error && error.name === "AbortError") return false;
    throw error;
  } finally {
    terminal.close();
  }
}
