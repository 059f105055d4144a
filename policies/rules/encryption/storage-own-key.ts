import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const storageOwnKey: PolicyRule = {
  id: "storage-own-key",
  family: "encryption",
  benchmarkRow: 15,
  controls: ["CIS Azure 3.0 4.11", "MCSB v1 DP-5", "CKV2_AZURE_1"],
  description: "Storage accounts are encrypted with a key of our own.",
  remediation: "Set encryption.keySource to Microsoft.Keyvault and name the key in encryption.keyVaultProperties.",
  // An option: Microsoft's keys encrypt as well; one's own is for who must be able to withdraw it, and can lose everything with it.
  level: "disabled",
  types: ["azure-native:storage:StorageAccount"],
  evaluate: (account) =>
    requireValue(read(account, "encryption.keySource"), { oneOf: ["Microsoft.Keyvault"], absent: "violates" }),
};
