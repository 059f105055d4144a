import { allOf, type RuleOutcome, violation } from "../../outcome";
import type { PolicyRule } from "../../rule";
import { type Reading, read, readWithin } from "../shared/property-reading";
import { requireSet } from "../shared/requirements";

/** The tags by which resources are found, billed and cleaned up. */
export const requiredTagNames = ["Project", "Environment", "ManagedBy", "Team", "CostCenter"] as const;

export const requiredTags: PolicyRule = {
  id: "required-tags",
  family: "tagging",
  controls: ["Own"],
  description: `Every resource that takes tags has ${requiredTagNames.join(", ")}.`,
  remediation:
    "Register the stack's tags (components/tags) before the first resource, or add the tags to the resource.",
  // As the plan of this project's systems has it. Stacks whose tags come from one place ask for more.
  level: "advisory",
  types: "taggable",
  evaluate: (resource) => {
    const tags = read(resource, "tags");
    return allOf(requiredTagNames.map((name) => requireTag(tags, name)));
  },
};

function requireTag(tags: Reading, name: string): RuleOutcome {
  const tag = readWithin(tags, name);
  const outcome = requireSet(tag);
  return outcome.outcome === "violation" ? violation(tag.path, "is missing or empty") : outcome;
}
