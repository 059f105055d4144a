import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const registryNoAdminUser: PolicyRule = {
  id: "registry-no-admin-user",
  family: "public-access",
  benchmarkRow: 63,
  controls: ["MCSB v2 IM-1", "CKV_AZURE_137"],
  description: "Container registries know their callers by identity; there is no admin password.",
  remediation: "Set adminUserEnabled to false and give each caller the AcrPull or AcrPush role.",
  level: "mandatory",
  types: ["azure-native:containerregistry:Registry"],
  evaluate: (registry) => requireValue(read(registry, "adminUserEnabled"), { oneOf: [false], absent: "complies" }),
};
