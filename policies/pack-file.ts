import { basename } from "node:path";
import { isJsonObject } from "../lib/json-value";
import { LocatedDocument } from "../lib/located-yaml/located-document";
import { got, unknownKey } from "../lib/located-yaml/messages";
import { formatProblem, formatProblems, type Path } from "../lib/located-yaml/problem";

/** A file of the pack that cannot be used, with everything that is wrong with it. */
export class PolicyFileError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(formatProblems(problems).join("\n"));
    this.name = "PolicyFileError";
  }
}

/**
 * One YAML file of the pack, and what is wrong with it. The pack reads its files without zod, which takes longer to load than all rules.
 */
export class PackFile {
  private readonly document: LocatedDocument;
  private readonly problems: string[] = [];

  /** @param shown the file as a person would open it from the project's root */
  constructor(
    private readonly shown: string,
    source: string,
  ) {
    this.document = new LocatedDocument(source);
  }

  /**
   * What the file holds; one without entries holds nothing.
   *
   * @throws PolicyFileError when it is not YAML, or has a key twice
   */
  content(): unknown {
    const syntax = this.document.syntaxProblems();
    if (syntax.length === 0) return this.document.value();
    throw new PolicyFileError(
      syntax.map(({ position, problem }) => formatProblem({ file: this.shown, position, ...problem })),
    );
  }

  /** @param at what to point at: the value, or the key that leads to it */
  add(path: Path, message: string, at: "value" | "key" = "value"): void {
    const position = this.document.positionOf(path, at);
    this.problems.push(formatProblem({ file: this.shown, position, path, message }));
  }

  throwIfAny(): void {
    if (this.problems.length > 0) throw new PolicyFileError(this.problems);
  }

  /** A mapping with no other keys than the known ones. */
  mapping(value: unknown, path: Path, knownKeys: readonly string[]): Readonly<Record<string, unknown>> {
    if (value === undefined || value === null) return {};
    if (!isJsonObject(value)) {
      this.add(path, `expected a map with ${knownKeys.join(", ")}${got(value)}`);
      return {};
    }
    for (const key of Object.keys(value).filter((name) => !knownKeys.includes(name))) {
      const problem = unknownKey([...path, key], key, knownKeys);
      this.add(problem.path, problem.message, problem.at);
    }
    return value;
  }

  /** A required text that is not empty. */
  text(content: Readonly<Record<string, unknown>>, key: string, path: Path): string {
    const value = content[key];
    if (typeof value === "string" && value.trim() !== "") return value.trim();
    this.add([...path, key], `expected text${got(value)}`);
    return "";
  }

  listOfText(value: unknown, path: Path): readonly string[] {
    if (value === undefined || value === null) return [];
    if (Array.isArray(value) && value.every((item): item is string => typeof item === "string")) return value;
    this.add(path, `expected a list of texts${got(value)}`);
    return [];
  }

  listsByName(value: unknown, path: Path): Readonly<Record<string, readonly string[]>> {
    if (value === undefined || value === null) return {};
    if (isJsonObject(value)) {
      return Object.fromEntries(
        Object.entries(value).map(([name, list]) => [name, this.listOfText(list, [...path, name])]),
      );
    }
    this.add(path, `expected a map of names to lists of texts${got(value)}`);
    return {};
  }

  flag(value: unknown, path: Path, otherwise: boolean): boolean {
    if (value === undefined || typeof value === "boolean") return value ?? otherwise;
    this.add(path, `expected true or false${got(value)}`);
    return otherwise;
  }

  count(value: unknown, path: Path, otherwise: number): number {
    if (value === undefined) return otherwise;
    if (typeof value === "number" && Number.isInteger(value) && value > 0) return value;
    this.add(path, `expected a whole number from 1 up${got(value)}`);
    return otherwise;
  }

  /** The id of a tenant or a principal in Entra. */
  entraId(value: unknown, path: Path): string {
    const id = typeof value === "string" ? value.toLowerCase() : "";
    if (/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) return id;
    this.add(path, `expected a GUID${got(value)}`);
    return "";
  }
}

/** The name of a file of the pack's own, as a person would open it. */
export function packFileName(file: string): string {
  const name = basename(file);
  return ["exceptions.yaml", "unread-types.yaml"].includes(name) ? `policies/${name}` : `policies/parameters/${name}`;
}
