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
