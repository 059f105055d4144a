import { z } from "zod";
import { closestName, didYouMean } from "../closest-name";
import { alternatives, got, quoted, unknownKey } from "./messages";
import type { Path, Problem } from "./problem";

type Issue = z.core.$ZodIssue;

/** A value as its schema understands it, or what the schema has against it, in words that say what was expected and found. */
export type Checked<Value> =
  | { readonly kind: "valid"; readonly value: Value }
  | { readonly kind: "invalid"; readonly problems: readonly Problem[] };

export function checkAgainst<Schema extends z.ZodType>(schema: Schema, value: unknown): Checked<z.output<Schema>> {
  const result = schema.safeParse(value);
  if (result.success) return { kind: "valid", value: result.data };
  return { kind: "invalid", problems: result.error.issues.flatMap((issue) => problemsOf(issue, [], schema, value)) };
}

/**
 * What a schema has against a component's arguments. Of arguments that it does not know, and of those that a deployment has yet to
 * find out, it says nothing.
 */
export function argumentProblems(schema: z.ZodType, args: object): readonly Problem[] {
  const given = schema instanceof z.ZodObject ? pickGiven(args, Object.keys(schema.shape)) : args;
  const checked = checkAgainst(schema, given);
  return checked.kind === "valid"
    ? []
    : checked.problems.filter(({ path, at }) => at === "key" || !isFoundOutLater(given, path));
}

function pickGiven(args: object, keys: readonly string[]): object {
  const given = keys.map((key) => [key, Reflect.get(args, key)] as const);
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}

/** Whether a path leads to, or into, an output or a promise of Pulumi's. */
function isFoundOutLater(args: object, path: Path): boolean {
  return path.some((_, depth) => {
    const value = valueAt(args, path.slice(0, depth + 1));
    return value instanceof Promise || (isObject(value) && Reflect.get(value, "__pulumiOutput") === true);
  });
}

/** Gives a schema the problems that a component finds too, as they are. For `superRefine`. */
export function addProblems(refinement: z.core.$RefinementCtx, problems: readonly Problem[]): void {
  for (const { path, message } of problems) {
    refinement.addIssue({ code: "custom", path: [...path], message, params: { complete: true } });
  }
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
      return issue.issues
        .flatMap((inner) => problemsOf(inner, [], schema, path.at(-1)))
        .map(({ message }) => ({ path, message, at: "key" }));
    case "invalid_element":
      return issue.issues.flatMap((inner) => problemsOf(inner, path, schema, value));
    case "invalid_value":
      return [notOneOf(path, issue.values, found)];
    case "invalid_type": {
      // A key that this alternative refuses says why.
      if (issue.expected === "never") return [{ path, message: issue.message, at: "key" }];
      const quotes = quotesHint(issue.expected, found);
      return [{ path, message: `${expectation(issue)}${quotes ?? got(found)}` }];
    }
    case "too_big":
    case "too_small":
      return [{ path, message: `${bound(issue)}${gotSize(issue.origin, found)}` }];
    default:
      return [{ path, message: `${withFound(issue, found)}${candidateHint(issue, found)}` }];
  }
}

