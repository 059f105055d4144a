import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const registryNoAnonymousPull: PolicyRule = {
  id: "registry-no-anonymous-pull",
  family: "public-access",
  benchmarkRow: 63,
  controls: ["MCSB v2 IM-1", "CKV_AZURE_138"],
  description: "Nobody pulls images from a container registry without an identity.",
  remediation: "Set anonymousPullEnabled to false.",
  level: "mandatory",
  types: ["azure-native:containerregistry:Registry"],
  evaluate: (registry) => requireValue(read(registry, "anonymousPullEnabled"), { oneOf: [false], absent: "complies" }),
};
