import { notApplicable, type RuleOutcome } from "../../outcome";
import type { PolicyResource } from "../../rule";
import { comparable, items, type Reading, read, readWithin } from "./property-reading";

/** What protects branches: rulesets, and the older branch protections. */
export const branchRuleTypes = [
  "github:index/repositoryRuleset:RepositoryRuleset",
  "github:index/branchProtection:BranchProtection",
];

/** Checks what a ruleset, or a branch protection, says of a branch. Rulesets for tags and pushes are not applicable. */
export function checkBranchRule(
  resource: PolicyResource,
  checks: { readonly ruleset: () => RuleOutcome; readonly protection: () => RuleOutcome },
): RuleOutcome {
  if (resource.type.endsWith(":BranchProtection")) return checks.protection();
  const target = read(resource, "target");
  const isBranch = target.state !== "known" || comparable(target.value) === "branch";
  return isBranch ? checks.ruleset() : notApplicable("the ruleset is not about branches");
}

/** A setting of the reviews that a branch protection asks for. They are a list of at most one. */
export function reviewSetting(protection: PolicyResource, name: string): Reading {
  const reviews = read(protection, "requiredPullRequestReviews");
  return readWithin(items(reviews)[0] ?? reviews, name);
}
