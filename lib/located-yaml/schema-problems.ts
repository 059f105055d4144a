import type { z } from "zod";
import { didYouMean } from "../closest-name";
import type { Path, Problem } from "./problem";
import { keysAt } from "./schema-keys";

type Issue = z.core.$ZodIssue;

/** A value as its schema understands it, or what the schema has against it, in words that say what was expected and found. */
export type Checked =
  | { readonly kind: "valid"; readonly value: unknown }
  | { readonly kind: "invalid"; readonly problems: readonly Problem[] };

export function checkAgainst(schema: z.ZodType, value: unknown): Checked {
  const result = schema.safeParse(value);
  if (result.success) return { kind: "valid", value: result.data };
  return { kind: "invalid", problems: result.error.issues.flatMap((issue) => problemsOf(issue, [], schema, value)) };
}

function problemsOf(issue: Issue, base: Path, schema: z.ZodType, value: unknown): readonly Problem[] {
  const path = [...base, ...issue.path.map(toPart)];
  const found = valueAt(value, path);
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => unknownKey([...path, key], key, keysAt(schema, value, path)));
    case "invalid_union":
      return unionProblems(issue, path, schema, value);
    case "invalid_key":
    case "invalid_element":
      return issue.issues.flatMap((inner) => problemsOf(inner, path, schema, value));
    case "invalid_value":
      return [notOneOf(path, issue.values.map(String), found)];
    default:
      return [{ path, message: `${withFound(expectation(issue), found)}${candidateHint(issue, found)}` }];
  }
}

/** A sentence that quotes what was found does not say it twice. */
function withFound(message: string, found: unknown): string {
  return typeof found === "string" && message.includes(JSON.stringify(found)) ? message : `${message}${got(found)}`;
}

/** A refinement that takes one of many values names them in its parameters: `params: { candidates }`. */
function candidateHint(issue: Issue, found: unknown): string {
  const candidates: unknown = issue.code === "custom" ? issue.params?.candidates : undefined;
  return typeof found === "string" && Array.isArray(candidates) ? didYouMean(found, candidates.map(String)) : "";
}

function toPart(part: PropertyKey): string | number {
  return typeof part === "symbol" ? String(part) : part;
}

function unknownKey(path: Path, key: string, known: readonly string[]): Problem {
  const hint = didYouMean(key, known) || (known.length > 0 ? `; known keys: ${known.join(", ")}` : "");
  return { path, message: `unknown key "${key}"${hint}`, at: "key" };
}

function notOneOf(path: Path, allowed: readonly string[], found: unknown): Problem {
  const hint = typeof found === "string" ? didYouMean(found, allowed) : "";
  return { path, message: `expected ${alternatives(allowed)}${got(found)}${hint}` };
}

/** Without a discriminator, the problems of the alternative that comes nearest; with one, the list of its values. */
function unionProblems(
  issue: Extract<Issue, { code: "invalid_union" }>,
  path: Path,
  schema: z.ZodType,
  value: unknown,
): readonly Problem[] {
  if (issue.errors.length === 0) {
    const options = "options" in issue && Array.isArray(issue.options) ? issue.options.map(String) : [];
    return [notOneOf(path, options, valueAt(value, path))];
  }
  const ofRightType = issue.errors.filter((errors) => !errors.some(rejectsWhole));
  if (ofRightType.length === 0) {
    const expected = issue.errors.flatMap((errors) => errors.filter(rejectsWhole).map(expectation));
    const list = [...new Set(expected)].map((text) => text.replace(/^expected /, ""));
    return [{ path, message: `expected ${alternatives(list)}${got(valueAt(value, path))}` }];
  }
  const nearest = ofRightType.reduce((best, errors) => (errors.length < best.length ? errors : best));
  return nearest.flatMap((inner) => problemsOf(inner, path, schema, value));
}

function rejectsWhole(issue: Issue): boolean {
  return issue.path.length === 0 && (issue.code === "invalid_type" || issue.code === "invalid_value");
}

function expectation(issue: Issue): string {
  if (issue.code === "invalid_type") return `expected ${typeNames[issue.expected] ?? issue.expected}`;
  if (issue.code === "invalid_value") return `expected ${alternatives(issue.values.map(String))}`;
  const text = issue.message.replace(/^(Invalid input|Too small|Too big): /, "");
  return /^[A-Z][a-z]/.test(text) ? `${text.charAt(0).toLowerCase()}${text.slice(1)}` : text;
}

const typeNames: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a map of keys and values",
  record: "a map of keys and values",
};

/** @example alternatives(["P0", "P1", "P2"]) // "P0, P1 or P2" */
function alternatives(words: readonly string[]): string {
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} or ${last}`;
}

/** What was found, short enough for a line. */
function got(found: unknown): string {
  if (found === undefined) return ", got nothing: the key is missing";
  if (found === null) return ", got nothing";
  if (Array.isArray(found)) return ", got a list";
  if (typeof found === "object") return ", got a map of keys and values";
  const text = JSON.stringify(found);
  return `, got ${text.length > 60 ? `${text.slice(0, 60)}…` : text}`;
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((inner, part) => (isObject(inner) ? Reflect.get(inner, part) : undefined), value);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
