import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { text } from "node:stream/consumers";
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

/**
 * Refuses where there is no terminal to ask on and something is not given, naming all of it.
 *
 * @param given by flag
 */
export function requireAnswers(given: Readonly<Record<string, string | undefined>>): void {
  const missing = Object.keys(given).filter((flag) => given[flag] === undefined);
  if (missing.length === 0 || hasTerminal()) return;
  throw new CommandError(exitCodes.badConfiguration, `say ${missing.join(", ")}: there is no terminal to ask on`);
}

/** What was given, or what a person answers. */
export async function askFor(question: string, given: string | undefined): Promise<string> {
  if (given !== undefined) return given;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await terminal.question(`${question}: `)).trim();
  } finally {
    terminal.close();
  }
}

/**
 * A value that nobody may see: typed at a terminal that does not show it, or all of standard input.
 *
 * @throws {CommandError} when it is empty
 */
export async function readHiddenValue(question: string): Promise<string> {
  const value = hasTerminal() ? await askHidden(question) : withoutLineEnd(await text(process.stdin));
  if (value !== "") return value;
  throw new CommandError(exitCodes.badConfiguration, "the value is empty; type it, or hand it over on standard input");
}

/** The end that `echo` adds. A value of several lines, such as a private key, keeps its own. */
function withoutLineEnd(given: string): string {
  const line = given.replace(/\r?\n$/, "");
  return line.includes("\n") ? given : line;
}

async function askHidden(question: string): Promise<string> {
  process.stderr.write(`${question}: `);
  // Readline writes what is typed to its output.
  const nowhere = new Writable({ write: (_chunk, _encoding, callback) => callback() });
  const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  try {
    return await terminal.question("");
  } finally {
    terminal.close();
    process.stderr.write("\n");
  }
}
