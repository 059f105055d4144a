import type { PolicyRule } from "../../rule";
import { branchRuleTypes, checkBranchRule } from "../shared/branch-rules";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const branchLinearHistory: PolicyRule = {
  id: "branch-linear-history",
  family: "delivery",
  benchmarkRow: 74,
  controls: ["CIS GitHub 1.1.x"],
  description: "Protected branches have a linear history.",
  remediation: "Set rules.requiredLinearHistory (requiredLinearHistory for branch protections) to true.",
  level: "mandatory",
  types: branchRuleTypes,
  evaluate: (resource) =>
    checkBranchRule(resource, {
      ruleset: () => requireValue(read(resource, "rules.requiredLinearHistory"), { oneOf: [true], absent: "violates" }),
      protection: () => requireValue(read(resource, "requiredLinearHistory"), { oneOf: [true], absent: "violates" }),
    }),
};
