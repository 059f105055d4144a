import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireSet } from "../shared/requirements";

export const storageSasExpiry: PolicyRule = {
  id: "storage-sas-expiry",
  family: "identity",
  benchmarkRow: 11,
  controls: ["CKV2_AZURE_41"],
  description: "Storage accounts say for how long a shared access signature may be valid.",
  remediation: "Set sasPolicy.sasExpirationPeriod.",
  level: "mandatory",
  types: ["azure-native:storage:StorageAccount"],
  evaluate: (account) => requireSet(read(account, "sasPolicy.sasExpirationPeriod")),
};
