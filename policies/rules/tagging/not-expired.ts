import { compliant, notApplicable, undecided, violation } from "../../outcome";
import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";

export const notExpired: PolicyRule = {
  id: "not-expired",
  family: "tagging",
  controls: ["Own"],
  description: "What is tagged with ExpiresAt is still within its time.",
  remediation: "Destroy it, or move the day in ExpiresAt.",
  level: "mandatory",
  types: "taggable",
  evaluate: (resource, _stack, today) => {
    const tag = read(resource, "tags.ExpiresAt");
    if (tag.state === "absent") return notApplicable("it has no ExpiresAt tag");
    if (tag.state === "unknown") return undecided(tag.path);
    const day = String(tag.value).slice(0, 10);
    if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) return violation(tag.path, "is not a day, expected YYYY-MM-DD");
    return day < today ? violation(tag.path, `was ${day}`) : compliant;
  },
};
