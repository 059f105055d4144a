import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const storageNoPublicBlobs: PolicyRule = {
  id: "storage-no-public-blobs",
  family: "public-access",
  benchmarkRow: 3,
  controls: ["CIS Azure 6.0 9.3.8", "MCSB v1 NS-2", "CKV_AZURE_190", "CKV2_AZURE_47"],
  description: "Storage accounts allow no anonymous access to blobs.",
  remediation: "Set allowBlobPublicAccess to false.",
  level: "mandatory",
  types: ["azure-native:storage:StorageAccount"],
  evaluate: (account) => requireValue(read(account, "allowBlobPublicAccess"), { oneOf: [false], absent: "complies" }),
};
