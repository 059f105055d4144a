import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireSet } from "../shared/requirements";

export const vaultSecretExpiry: PolicyRule = {
  id: "vault-secret-expiry",
  family: "identity",
  benchmarkRow: 62,
  controls: ["CIS Azure 6.0 8.3.3", "CKV_AZURE_41"],
  description: "Secrets in vaults expire, so that they are renewed.",
  remediation: "Set properties.attributes.expires.",
  level: "mandatory",
  types: ["azure-native:keyvault:Secret"],
  evaluate: (secret) => requireSet(read(secret, "properties.attributes.expires")),
};
