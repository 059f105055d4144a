import { notApplicable, violation } from "../../outcome";
import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireNumber } from "../shared/requirements";
import { tierOf, tierPromises } from "../shared/service-tiers";

export const jobWithinTier: PolicyRule = {
  id: "job-within-tier",
  family: "recovery",
  benchmarkRow: 51,
  controls: ["Own"],
  description: "In production, jobs have a tier, and end within the time that the tier may be away.",
  remediation: "Declare the job in the stack's tiers, or lower configuration.replicaTimeout.",
  level: "mandatory",
  types: ["azure-native:app:Job"],
  evaluate: (job, stack) => {
    if (!stack.production) return notApplicable("the stack is not production");
    const tier = tierOf(job.name, stack.tiers);
    if (tier === undefined) return violation(job.name, "has no tier, so nobody knows what it promises");
    const atMost = tierPromises[tier].awayMinutes * 60;
    return requireNumber(read(job, "configuration.replicaTimeout"), { atMost, absent: "violates" });
  },
};
