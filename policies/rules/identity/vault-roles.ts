import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const vaultRoles: PolicyRule = {
  id: "vault-roles",
  family: "identity",
  benchmarkRow: 59,
  controls: ["CIS Azure 6.0 8.3.6", "MCSB v1 PA-7", "PSRule Azure.KeyVault.RBAC"],
  description: "Who may read a vault is said by roles, not by the vault's own list.",
  remediation: "Set properties.enableRbacAuthorization to true.",
  level: "mandatory",
  types: ["azure-native:keyvault:Vault"],
  evaluate: (vault) =>
    requireValue(read(vault, "properties.enableRbacAuthorization"), { oneOf: [true], absent: "violates" }),
};
