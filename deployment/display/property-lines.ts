import { isJsonObject } from "../../lib/json-value";
import { type DisplayValue, displayValue, longestText } from "./display-value";
import { type PropertyDifference, propertyDifference } from "./property-diff";
import { type Paint, printableJson, type Role } from "./terminal";

type Mark = "+" | "-" | "~" | " ";
const roles: Readonly<Record<Mark, Role | undefined>> = { "+": "create", "-": "delete", "~": "update", " ": undefined };
/** Lines of unchanged text shown around a change inside a long text. */
const context = 2;
/** Characters of unchanged text shown around a change inside a long line. */
const characterContext = 20;
/** A text that is longer than this, and added or changed as one, is named by its length. */
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
        difference.items.flatMap((item, index) => entryLines(`[${index}]: `, item, paint)),
        paint,
      );
  }
}

function bracketLines(label: string, open: string, close: string, inner: readonly string[], paint: Paint): string[] {
  return [...markLines("~", [`${label}${open}`], paint), ...indentLines(inner), `  ${close}`];
}

function updateLines(label: string, before: DisplayValue, after: DisplayValue, paint: Paint): string[] {
  if (before.kind === "leaf" && after.kind === "leaf") return leafUpdateLines(label, before, after, paint);
  if (before.kind === "block" && after.kind === "block") {
    return [
      ...markLines("~", [label.trimEnd()], paint),
      ...indentLines(blockDifference(before.lines, after.lines, paint)),
    ];
  }
  return [
    ...markLines("-", valueLines(label, before, "whole"), paint),
    ...markLines("+", valueLines(label, after, "whole"), paint),
  ];
}

type Leaf = DisplayValue & { readonly kind: "leaf" };

function leafUpdateLines(label: string, before: Leaf, after: Leaf, paint: Paint): string[] {
  if (before.whole === undefined || after.whole === undefined) {
    return markLines("~", [`${label}${before.text} => ${after.text}`], paint);
  }
  const [oldDocument, newDocument] = [jsonDocument(before.whole), jsonDocument(after.whole)];
  if (oldDocument !== undefined && newDocument !== undefined) {
    const difference = propertyDifference(oldDocument, newDocument);
    if (difference.kind === "map" || difference.kind === "list") {
      return entryLines(`${label}JSON `, difference, paint);
    }
  }
  return markLines("~", [`${label}${textDifference(before.whole, after.whole)}`], paint);
}

/** Both texts where they differ, with a little of what surrounds it; whole where they are short. */
function textDifference(before: string, after: string): string {
  const shortest = Math.min(before.length, after.length);
  let start = 0;
  while (start < shortest && before[start] === after[start]) start++;
  let end = 0;
  while (end < shortest - start && before.at(-1 - end) === after.at(-1 - end)) end++;
  const part = (text: string) => {
    if (before.length <= longestText && after.length <= longestText) return printableJson(text);
    const [from, to] = [
      Math.max(0, start - characterContext),
      Math.min(text.length, text.length - end + characterContext),
    ];
    const middle = text.slice(from, to);
    const shown =
      middle.length > longestChange ? `${printableJson(middle.slice(0, longestChange))}…` : printableJson(middle);
    const size = from === 0 && to === text.length ? "" : ` (${text.length} characters)`;
    return `${from > 0 ? "…" : ""}${shown}${to < text.length ? "…" : ""}${size}`;
  };
  return `${part(before)} => ${part(after)}`;
}

/** A text that is a JSON object or list, as services take policies and rules. */
function jsonDocument(text: string): DisplayValue | undefined {
  if (!/^\s*[{[]/.test(text)) return undefined;
  try {
    const document: unknown = JSON.parse(text);
    return isJsonObject(document) || Array.isArray(document) ? displayValue(document) : undefined;
  } catch {
    return undefined;
  }
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

function wholeLines(label: string, { text, whole }: Leaf): string[] {
  if (whole === undefined || whole.length <= longestText) return [`${label}${text}`];
  const document = jsonDocument(whole);
  if (document !== undefined) return valueLines(`${label}JSON `, document, "whole");
  return [`${label}${whole.length > longestChange ? text : printableJson(whole)}`];
}

function markLines(mark: Mark, lines: readonly string[], paint: Paint): string[] {
  const role = roles[mark];
  return lines.map((line) => (role === undefined ? `${mark} ${line}` : paint(role, `${mark} ${line}`)));
}

function indentLines(lines: readonly string[]): string[] {
  return lines.map((line) => `    ${line}`);
}

/** A line of a text that changed: gone, new, or as before. */
interface ComparedLine {
  readonly mark: "+" | "-" | " ";
  readonly line: string;
}

/** Beyond so many pairs of lines the changed middle is shown as a whole: comparing them takes their product in time and memory. */
const largestProduct = 4_000_000;

/** The lines of two texts in order, with as few as possible that differ. */
export function compareLines(before: readonly string[], after: readonly string[]): ComparedLine[] {
  const shortest = Math.min(before.length, after.length);
  let start = 0;
  while (start < shortest && before[start] === after[start]) start++;
  let end = 0;
  while (end < shortest - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  const unchanged = (line: string): ComparedLine => ({ mark: " ", line });
  return [
    ...before.slice(0, start).map(unchanged),
    ...compareMiddle(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...before.slice(before.length - end).map(unchanged),
  ];
}

function compareMiddle(before: readonly string[], after: readonly string[]): ComparedLine[] {
  if (before.length * after.length > largestProduct) {
    return [...removed(before), ...added(after)];
  }
  const common = commonLengths(before, after);
  const lines: ComparedLine[] = [];
  let [from, to] = [0, 0];
  while (from < before.length && to < after.length) {
    const [old = "", line = ""] = [before[from], after[to]];
    if (old === line) {
      lines.push({ mark: " ", line });
      from++;
      to++;
    } else if (at(common, from + 1, to) >= at(common, from, to + 1)) {
      lines.push({ mark: "-", line: old });
      from++;
    } else {
      lines.push({ mark: "+", line });
      to++;
    }
  }
  return [...lines, ...removed(before.slice(from)), ...added(after.slice(to))];
}

/** How many lines the rests of two texts have in common, by where the rests begin. */
function commonLengths(before: readonly string[], after: readonly string[]): readonly Uint32Array[] {
  const table = Array.from({ length: before.length + 1 }, () => new Uint32Array(after.length + 1));
  for (let from = before.length - 1; from >= 0; from--) {
    const row = table[from] ?? new Uint32Array();
    for (let to = after.length - 1; to >= 0; to--) {
      row[to] =
        before[from] === after[to]
          ? at(table, from + 1, to + 1) + 1
          : Math.max(at(table, from + 1, to), at(table, from, to + 1));
    }
  }
  return table;
}

function at(table: readonly Uint32Array[], from: number, to: number): number {
  return table[from]?.[to] ?? 0;
}

function removed(lines: readonly string[]): ComparedLine[] {
  return lines.map((line) => ({ mark: "-", line }));
}

function added(lines: readonly string[]): ComparedLine[] {
  return lines.map((line) => ({ mark: "+", line }));
}
