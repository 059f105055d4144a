import { notApplicable } from "../../outcome";
import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const registryPrivate: PolicyRule = {
  id: "registry-private",
  family: "public-access",
  benchmarkRow: 64,
  controls: ["MCSB v2 NS-2", "CKV_AZURE_139"],
  description: "In production, container registries are closed to the internet.",
  remediation: "Set publicNetworkAccess to Disabled and use a private endpoint.",
  level: "mandatory",
  types: ["azure-native:containerregistry:Registry"],
  evaluate: (registry, stack) => {
    if (!stack.production) return notApplicable("the stack is not production");
    return requireValue(read(registry, "publicNetworkAccess"), { oneOf: ["Disabled"], absent: "violates" });
  },
};
