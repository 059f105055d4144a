import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireNumber } from "../shared/requirements";

export const storageKeyExpiry: PolicyRule = {
  id: "storage-key-expiry",
  family: "identity",
  benchmarkRow: 10,
  controls: ["CIS Azure 6.0 9.3.1.1", "MCSB v2 DP-6"],
  description: "Keys of storage accounts count as expired after at most 90 days.",
  remediation: "Set keyPolicy.keyExpirationPeriodInDays to 90.",
  level: "mandatory",
  types: ["azure-native:storage:StorageAccount"],
  evaluate: (account) =>
    requireNumber(read(account, "keyPolicy.keyExpirationPeriodInDays"), { atMost: 90, absent: "violates" }),
};
