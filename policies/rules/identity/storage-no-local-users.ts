import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const storageNoLocalUsers: PolicyRule = {
  id: "storage-no-local-users",
  family: "identity",
  benchmarkRow: 12,
  controls: ["CKV_AZURE_244"],
  description: "Storage accounts have no users of their own with passwords or keys.",
  remediation: "Set isLocalUserEnabled to false.",
  level: "mandatory",
  types: ["azure-native:storage:StorageAccount"],
  evaluate: (account) => requireValue(read(account, "isLocalUserEnabled"), { oneOf: [false], absent: "violates" }),
};
