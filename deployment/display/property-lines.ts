import { createHash } from "node:crypto";
import { isJsonObject } from "../../lib/json-value";
import { LocatedDocument } from "../../lib/located-yaml/located-document";
import { compareLines } from "./compare-lines";
import { type DisplayValue, displayDocument, longestText } from "./display-value";
import { type PropertyDifference, propertyDifference } from "./property-diff";
import { type Paint, printable, printableJson, type Role } from "./terminal";

type Mark = "+" | "-" | "~" | " ";
const roles: Readonly<Record<Mark, Role | undefined>> = { "+": "create", "-": "delete", "~": "update", " ": undefined };
/** Lines of unchanged text shown around a change inside a long text. */
const context = 2;
/** Characters of unchanged text shown around a change inside a long line. */
const characterContext = 20;
/** Of a part that is longer than this, and added or changed as one, the beginning is shown, with its length and digest. */
const longestChange = 4_000;

/** How much of a long text is shown: its beginning, or all that somebody who reviews a change has to see. */
export type TextLength = "beginning" | "whole";

/** Properties one a line, as `key: value` with the values aligned. */
export function propertyLines(entries: ReadonlyMap<string, DisplayValue>, length: TextLength = "beginning"): string[] {
  const width = Math.max(0, ...[...entries.keys()].map((key) => key.length));
  return [...entries].flatMap(([key, value]) => valueLines(`${key.padEnd(width)}: `, value, length));
}

/** Only what differs, marked `+`, `-` or `~`. `forces` says which top-level properties force a replacement. */
export function differenceLines(
  difference: PropertyDifference,
  paint: Paint,
  forces: ReadonlySet<string> = new Set(),
): string[] {
  if (difference.kind !== "map") return [];
  const changed = [...difference.entries].filter(([, entry]) => entry.kind !== "same");
  const width = Math.max(0, ...changed.map(([key]) => key.length));
  return changed.flatMap(([key, entry]) => {
    const lines = entryLines(`${key.padEnd(width)}: `, entry, paint);
    return forces.has(key) ? withNote(lines, paint("danger", "(forces replacement)")) : lines;
  });
}

function withNote(lines: readonly string[], note: string): string[] {
  return lines.map((line, index) => (index === 0 ? `${line} ${note}` : line));
}

function entryLines(label: string, difference: PropertyDifference, paint: Paint): string[] {
  switch (difference.kind) {
    case "same":
      return [];
    case "add":
      return markLines("+", valueLines(label, difference.value, "whole"), paint);
    case "delete":
      return markLines("-", valueLines(label, difference.value, "whole"), paint);
    case "update":
      return updateLines(label, difference.before, difference.after, paint);
    case "map":
      return bracketLines(label, "{", "}", differenceLines(difference, paint), paint);
    case "list":
      return bracketLines(
        label,
        "[",
        "]",
        difference.items.flatMap(({ index, difference: item }) => entryLines(`[${index}]: `, item, paint)),
        paint,
      );
  }
}

function bracketLines(label: string, open: string, close: string, inner: readonly string[], paint: Paint): string[] {
  return [...markLines("~", [`${label}${open}`], paint), ...indentLines(inner), `  ${close}`];
}

function updateLines(label: string, before: DisplayValue, after: DisplayValue, paint: Paint): string[] {
  const [old, next] = [wholeText(before), wholeText(after)];
  if (old === undefined || next === undefined) {
    if (before.kind === "leaf" && after.kind === "leaf") {
      return markLines("~", [`${label}${before.text} => ${after.text}`], paint);
    }
    return [
      ...markLines("-", valueLines(label, before, "whole"), paint),
      ...markLines("+", valueLines(label, after, "whole"), paint),
    ];
  }
  for (const format of documentFormats) {
    const [oldDocument, newDocument] = [readDocument(format, old), readDocument(format, next)];
    if (oldDocument === undefined || newDocument === undefined) continue;
    const difference = propertyDifference(oldDocument, newDocument);
    // The same content, written differently, is shown as the texts that it is.
    if (difference.kind === "map" || difference.kind === "list") {
      return entryLines(`${label}${format} `, difference, paint);
    }
  }
  if (before.kind === "block" || after.kind === "block") {
    const lines = blockDifference(linesOf(before), linesOf(after), paint);
    return [...markLines("~", [label.trimEnd()], paint), ...indentLines(lines)];
  }
  return textDifferenceLines(label, old, next, paint);
}

