import { formatProblem, type LocatedProblem } from "./problem";

/** The inventory is wrong; nothing was deployed. Carries every problem of every file, in the order of files and lines. */
export class InventoryError extends Error {
  constructor(readonly problems: readonly LocatedProblem[]) {
    super(
      [
        `${problems.length} ${problems.length === 1 ? "problem" : "problems"} in the inventory:`,
        ...problems.map((problem) => `  ${formatProblem(problem)}`),
      ].join("\n"),
    );
    this.name = "InventoryError";
  }
}
