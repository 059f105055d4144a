import type { PolicyRule } from "../../rule";
import { branchRuleTypes, checkBranchRule, reviewSetting } from "../shared/branch-rules";
import { read } from "../shared/property-reading";
import { requireNumber } from "../shared/requirements";

export const branchApprovals: PolicyRule = {
  id: "branch-approvals",
  family: "delivery",
  benchmarkRow: 74,
  controls: ["CIS GitHub 1.1.x", "CKV_GIT_5/6"],
  description: "As many people approve a change as the stack's approvals say: 2 in production.",
  remediation:
    "Raise rules.pullRequest.requiredApprovingReviewCount (requiredPullRequestReviews[].requiredApprovingReviewCount for branch protections).",
  level: "mandatory",
  types: branchRuleTypes,
  evaluate: (resource, stack) => {
    const enough = { atLeast: stack.approvals, absent: "violates" } as const;
    return checkBranchRule(resource, {
      ruleset: () => requireNumber(read(resource, "rules.pullRequest.requiredApprovingReviewCount"), enough),
      protection: () => requireNumber(reviewSetting(resource, "requiredApprovingReviewCount"), enough),
    });
  },
};
