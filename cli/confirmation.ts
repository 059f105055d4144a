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

/** Asks on the terminal. Where there is none, refuses: nobody could have answered. */
export async function confirm(confirmation: Confirmation): Promise<boolean> {
  if (process.stdin.isTTY !== true || process.stderr.isTTY !== true) {
    throw new CommandError(
      exitCodes.badConfiguration,
      `nothing was applied: there is no terminal to ask on. To apply without asking:\n  ${confirmation.withoutAsking}`,
    );
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const given = await terminal.question(`${confirmation.question}? Type ${confirmation.answer} to go on: `);
    return given.trim() === confirmation.answer;
  } finally {
    terminal.close();
  }
}
