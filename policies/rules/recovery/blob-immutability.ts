import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireNumber } from "../shared/requirements";

export const blobImmutability: PolicyRule = {
  id: "blob-immutability",
  family: "recovery",
  benchmarkRow: 22,
  controls: ["AVM"],
  description: "What is immutable stays so for at least 7 days.",
  remediation: "Set immutabilityPeriodSinceCreationInDays to 7 or more.",
  level: "mandatory",
  types: ["azure-native:storage:BlobContainerImmutabilityPolicy"],
  evaluate: (policy) =>
    requireNumber(read(policy, "immutabilityPeriodSinceCreationInDays"), { atLeast: 7, absent: "violates" }),
};
