import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const storageNoAccountKeys: PolicyRule = {
  id: "storage-no-account-keys",
  family: "public-access",
  benchmarkRow: 4,
  controls: ["CIS Azure 6.0 9.3.1.3", "MCSB v1 IM-1", "CKV2_AZURE_40"],
  description: "Storage accounts know their callers by identity; account keys open nothing.",
  remediation: "Set allowSharedKeyAccess to false and give each caller a role.",
  level: "mandatory",
  types: ["azure-native:storage:StorageAccount"],
  evaluate: (account) => requireValue(read(account, "allowSharedKeyAccess"), { oneOf: [false], absent: "violates" }),
};
