import { notApplicable } from "../../outcome";
import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const registryRetention: PolicyRule = {
  id: "registry-retention",
  family: "recovery",
  benchmarkRow: 66,
  controls: ["CKV_AZURE_167"],
  description: "Premium registries take away images that nothing names any more.",
  remediation: "Set policies.retentionPolicy.status to enabled.",
  level: "mandatory",
  types: ["azure-native:containerregistry:Registry"],
  evaluate: (registry) => {
    const premium = requireValue(read(registry, "sku.name"), { oneOf: ["Premium"], absent: "violates" });
    if (premium.outcome === "undecided") return premium;
    if (premium.outcome === "violation") return notApplicable("only Premium registries can");
    return requireValue(read(registry, "policies.retentionPolicy.status"), { oneOf: ["enabled"], absent: "violates" });
  },
};
