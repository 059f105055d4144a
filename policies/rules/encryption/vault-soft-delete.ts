import { allOf } from "../../outcome";
import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const vaultSoftDelete: PolicyRule = {
  id: "vault-soft-delete",
  family: "encryption",
  benchmarkRow: 58,
  controls: ["MCSB v1 DP-8", "CKV_AZURE_111"],
  description: "Deleted vaults, keys and secrets can be recovered for 90 days.",
  remediation:
    "Set properties.enableSoftDelete to true and properties.softDeleteRetentionInDays to 90, or leave them out: these are the defaults.",
  level: "mandatory",
  types: ["azure-native:keyvault:Vault"],
  evaluate: (vault) =>
    allOf([
      requireValue(read(vault, "properties.enableSoftDelete"), { oneOf: [true], absent: "complies" }),
      requireValue(read(vault, "properties.softDeleteRetentionInDays"), { oneOf: [90], absent: "complies" }),
    ]),
};
