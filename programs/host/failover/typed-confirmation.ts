import { createInterface } from "node:readline/promises";
import { HostError, hostExitCodes } from "../host-exit-codes";

/**
 * Asks the person at the terminal to type a word.
 *
 * @returns whether they did
 * @throws HostError when there is no terminal
 */
export async function confirmByTyping(question: string, word: string): Promise<boolean> {
  if (process.stdin.isTTY !== true || process.stderr.isTTY !== true) {
    throw new HostError(
      hostExitCodes.badConfiguration,
      "there is no terminal to ask on, and nothing was changed. To go on without asking: --yes",
    );
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await terminal.question(`${question} Type ${word} to go on: `)).trim() === word;
  } finally {
    terminal.close();
  }
}
