import type { DisplayValue } from "./display-value";
import type { PropertyDifference } from "./property-diff";
import type { Paint, Role } from "./terminal";

type Mark = "+" | "-" | "~" | " ";
const roles: Readonly<Record<Mark, Role | undefined>> = { "+": "create", "-": "delete", "~": "update", " ": undefined };
/** Lines of unchanged text shown around a change inside a long text. */
const context = 2;

/** Properties one a line, as `key: value` with the values aligned. */
export function propertyLines(entries: ReadonlyMap<string, DisplayValue>): string[] {
  const width = Math.max(0, ...[...entries.keys()].map((key) => key.length));
  return [...entries].flatMap(([key, value]) => valueLines(`${key.padEnd(width)}: `, value));
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
      return marked("+", valueLines(label, difference.value), paint);
    case "delete":
      return marked("-", valueLines(label, difference.value), paint);
    case "update":
      return updateLines(label, difference.before, difference.after, paint);
    case "map":
      return bracketed(label, "{", "}", differenceLines(difference, paint), paint);
    case "list":
      return bracketed(
        label,
        "[",
        "]",
        difference.items.flatMap((item, index) => entryLines(`[${index}]: `, item, paint)),
        paint,
      );
  }
}

function bracketed(label: string, open: string, close: string, inner: readonly string[], paint: Paint): string[] {
  return [...marked("~", [`${label}${open}`], paint), ...indented(inner), `  ${close}`];
}

function updateLines(label: string, before: DisplayValue, after: DisplayValue, paint: Paint): string[] {
  if (before.kind === "leaf" && after.kind === "leaf") {
    return marked("~", [`${label}${before.text} => ${after.text}`], paint);
  }
  if (before.kind === "block" && after.kind === "block") {
    return [...marked("~", [label.trimEnd()], paint), ...indented(blockDifference(before.lines, after.lines, paint))];
  }
  return [...marked("-", valueLines(label, before), paint), ...marked("+", valueLines(label, after), paint)];
}

/** The changed middle of two texts, with a little of what surrounds it. */
function blockDifference(before: readonly string[], after: readonly string[], paint: Paint): string[] {
  const shortest = Math.min(before.length, after.length);
  let start = 0;
  while (start < shortest && before[start] === after[start]) start++;
  let end = 0;
  while (end < shortest - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  const lead = before.slice(Math.max(0, start - context), start);
  const trail = before.slice(before.length - end, before.length - end + context);
  return [
    ...skipped(start - lead.length),
    ...marked(" ", lead, paint),
    ...marked("-", before.slice(start, before.length - end), paint),
    ...marked("+", after.slice(start, after.length - end), paint),
    ...marked(" ", trail, paint),
    ...skipped(end - trail.length),
  ];
}

function skipped(count: number): string[] {
  return count > 0 ? [`  … ${count} unchanged ${count === 1 ? "line" : "lines"}`] : [];
}

function valueLines(label: string, value: DisplayValue): string[] {
  switch (value.kind) {
    case "leaf":
      return [`${label}${value.text}`];
    case "block":
      return [`${label}|`, ...indented(value.lines)];
    case "list":
      if (value.items.length === 0) return [`${label}[]`];
      return [`${label}[`, ...indented(value.items.flatMap((item, index) => valueLines(`[${index}]: `, item))), "]"];
    case "map":
      return value.entries.size === 0 ? [`${label}{}`] : [`${label}{`, ...indented(propertyLines(value.entries)), "}"];
  }
}

function marked(mark: Mark, lines: readonly string[], paint: Paint): string[] {
  const role = roles[mark];
  return lines.map((line) => (role === undefined ? `${mark} ${line}` : paint(role, `${mark} ${line}`)));
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `    ${line}`);
}
