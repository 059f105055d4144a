import { allOf, compliant, notApplicable, type RuleOutcome, violation } from "../outcome";
import { rulesOf } from "../rule";
import { anyReading, type Reading, read, readWithin } from "./shared/property-reading";
import { requireSet } from "./shared/requirements";

/** The tags by which resources are found, billed and cleaned up. */
const requiredTagNames = ["Project", "Environment", "ManagedBy", "Team", "CostCenter"] as const;

export const taggingRules = rulesOf("tagging", [
  {
    id: "environment-tag",
    controls: ["Own"],
    description: "The Environment tag names the environment of the stack.",
    remediation: "Leave the tag to the stack's tags (components/tags), or correct the stack's environment setting.",
    // See required-tags.
    level: "advisory",
    types: "taggable",
    evaluate: (resource, stack) => {
      const tag = read(resource, "tags.Environment");
      if (tag.state === "absent") return notApplicable("there is no Environment tag; required-tags reports that");
      return requireExactly(tag, stack.environment);
    },
  },
  {
    id: "managed-by-tag",
    controls: ["Own"],
    description: "The ManagedBy tag says pulumi, so that nobody changes the resource by hand.",
    remediation: "Leave the tag to the stack's tags (components/tags).",
    types: "taggable",
    evaluate: (resource) => {
      const tag = read(resource, "tags.ManagedBy");
      if (tag.state === "absent") return notApplicable("there is no ManagedBy tag; required-tags reports that");
      return requireExactly(tag, "pulumi");
    },
  },
  {
    id: "not-expired",
    controls: ["Own"],
    description: "What is tagged with ExpiresAt is still within its time.",
    remediation: "Destroy it, or move the day in ExpiresAt.",
    types: "taggable",
    evaluate: (resource, _stack, today) => {
      const tag = read(resource, "tags.ExpiresAt");
      if (tag.state === "absent") return notApplicable("it has no ExpiresAt tag");
      const day = String(tag.value).slice(0, 10);
      if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) return violation(tag.path, "is not a day, expected YYYY-MM-DD");
      return day < today ? violation(tag.path, `was ${day}`) : compliant;
    },
  },
  {
    id: "required-tags",
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
  },
]);

/** Azure takes the names of tags in any case, but compares their values letter by letter. */
function requireExactly(tag: Reading, expected: string): RuleOutcome {
  const isExact = anyReading([tag], (value) => value === expected);
  return isExact ? compliant : violation(tag.path, `is not "${expected}"`);
}

function requireTag(tags: Reading, name: string): RuleOutcome {
  const tag = readWithin(tags, name);
  const outcome = requireSet(tag);
  return outcome.outcome === "violation" ? violation(tag.path, "is missing or empty") : outcome;
}
