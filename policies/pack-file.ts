import { basename } from "node:path";
import { parseDocument } from "yaml";

/** A file of the pack that cannot be used, with everything that is wrong with it. */
export class PolicyFileError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(problems.join("\n"));
    this.name = "PolicyFileError";
  }
}

/** Collects what is wrong with one file. */
export class PolicyFileProblems {
  private readonly problems: string[] = [];

  constructor(private readonly file: string) {}

  /** @param path the field, for example `exceptions[3].expires`; empty for the file as a whole */
  add(path: string, problem: string): void {
    this.problems.push(`policies/${this.shortName()}: ${path === "" ? "" : `${path}: `}${problem}`);
  }

  throwIfAny(): void {
    if (this.problems.length > 0) throw new PolicyFileError(this.problems);
  }

  private shortName(): string {
    const name = basename(this.file);
    return name === "exceptions.yaml" ? name : `parameters/${name}`;
  }
}

/** The content of a YAML file; syntax errors and duplicate keys are problems. An empty file has no content. */
export function parsePolicyFile(source: string, problems: PolicyFileProblems): unknown {
  const document = parseDocument(source);
  for (const error of document.errors) problems.add("", error.message);
  if (document.errors.length > 0) problems.throwIfAny();
  const content: unknown = document.toJS();
  return content;
}

/** A mapping with no other keys than the known ones. */
export function mapping(
  value: unknown,
  path: string,
  knownKeys: readonly string[],
  problems: PolicyFileProblems,
): Readonly<Record<string, unknown>> {
  if (value === undefined || value === null) return {};
  if (!isRecord(value)) {
    problems.add(path, `expected a mapping with ${knownKeys.join(", ")}`);
    return {};
  }
  for (const key of Object.keys(value)) {
    if (!knownKeys.includes(key))
      problems.add(within(path, key), `unknown key; expected one of ${knownKeys.join(", ")}`);
  }
  return value;
}

/** A required text that is not empty. */
export function text(
  content: Readonly<Record<string, unknown>>,
  key: string,
  path: string,
  problems: PolicyFileProblems,
): string {
  const value = content[key];
  if (typeof value === "string" && value.trim() !== "") return value.trim();
  problems.add(within(path, key), value === undefined ? "is missing" : `expected text, got ${JSON.stringify(value)}`);
  return "";
}

export function listOfText(value: unknown, path: string, problems: PolicyFileProblems): readonly string[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value) && value.every((item): item is string => typeof item === "string")) return value;
  problems.add(path, "expected a list of texts");
  return [];
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function within(path: string, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}
