import { notApplicable } from "../../outcome";
import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const storageGeoRedundant: PolicyRule = {
  id: "storage-geo-redundant",
  family: "recovery",
  benchmarkRow: 13,
  controls: ["CIS Azure 6.0 9.3.11", "CKV_AZURE_206", "PSRule Azure.Storage.UseReplication"],
  description: "In production, storage accounts keep a copy in a second region.",
  remediation: "Set sku.name to Standard_RAGRS, Standard_GRS, Standard_GZRS or Standard_RAGZRS.",
  level: "mandatory",
  types: ["azure-native:storage:StorageAccount"],
  evaluate: (account, stack) => {
    if (!stack.production) return notApplicable("the stack is not production");
    return requireValue(read(account, "sku.name"), {
      oneOf: ["Standard_RAGRS", "Standard_GRS", "Standard_GZRS", "Standard_RAGZRS"],
      absent: "violates",
    });
  },
};
