import { allOf, compliant, type RuleOutcome, undecided } from "../../outcome";
import type { PolicyRule } from "../../rule";
import { branchRuleTypes, checkBranchRule } from "../shared/branch-rules";
import { comparable, items, type Reading, read, readWithin } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const branchRulesEnforced: PolicyRule = {
  id: "branch-rules-enforced",
  family: "delivery",
  benchmarkRow: 74,
  controls: ["CIS GitHub 1.1.x"],
  description:
    "Rules for branches are enforced, for administrators too; who may go around them does so in a pull request.",
  remediation:
    "Set enforcement to active and bypassMode to pull_request for people (enforceAdmins to true for branch protections).",
  level: "mandatory",
  types: branchRuleTypes,
  evaluate: (resource) =>
    checkBranchRule(resource, {
      ruleset: () =>
        allOf([
          requireValue(read(resource, "enforcement"), { oneOf: ["active"], absent: "violates" }),
          ...items(read(resource, "bypassActors")).map(requireWitness),
        ]),
      protection: () => requireValue(read(resource, "enforceAdmins"), { oneOf: [true], absent: "violates" }),
    }),
};

/** Apps deploy by themselves; people show what they do. */
function requireWitness(actor: Reading): RuleOutcome {
  const type = readWithin(actor, "actorType");
  if (type.state === "unknown") return undecided(type.path);
  if (type.state === "known" && comparable(type.value) === "integration") return compliant;
  return requireValue(readWithin(actor, "bypassMode"), { oneOf: ["pull_request"], absent: "violates" });
}
