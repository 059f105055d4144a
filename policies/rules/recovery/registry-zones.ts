import { notApplicable } from "../../outcome";
import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const registryZones: PolicyRule = {
  id: "registry-zones",
  family: "recovery",
  benchmarkRow: 66,
  controls: ["CKV_AZURE_233"],
  description: "In production, Premium registries are spread over zones.",
  remediation: "Set zoneRedundancy to Enabled.",
  level: "mandatory",
  types: ["azure-native:containerregistry:Registry"],
  evaluate: (registry, stack) => {
    if (!stack.production) return notApplicable("the stack is not production");
    const premium = requireValue(read(registry, "sku.name"), { oneOf: ["Premium"], absent: "violates" });
    if (premium.outcome === "undecided") return premium;
    if (premium.outcome === "violation") return notApplicable("only Premium registries can");
    return requireValue(read(registry, "zoneRedundancy"), { oneOf: ["Enabled"], absent: "violates" });
  },
};
