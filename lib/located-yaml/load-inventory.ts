import { join } from "node:path";
import type { z } from "zod";
import { readFileText } from "./file-text";
import type { LocatedDocument } from "./located-document";
import { LocatedError } from "./located-error";
import { rememberPlaces } from "./place";
import type { FileProblem, LocatedProblem } from "./problem";
import { checkYaml, locate, shownName, wholeFile } from "./read-yaml";

/** The files of an inventory by the name each has in the result, with the schema of each. */
export type InventoryFiles = Readonly<Record<string, InventoryFile>>;

export interface InventoryFile {
  /** In the stack's directory, for example `sites.yaml`. */
  readonly name: string;
  readonly schema: z.ZodType;
}

/** What the files hold, each as its schema's output. */
export type Inventory<Files extends InventoryFiles> = {
  readonly [Key in keyof Files]: z.output<Files[Key]["schema"]>;
};

/** A rule over several files; runs once all files are valid on their own. */
export type InventoryRule<Files extends InventoryFiles> = (inventory: Inventory<Files>) => readonly FileProblem[];

export interface InventorySource<Files extends InventoryFiles> {
  readonly files: Files;
  readonly rules: readonly InventoryRule<Files>[];
  /** The directory that holds the files. */
  readonly directory: string;
  /** What the names in messages are relative to: the directory a person works in. @default process.cwd() */
  readonly root?: string;
}

/**
 * Reads and checks an inventory. What it holds knows where it stands: see {@link placeOf}.
 *
 * @throws {LocatedError} with every problem of every file: unreadable, not YAML, against the schema or, when each file is
 *   valid on its own, against a rule over several
 */
export function loadInventory<const Files extends InventoryFiles>(source: InventorySource<Files>): Inventory<Files> {
  const root = source.root ?? process.cwd();
  const loaded = Object.entries(source.files).map(([key, file]) => {
    const path = join(source.directory, file.name);
    return { key, ...loadFile(path, shownName(root, path), file.schema), name: file.name };
  });
  const problems = loaded.flatMap((file) => file.problems);
  if (problems.length > 0) throw new LocatedError(problems);

  const inventory = Object.fromEntries(loaded.map(({ key, value }) => [key, value])) as Inventory<Files>;
  const broken = source.rules.flatMap((rule) => rule(inventory));
  if (broken.length > 0) throw new LocatedError(located(broken, loaded));
  return inventory;
}

interface LoadedFile {
  readonly shown: string;
  readonly document: LocatedDocument | undefined;
  readonly value: unknown;
  readonly problems: readonly LocatedProblem[];
}

function loadFile(path: string, shown: string, schema: z.ZodType): LoadedFile {
  const read = readFileText(path);
  if (read.kind === "refused") {
    return { shown, document: undefined, value: undefined, problems: [wholeFile(shown, read.reason)] };
  }
  const checked = checkYaml(read.text, shown, schema);
  const { document } = checked;
  if (checked.kind === "invalid") return { shown, document, value: undefined, problems: checked.problems };
  rememberPlaces(checked.value, (part) => {
    const { line, column } = document.positionOf(part, "value");
    return `${shown}:${line}:${column}`;
  });
  return { shown, document, value: checked.value, problems: [] };
}

function located(
  problems: readonly FileProblem[],
  files: readonly (LoadedFile & { readonly name: string })[],
): readonly LocatedProblem[] {
  return problems.map((problem) => {
    const file = files.find(({ name }) => name === problem.file);
    if (file?.document === undefined)
      throw new Error(`a rule names ${problem.file}, which is no file of this inventory`);
    return locate(problem, file.shown, file.document);
  });
}
