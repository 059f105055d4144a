import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const vaultPurgeProtection: PolicyRule = {
  id: "vault-purge-protection",
  family: "encryption",
  benchmarkRow: 57,
  controls: ["CIS Azure 6.0 8.3.5", "MCSB v1 DP-8", "CKV_AZURE_110"],
  description: "Deleted vaults, keys and secrets cannot be purged before their retention ends.",
  remediation: "Set properties.enablePurgeProtection to true.",
  level: "mandatory",
  types: ["azure-native:keyvault:Vault"],
  evaluate: (vault) =>
    requireValue(read(vault, "properties.enablePurgeProtection"), { oneOf: [true], absent: "violates" }),
};
