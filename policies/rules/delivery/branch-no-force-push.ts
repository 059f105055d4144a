import type { PolicyRule } from "../../rule";
import { branchRuleTypes, checkBranchRule } from "../shared/branch-rules";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const branchNoForcePush: PolicyRule = {
  id: "branch-no-force-push",
  family: "delivery",
  benchmarkRow: 74,
  controls: ["CIS GitHub 1.1.x"],
  description: "Nobody rewrites protected branches.",
  remediation: "Set rules.nonFastForward to true (allowsForcePushes to false for branch protections).",
  level: "mandatory",
  types: branchRuleTypes,
  evaluate: (resource) =>
    checkBranchRule(resource, {
      ruleset: () => requireValue(read(resource, "rules.nonFastForward"), { oneOf: [true], absent: "violates" }),
      protection: () => requireValue(read(resource, "allowsForcePushes"), { oneOf: [false], absent: "complies" }),
    }),
};
