import { readFileSync } from "node:fs";
import { didYouMean } from "../lib/closest-name";
import { isJsonObject } from "../lib/json-value";
import { got } from "../lib/located-yaml/messages";
import type { Path } from "../lib/located-yaml/problem";
import { formatPropertyPath } from "../lib/property-path";
import { PackFile, packFileName } from "./pack-file";

/** A reviewed permission: one rule may find one thing wrong, for a while. */
export interface PolicyException {
  /**
   * A URN. `*` stands for anything within the types, or within the name. The project is written out, and so is the stack, but for the
   * number of a pull request: `latticeforge-pr-*` are all preview environments of the system.
   */
  readonly resource: string;
  /** The rule's id. */
  readonly rule: string;
  /**
   * What the rule may find, as reports print it, without the full stop. Anything else that the rule finds stays a violation.
   *
   * @example "template.scale.minReplicas is 1, expected at least 2"
   */
  readonly finding: string;
  readonly reason: string;
  /** The team that answers for it. */
  readonly owner: string;
  /** The last day on which it holds, `YYYY-MM-DD`. */
  readonly expires: string;
}

const keys = ["resource", "rule", "finding", "reason", "owner", "expires"];
/** Short ones say nothing that the rule does not say already. */
const shortestReason = 15;

/**
 * Reads the exceptions.
 *
 * @param ruleIds the rules that exceptions may name
 * @throws PolicyFileError with everything that is wrong with the file
 */
export function readExceptions(file: string, ruleIds: readonly string[]): readonly PolicyException[] {
  return parseExceptions(readFileSync(file, "utf8"), ruleIds, file);
}

/** {@link readExceptions} for a text. */
export function parseExceptions(
  source: string,
  ruleIds: readonly string[],
  file = "exceptions.yaml",
): readonly PolicyException[] {
  const packFile = new PackFile(packFileName(file), source);
  const content = packFile.mapping(packFile.content(), [], ["exceptions"]);
  const list = content.exceptions ?? [];
  if (!Array.isArray(list)) packFile.add(["exceptions"], `expected a list${got(list)}`);
  const entries: readonly unknown[] = Array.isArray(list) ? list : [];
  const exceptions = entries.map((entry, index) => exception(entry, ["exceptions", index], ruleIds, packFile));
  refuseDuplicates(exceptions, packFile);
  packFile.throwIfAny();
  return exceptions;
}

function exception(entry: unknown, path: Path, ruleIds: readonly string[], file: PackFile): PolicyException {
  if (!isJsonObject(entry)) {
    file.add(path, `expected a map with ${keys.join(", ")}${got(entry)}`);
    return { resource: "", rule: "", finding: "", reason: "", owner: "", expires: "" };
  }
  const content = file.mapping(entry, path, keys);
  const field = (key: keyof PolicyException) => file.text(content, key, path);
  const read: PolicyException = {
    resource: field("resource"),
    rule: field("rule"),
    finding: field("finding"),
    reason: field("reason"),
    owner: field("owner"),
    expires: field("expires"),
  };
  for (const [key, problem] of wrongFields(read, ruleIds)) file.add([...path, key], problem);
  return read;
}

function wrongFields(
  { resource, rule, reason, expires }: PolicyException,
  ruleIds: readonly string[],
): readonly (readonly [string, string])[] {
  const wrong: (readonly [string, string])[] = [];
  if (resource !== "" && !/^urn:pulumi:(?:[^:*]+|(?:[^:*]+-)?pr-\*)::[^:*]+::.+::.+$/.test(resource)) {
    const expected =
      "expected urn:pulumi:<stack>::<project>::<types>::<name>, with * only in types and name, or as the number of a stack pr-*";
    wrong.push(["resource", `${expected}${got(resource)}`]);
  }
  if (rule !== "" && !ruleIds.includes(rule))
    wrong.push(["rule", `no rule is called "${rule}"${didYouMean(rule, ruleIds)}`]);
  if (reason !== "" && reason.length < shortestReason) {
    wrong.push(["reason", `expected at least ${shortestReason} characters that say why${got(reason)}`]);
  }
  if (expires !== "" && !isDate(expires)) wrong.push(["expires", `expected a day as YYYY-MM-DD, got "${expires}"`]);
  return wrong;
}

function isDate(day: string): boolean {
  const date = new Date(`${day}T00:00:00Z`);
  return /^\d{4}-\d{2}-\d{2}$/.test(day) && !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day);
}

function refuseDuplicates(exceptions: readonly PolicyException[], file: PackFile): void {
  const first = new Map<string, number>();
  for (const [index, { resource, rule, finding }] of exceptions.entries()) {
    const key = `${resource} ${rule} ${finding}`;
    const earlier = first.get(key);
    if (earlier === undefined) first.set(key, index);
    else if (resource !== "")
      file.add(
        ["exceptions", index],
        `has the resource, rule and finding of ${formatPropertyPath(["exceptions", earlier])}; remove one`,
      );
  }
}

/** @param today `YYYY-MM-DD` */
export function hasExpired(exception: PolicyException, today: string): boolean {
  return exception.expires < today;
}

/** Whether an exception is about a resource. */
export function matches(exception: PolicyException, urn: string): boolean {
  if (!exception.resource.includes("*")) return exception.resource === urn;
  return isOfStack(exception, urn) && matchesPattern(urn, exception.resource, "(?:(?!::).)*");
}

/** Whether an exception is about something in the stack that a URN is of. */
export function isOfStack(exception: PolicyException, urn: string): boolean {
  return matchesPattern(stackAndProjectOf(urn), stackAndProjectOf(exception.resource), "\\d+");
}

/** @param anything what `*` stands for, as an expression */
function matchesPattern(text: string, pattern: string, anything: string): boolean {
  const parts = pattern.split("*").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(anything)}$`).test(text);
}

/** The stack and the project of a URN, which two projects' stacks of one name do not share. */
function stackAndProjectOf(urn: string): string {
  return urn.split("::").slice(0, 2).join("::");
}

/** The stack of a URN. */
export function stackOf(urn: string): string {
  return urn.split(":")[2] ?? "";
}

/** A check of the exceptions of one stack, made after all its resources were checked. */
export interface ExceptionCheck {
  readonly id: string;
  readonly description: string;
  readonly level: "mandatory" | "advisory";
  /**
   * @param today `YYYY-MM-DD`
   * @param needed whether an exception covered a violation, or something that cannot be decided yet
   * @returns one message for each exception that is wrong
   */
  readonly evaluate: (
    exceptions: readonly PolicyException[],
    today: string,
    needed: (exception: PolicyException) => boolean,
  ) => readonly string[];
}

export const exceptionChecks: readonly ExceptionCheck[] = [
  {
    id: "exceptions-expired",
    description: "No exception is kept beyond its expiry.",
    level: "mandatory",
    evaluate: (exceptions, today) =>
      exceptions
        .filter((exception) => hasExpired(exception, today))
        .map(
          ({ rule, resource, owner, expires }) =>
            `The exception from ${rule} for ${resource} expired on ${expires}; ${owner} renews or removes it.`,
        ),
  },
  {
    id: "exceptions-unused",
    description: "Every exception is needed.",
    level: "advisory",
    evaluate: (exceptions, today, needed) =>
      exceptions
        .filter((exception) => !needed(exception) && !hasExpired(exception, today))
        .map(
          ({ rule, resource, finding, owner }) =>
            `The exception from ${rule} for ${resource} matches no violation "${finding}"; ${owner} corrects or removes it.`,
        ),
  },
];
