import { relative } from "node:path";
import type { z } from "zod";
import { readFileText } from "../file-access";
import { LocatedDocument } from "./located-document";
import { LocatedError } from "./located-error";
import type { LocatedProblem, Problem } from "./problem";
import { checkAgainst } from "./schema-problems";

/** A YAML file, its schema, and what a person calls it. */
export interface YamlSource<Schema extends z.ZodType> {
  readonly file: string;
  readonly schema: Schema;
  /** Ends the first line of the message. @example "the price table" */
  readonly of: string;
}

/**
 * Reads one file.
 *
 * @throws {LocatedError} with everything that is wrong with it: unreadable, not YAML, or not what its schema says
 */
export function readYaml<Schema extends z.ZodType>(source: YamlSource<Schema>): z.output<Schema> {
  const file = shownName(process.cwd(), source.file);
  const read = readFileText(source.file);
  if (read.kind === "refused") throw new LocatedError([wholeFile(file, read.reason)], source.of);
  return parseYaml(read.text, source);
}

/** {@link readYaml} for a text; problems name the file. */
export function parseYaml<Schema extends z.ZodType>(text: string, source: YamlSource<Schema>): z.output<Schema> {
  const checked = checkYaml(text, shownName(process.cwd(), source.file), source.schema);
  if (checked.kind === "invalid") throw new LocatedError(checked.problems, source.of);
  return checked.value;
}

/** A text as its schema understands it, or everything that is wrong with it. */
export type CheckedYaml<Value> = { readonly document: LocatedDocument } & (
  | { readonly kind: "valid"; readonly value: Value }
  | {
      readonly kind: "invalid";
      readonly problems: readonly LocatedProblem[];
      /** What stands there; undefined when it is not YAML. */
      readonly value?: unknown;
    }
);

/** By file, as it was read last. */
const lastRead = new Map<string, { readonly text: string; readonly document: LocatedDocument }>();

/** A command reads most files more than once, and a process that runs many commands reads them for each: the same text is parsed once. */
function parseOnce(text: string, shown: string): LocatedDocument {
  const last = lastRead.get(shown);
  if (last?.text === text) return last.document;
  const document = new LocatedDocument(text);
  lastRead.set(shown, { text, document });
  return document;
}

export function checkYaml<Schema extends z.ZodType>(
  text: string,
  shown: string,
  schema: Schema,
): CheckedYaml<z.output<Schema>> {
  const document = parseOnce(text, shown);
  const syntax = document.syntaxProblems();
  if (syntax.length > 0) {
    const problems = syntax.map(({ position, problem }) => ({ file: shown, position, ...problem }));
    return { document, kind: "invalid", problems };
  }
  const value = document.value();
  if (value === null || value === undefined) {
    const message = "the file is empty; a file without entries has an empty list";
    return { document, kind: "invalid", problems: [wholeFile(shown, message)] };
  }
  const checked = checkAgainst(schema, value);
  if (checked.kind === "valid") return { document, ...checked };
  const problems = checked.problems.map((problem) => locate(problem, shown, document));
  return { document, kind: "invalid", problems, value };
}

export function locate(problem: Problem, shown: string, document: LocatedDocument): LocatedProblem {
  const position = document.positionOf(problem.path, problem.at ?? "value");
  return { file: shown, position, path: problem.path, message: problem.message };
}

/** A problem with a file as a whole. */
export function wholeFile(file: string, message: string): LocatedProblem {
  return { file, position: { line: 1, column: 1 }, path: [], message };
}

/** A file as a person in a directory would open it. Outside the directory, the path stays as it is. */
export function shownName(root: string, path: string): string {
  const shown = relative(root, path).split("\\").join("/");
  return shown.startsWith("../") ? path : shown;
}
