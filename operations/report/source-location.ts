import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { OperationLog, ResourceRow } from "../../deployment/display/operation-log";
import { compositionFileOf, findStack, stackDefinitions } from "../../stacks/registry";
import { InventoryLines } from "./inventory-lines";

/** A line that made a resource. */
export interface SourceLocation {
  /** Relative to the project's root, with forward slashes. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

export type LocateResource = (urn: string) => SourceLocation | undefined;

/** Where a program's text is. */
export interface ProgramSources {
  /** What the names of files are relative to. */
  readonly root: string;
  readonly stack: string;
  /** The directory of the system, with its inventory below, where the program has one: `stacks/alai`. */
  readonly system: string | undefined;
  /** The files that make the resources, the main one first: the stack's composition, or the program's main file. */
  readonly programs: readonly string[];
}

/**
 * Finds the line that made a resource: the inventory's entry of the innermost component that has one, otherwise the position that the
 * SDK gave the engine, otherwise the line of the program that names the component, otherwise the program.
 */
export function resourceLocator(log: OperationLog, sources: ProgramSources): LocateResource {
  const inventory =
    sources.system === undefined ? undefined : new InventoryLines(join(sources.system, "inventory"), sources.stack);
  const programs = programTexts(sources);
  const known = new Map<string, SourceLocation>();
  const relativeLocation = (path: string, line: number) => ({
    file: relative(sources.root, path).split("\\").join("/"),
    line,
  });

  const find = (urn: string): SourceLocation => {
    const rows = withAncestors(urn, log);
    for (const row of rows) {
      const entry = inventory?.lineOf(row);
      if (entry !== undefined) return relativeLocation(entry.file, entry.line);
    }
    const position = rows[0] === undefined ? undefined : sdkPosition(rows[0]);
    if (position !== undefined) return position;
    for (const row of [...rows.map(constructionNamed), ...rows.map(constructionOfType).reverse()]) {
      const found = programs.map((text) => lineNaming(text, row)).find((location) => location !== undefined);
      if (found !== undefined) return relativeLocation(found.path, found.line);
    }
    return relativeLocation(sources.programs[0] ?? join(sources.root, "Pulumi.yaml"), 1);
  };
  return (urn) => {
    const location = known.get(urn) ?? find(urn);
    known.set(urn, location);
    return location;
  };
}

function withAncestors(urn: string, log: OperationLog): ResourceRow[] {
  const rows: ResourceRow[] = [];
  for (let row = log.rows.get(urn); row !== undefined; row = log.rows.get(row.parent ?? "")) rows.push(row);
  return rows;
}

/** `project:///index.ts#12,3` where the engine passes it on; positions inside packages tell a reader nothing. */
function sdkPosition(row: ResourceRow): SourceLocation | undefined {
  for (const step of row.steps.values()) {
    const state = step.new ?? step.old;
    const position: unknown =
      state !== undefined && state !== null && "sourcePosition" in state ? state.sourcePosition : undefined;
    const match = typeof position === "string" ? /^project:\/\/\/([^#]+)#(\d+)/.exec(position) : null;
    if (match?.[1] !== undefined && !match[1].includes("node_modules"))
      return { file: match[1], line: Number(match[2]) };
  }
  return undefined;
}

interface ProgramText {
  readonly path: string;
  readonly lines: readonly string[];
}

function programTexts({ programs }: ProgramSources): readonly ProgramText[] {
  return programs.filter(existsSync).map((path) => ({ path, lines: readFileSync(path, "utf8").split("\n") }));
}

/** How a program makes a component: by its type, and by a name that may be written out. */
interface Construction {
  readonly type: string;
  readonly name: string | undefined;
}

function constructionNamed({ type, name }: ResourceRow): Construction {
  return { type: type.split(":").at(-1) ?? "", name };
}

function constructionOfType({ type }: ResourceRow): Construction {
  return { type: type.split(":").at(-1) ?? "", name: undefined };
}

function lineNaming(
  { path, lines }: ProgramText,
  { type, name }: Construction,
): { path: string; line: number } | undefined {
  const isNamed = (line: string) =>
    name === undefined || [`"`, `'`, "`"].some((quote) => line.includes(`${quote}${name}${quote}`));
  const index = lines.findIndex((line) => line.includes(`new ${type}(`) && isNamed(line));
  return index < 0 ? undefined : { path, line: index + 1 };
}

/**
 * Where the texts of a stack are: its composition first, then what stands beside it, without the compositions of other stacks. A
 * stack that the registry or the project does not know has the project's main file.
 *
 * @param main the project's main file, or its directory
 */
export function stackSources(root: string, stack: string, main: string): ProgramSources {
  const definition = findStack(stack);
  const system = join(root, "stacks", definition?.system ?? "");
  if (definition === undefined || !existsSync(system)) {
    return { root, stack, system: undefined, programs: [main === root ? join(root, "index.ts") : main] };
  }
  const others = new Set(stackDefinitions.map(compositionFileOf));
  const beside = readdirSync(system)
    .filter((name) => name.endsWith(".ts"))
    .map((name) => `stacks/${definition.system}/${name}`)
    .filter((file) => !others.has(file));
  return { root, stack, system, programs: [compositionFileOf(definition), ...beside].map((file) => join(root, file)) };
}
