import { notApplicable } from "../../outcome";
import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const registryPremium: PolicyRule = {
  id: "registry-premium",
  family: "recovery",
  benchmarkRow: 64,
  controls: ["Own"],
  description: "In production, container registries are of the kind that can be private, replicated and cleaned up.",
  remediation: "Set sku.name to Premium.",
  level: "mandatory",
  types: ["azure-native:containerregistry:Registry"],
  evaluate: (registry, stack) => {
    if (!stack.production) return notApplicable("the stack is not production");
    return requireValue(read(registry, "sku.name"), { oneOf: ["Premium"], absent: "violates" });
  },
};
