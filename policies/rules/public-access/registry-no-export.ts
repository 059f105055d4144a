import { notApplicable } from "../../outcome";
import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const registryNoExport: PolicyRule = {
  id: "registry-no-export",
  family: "public-access",
  benchmarkRow: 65,
  controls: ["Azure Policy 524b0254"],
  description: "Nobody copies images out of a registry into another.",
  remediation: "Set policies.exportPolicy.status to disabled.",
  level: "mandatory",
  types: ["azure-native:containerregistry:Registry"],
  evaluate: (registry) => {
    const premium = requireValue(read(registry, "sku.name"), { oneOf: ["Premium"], absent: "violates" });
    if (premium.outcome === "undecided") return premium;
    if (premium.outcome === "violation") return notApplicable("only Premium registries can");
    return requireValue(read(registry, "policies.exportPolicy.status"), { oneOf: ["disabled"], absent: "violates" });
  },
};
