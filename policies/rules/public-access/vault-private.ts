import { anyOf } from "../../outcome";
import type { PolicyRule } from "../../rule";
import { requireDeclaredAddressesOnly } from "../shared/declared-addresses";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const vaultPrivate: PolicyRule = {
  id: "vault-private",
  family: "public-access",
  benchmarkRow: 60,
  controls: ["CIS Azure 6.0 8.3.7", "MCSB v2 NS-2", "CKV_AZURE_189"],
  description: "Key vaults are closed to the internet, except for the addresses declared to reach them.",
  remediation:
    "Set properties.publicNetworkAccess to disabled and use a private endpoint, or deny by default in properties.networkAcls and list declared reachedBy addresses only.",
  level: "mandatory",
  types: ["azure-native:keyvault:Vault"],
  evaluate: (vault, stack) =>
    anyOf([
      requireValue(read(vault, "properties.publicNetworkAccess"), { oneOf: ["disabled"], absent: "violates" }),
      requireDeclaredAddressesOnly(
        { rules: read(vault, "properties.networkAcls"), address: "value", otherLists: ["virtualNetworkRules"] },
        stack,
      ),
    ]),
};
