import type { Check, DrillEvidence } from "./evidence";

/** The targets as a table for a terminal. */
export function targetLines({ targets }: Pick<DrillEvidence, "targets">): readonly string[] {
  if (targets.length === 0) return [];
  const rows = [["Target", "Expected", "Measured", ""], ...targets.map(rowOf)];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return [
    "",
    ...rows.map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    ),
  ];
}

function rowOf({ name, expected, measured, passed }: Check): string[] {
  return [name, expected, measured, passed ? "met" : "MISSED"];
}
