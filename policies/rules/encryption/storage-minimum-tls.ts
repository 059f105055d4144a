import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const storageMinimumTls: PolicyRule = {
  id: "storage-minimum-tls",
  family: "encryption",
  benchmarkRow: 2,
  controls: ["CIS Azure 6.0 9.3.6", "MCSB v2 DP-3", "CKV_AZURE_44"],
  description: "Storage accounts refuse TLS below 1.2.",
  remediation: "Set minimumTlsVersion to TLS1_2.",
  level: "mandatory",
  types: ["azure-native:storage:StorageAccount"],
  // Not set fails: accounts made with older API versions got TLS 1.0.
  evaluate: (account) =>
    requireValue(read(account, "minimumTlsVersion"), { oneOf: ["TLS1_2", "TLS1_3"], absent: "violates" }),
};
