import type { PolicyRule } from "../../rule";
import { branchRuleTypes, checkBranchRule } from "../shared/branch-rules";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const branchResolvedConversations: PolicyRule = {
  id: "branch-resolved-conversations",
  family: "delivery",
  benchmarkRow: 74,
  controls: ["CIS GitHub 1.1.x"],
  description: "Conversations are resolved before a change is merged.",
  remediation:
    "Set rules.pullRequest.requiredReviewThreadResolution (requireConversationResolution for branch protections) to true.",
  level: "mandatory",
  types: branchRuleTypes,
  evaluate: (resource) =>
    checkBranchRule(resource, {
      ruleset: () =>
        requireValue(read(resource, "rules.pullRequest.requiredReviewThreadResolution"), {
          oneOf: [true],
          absent: "violates",
        }),
      protection: () =>
        requireValue(read(resource, "requireConversationResolution"), { oneOf: [true], absent: "violates" }),
    }),
};