/** All of a text; undefined for what is none: a number, a secret, an unknown. */
function wholeText(value: DisplayValue): string | undefined {
  return value.kind === "leaf" || value.kind === "block" ? value.whole : undefined;
}

function linesOf(value: DisplayValue): readonly string[] {
  return value.kind === "block" ? value.lines : (wholeText(value) ?? "").split("\n").map(printable);
}

/** Both texts in one line; long ones only where they differ, each place a line of its own. */
function textDifferenceLines(label: string, before: string, after: string, paint: Paint): string[] {
  if (before.length <= longestText && after.length <= longestText) {
    return markLines("~", [`${label}${printableJson(before)} => ${printableJson(after)}`], paint);
  }
  const places = differingPlaces(before, after).map(([old, next]) => `${old} => ${next}`);
  const size = before.length === after.length ? `${after.length}` : `${before.length} => ${after.length}`;
  if (places.length === 1) return markLines("~", [`${label}${places[0]} (${size} characters)`], paint);
  return markLines("~", [`${label}(${size} characters)`, ...indentLines(places)], paint);
}

/** Two values, each in one line: of long texts the places where they differ, each as it was and as it is. */
export function differingLines(before: DisplayValue, after: DisplayValue): readonly (readonly [string, string])[] {
  const [old, next] = [wholeText(before), wholeText(after)];
  if (old === undefined || next === undefined) return [[oneLine(before), oneLine(after)]];
  const isShort = old.length <= longestText && next.length <= longestText;
  return isShort ? [[printableJson(old), printableJson(next)]] : differingPlaces(old, next);
}

/** A value in one line, with its long texts whole. */
export function oneLine(value: DisplayValue): string {
  switch (value.kind) {
    case "list":
      return `[${value.items.map(oneLine).join(", ")}]`;
    case "map":
      return `{${[...value.entries].map(([key, entry]) => `${key}: ${oneLine(entry)}`).join(", ")}}`;
    default: {
      const { whole } = value;
      if (value.kind === "leaf" && (whole === undefined || whole.length <= longestText)) return value.text;
      return whole !== undefined && whole.length > longestChange ? cutText(whole) : printableJson(whole);
    }
  }
}

/**
 * The places where two long texts differ, each as it was and as it is, with a little of what surrounds it. Words are compared; what has
 * none is shown from the first to the last character that differs.
 */
function differingPlaces(before: string, after: string): readonly (readonly [string, string])[] {
  const places: [string, string][] = [];
  // Where the place begins in both texts, and where reading has come to.
  let [oldStart, newStart, oldAt, newAt] = [0, 0, 0, 0];
  const close = (): void => {
    if (oldAt > oldStart || newAt > newStart) {
      const [old, next] = [before.slice(oldStart, oldAt), after.slice(newStart, newAt)];
      const [start, end] = [commonStart(old, next), commonEnd(old, next)];
      places.push([partOf(before, oldStart + start, oldAt - end), partOf(after, newStart + start, newAt - end)]);
    }
    [oldStart, newStart] = [oldAt, newAt];
  };
  for (const { mark, line } of compareLines(words(before), words(after))) {
    if (mark === " ") close();
    if (mark !== "+") oldAt += line.length;
    if (mark !== "-") newAt += line.length;
    if (mark === " ") [oldStart, newStart] = [oldAt, newAt];
  }
  close();
  return places;
}

function words(text: string): readonly string[] {
  return text.split(/(?<=[\s,;|&])/);
}

function commonStart(before: string, after: string): number {
  const shortest = Math.min(before.length, after.length);
  let length = 0;
  while (length < shortest && before[length] === after[length]) length++;
  return length;
}

