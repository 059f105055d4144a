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

/**
 * Text from outside (messages, names) that can drive neither a terminal nor a build server: without escape sequences and control
 * characters, and with what turns text around or is invisible written as `\u202e`.
 */
export function printable(text: string): string {
  const visible = text
    .replace(escapeSequence, "")
    .replace(/\p{Cc}/gu, (character) => (character === "\n" || character === "\t" ? character : ""));
  return disarm(visible);
}
// CSI (colours, movements), OSC (titles, links) and the other strings that end with ST.
const escapeSequence = new RegExp(
  `${String.fromCharCode(27)}(?:\\[[0-9;?]*[@-~]|[\\]PX^_][^\\u0007\\u001b]*(?:\\u0007|\\u001b\\\\)?)`,
  "g",
);

/** A value as JSON, with everything escaped that would not be seen or would be taken for a command. It stays JSON. */
export function printableJson(value: unknown, indent?: number): string {
  return disarm(JSON.stringify(value ?? null, undefined, indent).replace(/[\u007f-\u009f]/g, escapeCharacter));
}

/** Workflow commands of a build server's log, and characters that hide or turn around what is written. */
function disarm(text: string): string {
  return text
    .replace(hiddenCharacters, escapeCharacter)
    .replace(workflowCommand, "\\u003a:")
    .replaceAll("##[", "#\\u0023[");
}
const hiddenCharacters = /[\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
// GitHub takes `::name parameters::text` for a command where a line begins with it; names it knows are not shown anywhere.
const workflowCommand =
  /(?<=^\s*)::(?=[A-Za-z][\w-]*(?:\s[^\n]*)?::)|::(?=(?:add-mask|add-matcher|add-path|debug|echo|endgroup|error|group|notice|remove-matcher|save-state|set-env|set-output|stop-commands|warning)(?: +[\w-]+=[^\n]*?)?::)/gm;

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

export function visibleLength(text: string): number {
  return stripVTControlCharacters(text).length;
}

/**
 * The lines as they fit a terminal that is watched: broken at spaces, or anywhere in a word that is longer than a line, and continued
 * under their own text. Where output goes to a file or a pipe a line stays one line, to be searched and copied.
 */
export function fitLines(
  lines: readonly string[],
  { interactive, columns }: Pick<Terminal, "interactive" | "columns">,
): string[] {
  return interactive
    ? lines.flatMap((line) => line.split("\n")).flatMap((line) => breakLine(line, Math.max(narrowest, columns)))
    : [...lines];
}

function breakLine(line: string, columns: number): string[] {
  if (visibleLength(line) <= columns) return [line];
  const margin = /^[ │]*/.exec(stripVTControlCharacters(line))?.[0].length ?? 0;
  const indent = " ".repeat(Math.min(margin, Math.floor(columns / 2)) + 2);
  const lines: string[] = [];
  let rest = line;
  while (visibleLength(rest) > columns) {
    const cut = cutOf(rest, columns);
    lines.push(rest.slice(0, cut).trimEnd());
    rest = `${indent}${rest.slice(cut).trimStart()}`;
  }
  return rest.trim() === "" ? lines : [...lines, rest];
}

/** A terminal with fewer columns than this breaks lines itself. */
const narrowest = 20;

/** Where a line that is too long is cut: at the last space that leaves something, or where it is full. Colours take no room. */
function cutOf(line: string, columns: number): number {
  let seen = 0;
  let full = 0;
  let space = 0;
  let begun = false;
  for (let at = 0; at < line.length && seen <= columns; ) {
    colour.lastIndex = at;
    const skipped = colour.exec(line)?.[0].length ?? 0;
    if (skipped > 0) {
      at += skipped;
      continue;
    }
    if (line[at] === " ") {
      if (begun && seen > 0) space = at;
    } else if (line[at] !== "│") begun = true;
    if (seen === columns) full = at;
    seen++;
    at++;
  }
  return space > 0 ? space : full;
}
const colour = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, "y");
