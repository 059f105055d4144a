import { formatProblems, type LocatedProblem } from "./problem";

/** The inventory, or a stack's configuration, is wrong; nothing was deployed. Carries every problem, in the order of files and lines. */
export class LocatedError extends Error {
  constructor(
    readonly problems: readonly LocatedProblem[],
    readonly of = "the inventory",
  ) {
    super(
      [
        `${problems.length} ${problems.length === 1 ? "problem" : "problems"} in ${of}:`,
        ...formatProblems(problems).map((line) => `  ${line}`),
      ].join("\n"),
    );
    this.name = "LocatedError";
  }
}
