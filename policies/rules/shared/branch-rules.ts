import { notApplicable } from "../../outcome";
import type { PolicyResource, PolicyRule } from "../../rule";
import { comparable, items, type Reading, read, readWithin } from "./property-reading";

/** What protects branches: rulesets, and the older branch protections. */
export const branchRuleTypes = [
  "github:index/repositoryRuleset:RepositoryRuleset",
  "github:index/branchProtection:BranchProtection",
];

/** Checks what a ruleset, or a branch protection, says of a branch. Rulesets for tags and pushes are not applicable. */
export function checkBranchRule(
  ruleset: PolicyRule["evaluate"],
  protection: PolicyRule["evaluate"],
): PolicyRule["evaluate"] {
  return (resource, stack, today) => {
    if (resource.type.endsWith(":BranchProtection")) return protection(resource, stack, today);
    const target = read(resource, "target");
    const isBranch = target.state === "absent" || comparable(target.value) === "branch";
    return isBranch ? ruleset(resource, stack, today) : notApplicable("the ruleset is not about branches");
  };
}

/** A setting of the reviews that a branch protection asks for. They are a list of at most one. */
export function reviewSetting(protection: PolicyResource, name: string): Reading {
  const reviews = read(protection, "requiredPullRequestReviews");
  return readWithin(items(reviews)[0] ?? reviews, name);
}
