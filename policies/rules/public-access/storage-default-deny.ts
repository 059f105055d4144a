import type { PolicyRule } from "../../rule";
import { requireDeclaredAddressesOnly, storageFirewall } from "../shared/declared-addresses";
import { read } from "../shared/property-reading";

export const storageDefaultDeny: PolicyRule = {
  id: "storage-default-deny",
  family: "public-access",
  benchmarkRow: 6,
  controls: ["CIS Azure 6.0 9.3.2.3", "MCSB v1 NS-2", "CKV_AZURE_35"],
  description:
    "The firewalls of storage accounts deny by default and let in nothing but the addresses declared to reach them.",
  remediation: "Set networkRuleSet.defaultAction to Deny and list declared reachedBy addresses only.",
  level: "mandatory",
  types: ["azure-native:storage:StorageAccount"],
  evaluate: (account, stack) => requireDeclaredAddressesOnly(storageFirewall(read(account, "networkRuleSet")), stack),
};
