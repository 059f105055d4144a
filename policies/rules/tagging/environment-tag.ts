import { notApplicable } from "../../outcome";
import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const environmentTag: PolicyRule = {
  id: "environment-tag",
  family: "tagging",
  controls: ["Own"],
  description: "The Environment tag names the environment of the stack.",
  remediation: "Leave the tag to the stack's tags (components/tags), or correct the stack's environment setting.",
  // See required-tags.
  level: "advisory",
  types: "taggable",
  evaluate: (resource, stack) => {
    const tag = read(resource, "tags.Environment");
    if (tag.state === "absent") return notApplicable("there is no Environment tag; required-tags reports that");
    return requireValue(tag, { oneOf: [stack.environment], absent: "violates" });
  },
};
