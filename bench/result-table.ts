import type { Row } from "./benchmark";

const columns = ["measured", "resources", "seconds", "processor s", "ms/resource", "ratio", ""] as const;

/** The rows as an aligned table, one line each, below a line of headings. */
export function resultTable(rows: readonly Row[]): string[] {
  const cells = [[...columns], ...rows.map(rowCells)];
  const widths = columns.map((_, index) => Math.max(...cells.map((row) => row[index]?.length ?? 0)));
  return cells.map((row) =>
    row
      .map((cell, index) =>
        index === 0 || index === columns.length - 1
          ? cell.padEnd(widths[index] ?? 0)
          : cell.padStart(widths[index] ?? 0),
      )
      .join("  ")
      .trimEnd(),
  );
}

function rowCells(row: Row): string[] {
  const { resources, seconds, processorSeconds, perResource, mark, note } = row;
  const verdict = mark && `${mark.met ? "pass" : "FAIL"}: ${mark.of}, at most ${mark.atMost}`;
  return [
    row.measured,
    resources?.toLocaleString("en") ?? "",
    seconds?.toFixed(2) ?? "",
    processorSeconds?.toFixed(2) ?? "",
    perResource?.toFixed(2) ?? "",
    mark?.ratio.toFixed(2) ?? "",
    [verdict, note].filter((text) => text !== undefined).join("; "),
  ];
}