function commonEnd(before: string, after: string): number {
  const longest = Math.min(before.length, after.length) - commonStart(before, after);
  let length = 0;
  while (length < longest && before.at(-1 - length) === after.at(-1 - length)) length++;
  return length;
}

/** A part of a text with what surrounds it; of a very long part the beginning, and a digest of all. */
function partOf(text: string, start: number, end: number): string {
  const [from, to] = [Math.max(0, start - characterContext), Math.min(text.length, end + characterContext)];
  const part = text.slice(from, to);
  const shown = part.length > longestChange ? cutText(part) : printableJson(part);
  return `${from > 0 ? "…" : ""}${shown}${to < text.length ? "…" : ""}`;
}

function cutText(text: string): string {
  const digest = createHash("sha256").update(text).digest("hex").slice(0, 12);
  return `${printableJson(text.slice(0, longestText))}… (the first ${longestText} of ${text.length} characters, SHA-256 ${digest})`;
}

const documentFormats = ["JSON", "YAML"] as const;

/** A text that is a JSON or YAML object or list, as services take policies, rules and workflows. */
function readDocument(format: (typeof documentFormats)[number], text: string): DisplayValue | undefined {
  const document = format === "JSON" ? readJson(text) : readYaml(text);
  return isJsonObject(document) || Array.isArray(document) ? displayDocument(document) : undefined;
}

function readJson(text: string): unknown {
  if (!/^\s*[{[]/.test(text)) return undefined;
  try {
    const document: unknown = JSON.parse(text);
    return document;
  } catch {
    return undefined;
  }
}

/** Of several lines, without tags: another tag makes another value, which the values read here do not show. */
function readYaml(text: string): unknown {
  if (!text.includes("\n") || /(^|[\s[{,:-])[!%]\S/m.test(text)) return undefined;
  const document = new LocatedDocument(text);
  return document.syntaxProblems().length === 0 ? document.value() : undefined;
}

/** The lines of two texts that differ, with a little of what surrounds each. */
function blockDifference(before: readonly string[], after: readonly string[], paint: Paint): string[] {
  const lines = compareLines(before, after);
  const near = lines.map((_, index) =>
    lines.slice(Math.max(0, index - context), index + context + 1).some(({ mark }) => mark !== " "),
  );
  const shown: string[] = [];
  let left = 0;
  lines.forEach(({ mark, line }, index) => {
    if (near[index] !== true) {
      left++;
      return;
    }
    shown.push(...skippedLines(left), ...markLines(mark, [line], paint));
    left = 0;
  });
  return [...shown, ...skippedLines(left)];
}

function skippedLines(count: number): string[] {
  return count > 0 ? [`  … ${count} unchanged ${count === 1 ? "line" : "lines"}`] : [];
}

function valueLines(label: string, value: DisplayValue, length: TextLength): string[] {
  switch (value.kind) {
    case "leaf":
      return length === "whole" ? wholeLines(label, value) : [`${label}${value.text}`];
    case "block":
      return [`${label}|`, ...indentLines(value.lines)];
    case "list": {
      if (value.items.length === 0) return [`${label}[]`];
      const items = value.items.flatMap((item, index) => valueLines(`[${index}]: `, item, length));
      return [`${label}[`, ...indentLines(items), "]"];
    }
    case "map":
      if (value.entries.size === 0) return [`${label}{}`];
      return [`${label}{`, ...indentLines(propertyLines(value.entries, length)), "}"];
  }
}

function wholeLines(label: string, value: DisplayValue & { readonly kind: "leaf" }): string[] {
  const { whole = "" } = value;
  const document = whole.length > longestText ? readDocument("JSON", whole) : undefined;
  if (document !== undefined) return valueLines(`${label}JSON `, document, "whole");
  return [`${label}${oneLine(value)}`];
}

function markLines(mark: Mark, lines: readonly string[], paint: Paint): string[] {
  const role = roles[mark];
  return lines.map((line) => (role === undefined ? `${mark} ${line}` : paint(role, `${mark} ${line}`)));
}

function indentLines(lines: readonly string[]): string[] {
  return lines.map((line) => `    ${line}`);
}
