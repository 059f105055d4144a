import { formatPropertyPath } from "../property-path";

/** The keys and indexes that lead to a value: `["databases", 12, "tier"]`. */
export type Path = readonly (string | number)[];

/** Something wrong with an inventory, found by a schema or by a rule, before its place in the text is known. */
export interface Problem {
  readonly path: Path;
  /** What was expected, what was found, what to do. Starts in lower case, has no full stop. */
  readonly message: string;
  /** What to point at: the value itself, or the key that leads to it. @default "value" */
  readonly at?: "value" | "key";
}

/** That the name at an index of a list is there before it, too. */
export function repeatedName(names: readonly string[], index: number, path: Path): readonly Problem[] {
  const name = names[index] ?? "";
  return names.indexOf(name) === index ? [] : [{ path, message: `"${name}" is given twice; keep one of them` }];
}

/** A {@link Problem} in one file of the inventory. */
export interface FileProblem extends Problem {
  /** The file's name in its stack's directory, for example `sites.yaml`. */
  readonly file: string;
}

/** A problem with its place, ready to print. */
export interface LocatedProblem {
  /** The file as a person would open it from the project's root. */
  readonly file: string;
  /** Counted from 1; the beginning for problems with the file as a whole. */
  readonly position: { readonly line: number; readonly column: number };
  readonly path: Path;
  readonly message: string;
}

/** No more are printed; the rest is counted. */
const mostPrinted = 20;

/** One problem a line. */
export function formatProblems(problems: readonly (LocatedProblem | string)[]): readonly string[] {
  const lines = problems.slice(0, mostPrinted).map((one) => (typeof one === "string" ? one : formatProblem(one)));
  const more = problems.length - lines.length;
  return more === 0 ? lines : [...lines, `and ${more} more`];
}

/** @example `stacks/alai/inventory/databases.yaml:41:7 databases[12].tier: expected P1 or P2, got "P3"` */
export function formatProblem(problem: LocatedProblem): string {
  const { line, column } = problem.position;
  const path = formatPropertyPath(problem.path);
  return `${problem.file}:${line}:${column} ${path === "" ? "" : `${path}: `}${problem.message}`;
}
