import type { PolicyRule } from "../../rule";
import { branchRuleTypes, checkBranchRule } from "../shared/branch-rules";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const branchSignedCommits: PolicyRule = {
  id: "branch-signed-commits",
  family: "delivery",
  benchmarkRow: 74,
  controls: ["CKV_GIT_5/6"],
  description: "Commits on protected branches are signed.",
  remediation: "Set rules.requiredSignatures (requireSignedCommits for branch protections) to true.",
  level: "mandatory",
  types: branchRuleTypes,
  evaluate: (resource) =>
    checkBranchRule(resource, {
      ruleset: () => requireValue(read(resource, "rules.requiredSignatures"), { oneOf: [true], absent: "violates" }),
      protection: () => requireValue(read(resource, "requireSignedCommits"), { oneOf: [true], absent: "violates" }),
    }),
};
