import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const storageDefaultEntra: PolicyRule = {
  id: "storage-default-entra",
  family: "identity",
  benchmarkRow: 9,
  controls: ["CIS Azure 6.0 9.3.3.1"],
  description: "The portal and other tools open storage accounts with Entra, not with a key.",
  remediation: "Set defaultToOAuthAuthentication to true.",
  level: "mandatory",
  types: ["azure-native:storage:StorageAccount"],
  evaluate: (account) =>
    requireValue(read(account, "defaultToOAuthAuthentication"), { oneOf: [true], absent: "violates" }),
};
