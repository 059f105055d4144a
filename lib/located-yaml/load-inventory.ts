import { join } from "node:path";
import type { z } from "zod";
import { readFileText } from "../file-access";
import type { LocatedDocument } from "./located-document";
import { LocatedError } from "./located-error";
import { rememberPlaces } from "./place";
import type { FileProblem, LocatedProblem, Path } from "./problem";
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

/** A rule over several files. Of a file that is invalid it is told what stands there, if that suffices to find something. */
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
 * @throws {LocatedError} with every problem of every file: unreadable, not YAML, against the schema, or against a rule over several
 */
export function loadInventory<const Files extends InventoryFiles>(source: InventorySource<Files>): Inventory<Files> {
  const root = source.root ?? process.cwd();
  const loaded = Object.entries(source.files).map(([key, file]) => {
    const path = join(source.directory, file.name);
    return { key, ...loadFile(path, shownName(root, path), file.schema), name: file.name };
  });
  const problems = [
    ...loaded.flatMap((file) => file.problems),
    ...located(
      source.rules.flatMap((rule) => ruleProblems(rule, loaded)),
      loaded,
    ),
  ];
  if (problems.length > 0) throw new LocatedError(inOrder(problems, loaded));
  return inventoryOf(loaded, () => undefined);
}

/** @param onRead is told of each file that is looked at */
function inventoryOf<Files extends InventoryFiles>(
  loaded: readonly (LoadedFile & { readonly key: string })[],
  onRead: (file: LoadedFile) => void,
): Inventory<Files> {
  const contents = {};
  for (const file of loaded) {
    const get = () => {
      onRead(file);
      return file.value;
    };
    Object.defineProperty(contents, file.key, { get, enumerable: true });
  }
  return contents as Inventory<Files>;
}

/**
 * What a rule finds. Where a file that it looks at is invalid, only what it finds in that file itself counts, beside what the schema
 * found there: what misses something in another file, or counts entries, would only say again that the entry is wrong.
 */
function ruleProblems<Files extends InventoryFiles>(
  rule: InventoryRule<Files>,
  loaded: readonly (LoadedFile & { readonly key: string; readonly name: string })[],
): readonly FileProblem[] {
  const invalid = new Set<LoadedFile>();
  const inventory = inventoryOf<Files>(loaded, (file) => {
    if (file.problems.length > 0) invalid.add(file);
  });
  try {
    const found = rule(inventory);
    return found.filter(({ file, path }) =>
      [...invalid].every(
        (other) => other === loaded.find(({ name }) => name === file) && !other.problems.some(isWithin(path)),
      ),
    );
  } catch (error) {
    // A rule may expect of a file what its schema promises.
    if (invalid.size > 0) return [];
    throw error;
  }
}

function isWithin(outer: Path): (problem: LocatedProblem) => boolean {
  return ({ path }) => outer.every((part, depth) => path[depth] === part);
}

function inOrder(problems: readonly LocatedProblem[], files: readonly LoadedFile[]): readonly LocatedProblem[] {
  const place = ({ file }: LocatedProblem) => files.findIndex(({ shown }) => shown === file);
  return [...problems].sort((one, other) => place(one) - place(other) || one.position.line - other.position.line);
}

interface LoadedFile {
  readonly shown: string;
  readonly document: LocatedDocument | undefined;
  /** As its schema understands it; as it stands there when it is invalid; undefined when it cannot be read. */
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
  if (checked.kind === "invalid") return { shown, document, value: checked.value, problems: checked.problems };
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
