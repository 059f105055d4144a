import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const storageInfrastructureEncryption: PolicyRule = {
  id: "storage-infrastructure-encryption",
  family: "encryption",
  benchmarkRow: 14,
  controls: ["CIS Azure 3.0 4.2", "MCSB v2 DP-4"],
  description: "Storage accounts encrypt twice: the service and the infrastructure below it.",
  remediation: "Set encryption.requireInfrastructureEncryption to true. It is fixed when the account is made.",
  level: "mandatory",
  types: ["azure-native:storage:StorageAccount"],
  evaluate: (account) =>
    requireValue(read(account, "encryption.requireInfrastructureEncryption"), { oneOf: [true], absent: "violates" }),
};