/** A sentence that quotes what was found does not say it twice. */
function withFound(issue: Issue, found: unknown): string {
  const message = expectation(issue);
  if (issue.code === "custom" && issue.params?.complete === true) return message;
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

function notOneOf(path: Path, values: readonly unknown[], found: unknown): Problem {
  const allowed = values.map(String);
  const quotes = quotesHint(values.every((value) => typeof value === "string") ? "string" : "number", found);
  const isMeant = quotes !== undefined && allowed.includes(String(found));
  const hint = typeof found === "string" ? hintFor(found, allowed) : "";
  return { path, message: `expected ${alternatives(allowed)}${isMeant ? quotes : `${got(found)}${hint}`}` };
}

/**
 * Of words that differ by a number alone, such as `P1` and `P2`, the one with the nearest number: a spelling that is as near as another
 * says nothing about what was meant.
 */
function hintFor(found: string, allowed: readonly string[]): string {
  const number = Number(/\d+/.exec(found)?.[0] ?? Number.NaN);
  const family = found.replace(/\d+/, "#").toLowerCase();
  const distance = (word: string) => Math.abs(Number(/\d+/.exec(word)?.[0] ?? Number.NaN) - number);
  const kin = allowed.filter(
    (word) => word.replace(/\d+/, "#").toLowerCase() === family && !Number.isNaN(distance(word)),
  );
  const [nearest] = kin.sort((one, other) => distance(one) - distance(other));
  return nearest === undefined ? didYouMean(found, allowed) : `; did you mean "${nearest}"?`;
}

/**
 * What to do when a value has the right letters and the wrong kind: YAML reads `16` as a number and `"16"` as text. Undefined when quotes
 * are not what is wrong.
 */
function quotesHint(expected: string, found: unknown): string | undefined {
  if (expected === "string" && (typeof found === "number" || typeof found === "boolean")) {
    return `, got the ${typeof found === "number" ? "number" : "value"} ${found}; put it in quotes: "${found}"`;
  }
  const means = typeof found === "string" && isWritten(expected, found);
  return means ? `, got the text "${found}"; take the quotes off: ${found}` : undefined;
}

function isWritten(kind: string, text: string): boolean {
  if (kind === "boolean") return text === "true" || text === "false";
  return (kind === "number" || kind === "int") && text.trim() !== "" && Number.isFinite(Number(text));
}

/** Without a discriminator, the problems of the alternative that comes nearest; with one, the list of its values. */
function unionProblems(
  issue: Extract<Issue, { code: "invalid_union" }>,
  path: Path,
  schema: z.ZodType,
  value: unknown,
): readonly Problem[] {
  if (issue.errors.length === 0) {
    const options = "options" in issue && Array.isArray(issue.options) ? issue.options : [];
    return [misspeltKey(path, value) ?? notOneOf(path, options, valueAt(value, path))];
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

/** Where the key is missing that decides between alternatives, the key beside it that was meant to be this one. */
function misspeltKey(path: Path, value: unknown): Problem | undefined {
  const around = valueAt(value, path.slice(0, -1));
  const key = String(path.at(-1));
  if (!isObject(around) || key in around) return undefined;
  const meant = closestName(key, Object.keys(around));
  return meant === undefined ? undefined : unknownKey([...path.slice(0, -1), meant], meant, [key]);
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

/** @example "expected at most 32 characters" */
function bound(issue: Extract<Issue, { code: "too_big" | "too_small" }>): string {
  const [limit, inclusive, most] =
    issue.code === "too_big"
      ? [issue.maximum, issue.inclusive ?? true, "at most"]
      : [issue.minimum, issue.inclusive ?? true, "at least"];
  const beyond = issue.code === "too_big" ? "less than" : "more than";
  const unit = sizeUnits[issue.origin];
  const of = unit === undefined ? "" : ` ${limit === 1 || limit === 1n ? unit.one : unit.many}`;
  // A limit of one's own words, such as "expected at least one address".
  const isOwn = !/^Too (big|small): /.test(issue.message);
  if (isOwn) return issue.message;
  return `expected ${inclusive ? most : beyond} ${limit}${of}`;
}

const sizeUnits: Readonly<Record<string, { readonly one: string; readonly many: string }>> = {
  string: { one: "character", many: "characters" },
  array: { one: "entry", many: "entries" },
  record: { one: "key", many: "keys" },
};

/** Of what has a size, the size; of a number, the number. */
function gotSize(origin: string, found: unknown): string {
  if (origin === "string" && typeof found === "string")
    return found === "" ? ", got none" : `, got ${found.length}: ${quoted(found)}`;
  if (origin === "array" && Array.isArray(found)) return found.length === 0 ? ", got none" : `, got ${found.length}`;
  return got(found);
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

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((inner, part) => (isObject(inner) ? Reflect.get(inner, part) : undefined), value);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** The keys that a schema knows at a path of a value, of every alternative that may apply there. */
function keysAt(schema: z.core.$ZodType, value: unknown, path: Path): readonly string[] {
  let schemas = alternativesOf(schema, value);
  let inner = value;
  for (const part of path) {
    inner = typeof inner === "object" && inner !== null ? Reflect.get(inner, part) : undefined;
    const at = inner;
    schemas = schemas.flatMap((outer) => childrenOf(outer, part)).flatMap((child) => alternativesOf(child, at));
  }
  return [...new Set(schemas.flatMap((found) => (found instanceof z.ZodObject ? Object.keys(found.shape) : [])))];
}

function childrenOf(schema: z.core.$ZodType, part: string | number): readonly z.core.$ZodType[] {
  if (schema instanceof z.ZodObject) {
    const child: unknown = schema.shape[part];
    return child instanceof z.core.$ZodType ? [child] : [];
  }
  if (schema instanceof z.ZodArray) return [schema.element];
  if (schema instanceof z.ZodRecord) return [schema.valueType];
  return [];
}

/** A schema without its wrappers; of a union, the options that the value's discriminator does not rule out. */
function alternativesOf(schema: z.core.$ZodType, value: unknown): readonly z.core.$ZodType[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault) {
    return alternativesOf(schema.def.innerType, value);
  }
  if (schema instanceof z.ZodPrefault || schema instanceof z.ZodReadonly)
    return alternativesOf(schema.def.innerType, value);
  if (schema instanceof z.ZodPipe) return alternativesOf(schema.def.in, value);
  if (schema instanceof z.ZodDiscriminatedUnion) {
    const { discriminator } = schema.def;
    return schema.options
      .filter((option) => agrees(option, discriminator, value))
      .flatMap((o) => alternativesOf(o, value));
  }
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => alternativesOf(option, value));
  return [schema];
}

function agrees(option: z.core.$ZodType, discriminator: string, value: unknown): boolean {
  if (!(option instanceof z.ZodObject) || typeof value !== "object" || value === null) return true;
  const expected: unknown = option.shape[discriminator];
  return expected instanceof z.core.$ZodType && z.core.safeParse(expected, Reflect.get(value, discriminator)).success;
}
