import { notApplicable } from "../../outcome";
import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const managedByTag: PolicyRule = {
  id: "managed-by-tag",
  family: "tagging",
  controls: ["Own"],
  description: "The ManagedBy tag says pulumi, so that nobody changes the resource by hand.",
  remediation: "Leave the tag to the stack's tags (components/tags).",
  level: "mandatory",
  types: "taggable",
  evaluate: (resource) => {
    const tag = read(resource, "tags.ManagedBy");
    if (tag.state === "absent") return notApplicable("there is no ManagedBy tag; required-tags reports that");
    return requireValue(tag, { oneOf: ["pulumi"], absent: "violates" });
  },
};
