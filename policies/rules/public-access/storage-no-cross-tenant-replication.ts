import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const storageNoCrossTenantReplication: PolicyRule = {
  id: "storage-no-cross-tenant-replication",
  family: "public-access",
  benchmarkRow: 8,
  controls: ["CIS Azure 6.0 9.3.7"],
  description: "Storage accounts replicate nothing into other tenants.",
  remediation: "Set allowCrossTenantReplication to false.",
  level: "mandatory",
  types: ["azure-native:storage:StorageAccount"],
  evaluate: (account) =>
    requireValue(read(account, "allowCrossTenantReplication"), { oneOf: [false], absent: "complies" }),
};
