import type { PolicyRule, StackRule } from "./rule";
import { everyRule } from "./rules.generated";

/** The rules about one resource each. */
export const rules: readonly PolicyRule[] = everyRule.filter(isResourceRule);

/** The rules about what must be beside a resource. */
export const stackRules: readonly StackRule[] = everyRule.filter(isStackRule);

export const ruleIds: readonly string[] = everyRule.map(({ id }) => id);

function isStackRule(rule: PolicyRule | StackRule): rule is StackRule {
  return "companions" in rule;
}

function isResourceRule(rule: PolicyRule | StackRule): rule is PolicyRule {
  return !isStackRule(rule);
}
