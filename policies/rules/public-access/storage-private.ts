import { anyOf } from "../../outcome";
import type { PolicyRule } from "../../rule";
import { requireDeclaredAddressesOnly, storageFirewall } from "../shared/declared-addresses";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const storagePrivate: PolicyRule = {
  id: "storage-private",
  family: "public-access",
  benchmarkRow: 5,
  controls: ["CIS Azure 6.0 9.3.2.2", "MCSB v2 NS-2", "CKV_AZURE_59"],
  description: "Storage accounts are closed to the internet, except for the addresses declared to reach them.",
  remediation:
    "Set publicNetworkAccess to Disabled and use a private endpoint, or deny by default and list declared reachedBy addresses only.",
  level: "mandatory",
  types: ["azure-native:storage:StorageAccount"],
  evaluate: (account, stack) =>
    anyOf([
      requireValue(read(account, "publicNetworkAccess"), { oneOf: ["Disabled"], absent: "violates" }),
      requireDeclaredAddressesOnly(storageFirewall(read(account, "networkRuleSet")), stack),
    ]),
};
