import { readFileSync } from "node:fs";
import { isJsonObject } from "../lib/json-value";
import { got } from "../lib/located-yaml/messages";
import { currentType } from "../lib/type-token";
import { PackFile, packFileName } from "./pack-file";
import type { PolicyRule, RuleDescription, StackRule } from "./rule";
import type { StackParameters } from "./stack-parameters";

/** Which types need no rule, and why: by current token, or by its beginning with `*` at the end. */
export type UnreadTypes = ReadonlyMap<string, string>;

/** The check of each resource, before it is made. It is no rule: neither a level nor an exception excuses from it, only the list does. */
export const typeCheck: Pick<RuleDescription, "id" | "description" | "remediation"> = {
  id: "type-read",
  description: "Every type of resource is read by a rule, or listed with the reason why none has to read it.",
  remediation: "Write a rule that reads the type, or list it in policies/unread-types.yaml (docs/extending.md).",
};

/** The same of a whole stack, which counts. */
export const typesCheck: typeof typeCheck = { ...typeCheck, id: "types-read" };

/** Shorter ones say nothing. */
const shortestReason = 15;

/**
 * Reads the list of types that need no rule.
 *
 * @throws PolicyFileError with everything that is wrong with the file
 */
export function readUnreadTypes(file: string): UnreadTypes {
  return parseUnreadTypes(readFileSync(file, "utf8"));
}

/** {@link readUnreadTypes} for a text. */
export function parseUnreadTypes(source: string): UnreadTypes {
  const file = new PackFile(packFileName("unread-types.yaml"), source);
  const content = file.mapping(file.content(), [], ["types"]);
  if (!isJsonObject(content.types))
    file.add(["types"], `expected a map of type tokens to reasons${got(content.types)}`);
  const entries = Object.entries(isJsonObject(content.types) ? content.types : {});
  for (const [type, reason] of entries) {
    const path = ["types", type];
    if (typeof reason !== "string" || reason.length < shortestReason)
      file.add(path, `expected at least ${shortestReason} characters that say why no rule reads it${got(reason)}`);
    if (!/^[^:*]+:[^:*]+:[^:*]+$|^[^:*]+:(?:[^:*]+:)?\*$/.test(type))
      file.add(path, `expected package:module:Type, or package:* or package:module:*${got(type)}`, "key");
    else if (currentType(type) !== type) file.add(path, `is called ${currentType(type)} now; list that`, "key");
  }
  file.throwIfAny();
  return new Map(entries.map(([type, reason]) => [type, String(reason)]));
}

/**
 * The types that a stack's rules read. A rule counts when it would stop a deployment: what is switched off or only shown keeps nothing
 * out. Tags, and how a setting is elsewhere, say nothing of what the resource opens.
 */
export function typesRead(rules: readonly (PolicyRule | StackRule)[], stack: StackParameters): ReadonlySet<string> {
  const reading = rules.filter(({ id, level }) => (stack.levels[id] ?? level) === "mandatory");
  return new Set(reading.flatMap((rule) => (rule.types === "taggable" || isComparison(rule) ? [] : rule.types)));
}

function isComparison(rule: PolicyRule | StackRule): boolean {
  return "comparesOnly" in rule && rule.comparesOnly === true;
}

/** Why a type (current token) needs no rule; undefined when it is not listed. */
export function reasonForNone(listed: UnreadTypes, type: string): string | undefined {
  const parts = type.split(":");
  const patterns = parts.map((_, length) => [...parts.slice(0, length), "*"].join(":")).slice(1);
  return [type, ...patterns].flatMap((key) => listed.get(key) ?? []).at(0);
}
