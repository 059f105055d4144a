import { isRecord, mapping, type PolicyFileProblems, text } from "./policy-file";
import type { RuleLevel } from "./rule";

const knownLevels: readonly RuleLevel[] = ["mandatory", "advisory", "disabled"];

/** A rule's level in one stack. */
export interface LoweredLevel {
  readonly rule: string;
  readonly level: RuleLevel;
  /** Given for every level but `mandatory`. */
  readonly reason: string | undefined;
}

/**
 * Reads the levels of a stack's parameters: `rule: mandatory`, or with a reason
 * `rule: { level: disabled, reason: … }`. Only what makes a rule stricter goes without one.
 *
 * @param ruleIds the rules that may be named
 */
export function ruleLevels(value: unknown, ruleIds: readonly string[], problems: PolicyFileProblems): LoweredLevel[] {
  if (value === undefined || value === null) return [];
  const content = mapping(value, "levels", ruleIds, problems);
  return Object.entries(content).flatMap(([rule, given]) => levelOf(rule, given, problems));
}

function levelOf(rule: string, given: unknown, problems: PolicyFileProblems): LoweredLevel[] {
  const path = `levels.${rule}`;
  const content = isRecord(given) ? mapping(given, path, ["level", "reason"], problems) : { level: given };
  const level = knownLevels.find((known) => known === content.level);
  if (level === undefined) {
    problems.add(path, `expected ${knownLevels.join(", ")}, got ${JSON.stringify(content.level)}`);
    return [];
  }
  if (level === "mandatory") return [{ rule, level, reason: undefined }];
  if (isRecord(given)) return [{ rule, level, reason: text(content, "reason", path, problems) }];
  problems.add(path, `expected { level: ${level}, reason: … }: what is not mandatory has a reason`);
  return [];
}
