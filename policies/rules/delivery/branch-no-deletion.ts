import type { PolicyRule } from "../../rule";
import { branchRuleTypes, checkBranchRule } from "../shared/branch-rules";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const branchNoDeletion: PolicyRule = {
  id: "branch-no-deletion",
  family: "delivery",
  benchmarkRow: 74,
  controls: ["CIS GitHub 1.1.x"],
  description: "Nobody deletes protected branches.",
  remediation: "Set rules.deletion to true (allowsDeletions to false for branch protections).",
  level: "mandatory",
  types: branchRuleTypes,
  evaluate: (resource) =>
    checkBranchRule(resource, {
      ruleset: () => requireValue(read(resource, "rules.deletion"), { oneOf: [true], absent: "violates" }),
      protection: () => requireValue(read(resource, "allowsDeletions"), { oneOf: [false], absent: "complies" }),
    }),
};
