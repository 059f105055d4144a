import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const vaultDefaultDeny: PolicyRule = {
  id: "vault-default-deny",
  family: "public-access",
  benchmarkRow: 61,
  controls: ["MCSB v1 NS-2", "CKV_AZURE_109"],
  description: "The firewalls of key vaults deny by default.",
  remediation: "Set properties.networkAcls.defaultAction to Deny.",
  level: "mandatory",
  types: ["azure-native:keyvault:Vault"],
  evaluate: (vault) =>
    requireValue(read(vault, "properties.networkAcls.defaultAction"), { oneOf: ["Deny"], absent: "violates" }),
};
