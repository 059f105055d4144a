import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const storageHttpsOnly: PolicyRule = {
  id: "storage-https-only",
  family: "encryption",
  benchmarkRow: 1,
  controls: ["CIS Azure 6.0 9.3.4", "MCSB v1 DP-3", "CKV_AZURE_3", "PSRule Azure.Storage.SecureTransfer"],
  description: "Storage accounts answer over HTTPS only.",
  remediation: "Set enableHttpsTrafficOnly to true, or leave it out: on is the service's default.",
  level: "mandatory",
  types: ["azure-native:storage:StorageAccount"],
  evaluate: (account) => requireValue(read(account, "enableHttpsTrafficOnly"), { oneOf: [true], absent: "complies" }),
};
