import { stripVTControlCharacters, styleText } from "node:util";

/** Where a command writes for a person: a terminal, a log file, or a string in a test. */
export interface Terminal {
  write(text: string): void;
  /** Whether lines that were written can be written over: a terminal that is not a build log. */
  readonly interactive: boolean;
  /** Width in characters. 80 when unknown. */
  readonly columns: number;
  readonly paint: Paint;
}

export type Role = "create" | "update" | "delete" | "replace" | "read" | "dim" | "bold" | "danger" | "good" | "warn";

/** Colours a text by what it means, or returns it as it is where colours are not wanted. */
export type Paint = (role: Role, text: string) => string;

const formats = {
  create: "green",
  update: "yellow",
  delete: "red",
  replace: "magenta",
  read: "cyan",
  dim: "gray",
  bold: "bold",
  danger: ["bold", "red"],
  good: "green",
  warn: "yellow",
} as const;

export const plainPaint: Paint = (_role, text) => text;
export const colourPaint: Paint = (role, text) => styleText([formats[role]].flat(), text);

/** The part of a stream that {@link terminalOf} needs. */
export interface OutputStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/**
 * A terminal on a stream. No colours with `NO_COLOR`, with `TERM=dumb` or when the stream is not a terminal; `FORCE_COLOR`
 * turns them on. Nothing is written over in place when `CI` is set.
 */
export function terminalOf(stream: OutputStream, environment: Readonly<Record<string, string | undefined>>): Terminal {
  const isTerminal = stream.isTTY === true && environment.TERM !== "dumb";
  return {
    write: (text) => void stream.write(text),
    interactive: isTerminal && !isSet(environment.CI),
    get columns() {
      // Some terminals say they have no columns at all.
      return stream.columns || 80;
    },
    paint: wantsColour(isTerminal, environment) ? colourPaint : plainPaint,
  };
}

function wantsColour(isTerminal: boolean, environment: Readonly<Record<string, string | undefined>>): boolean {
  if (isSet(environment.NO_COLOR)) return false;
  if (isSet(environment.FORCE_COLOR)) return true;
  return isTerminal;
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "" && value !== "0" && value !== "false";
}

/** Text from outside (messages, names) without escape sequences and control characters, so it cannot drive the terminal. */
export function printable(text: string): string {
  return text
    .replace(escapeSequence, "")
    .replace(/\p{Cc}/gu, (character) => (character === "\n" || character === "\t" ? character : ""));
}
const escapeSequence = new RegExp(`${String.fromCharCode(27)}\\[[0-9;?]*[@-~]`, "g");

export function visibleLength(text: string): number {
  return stripVTControlCharacters(text).length;
}
