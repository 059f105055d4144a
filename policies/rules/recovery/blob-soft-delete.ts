import { allOf } from "../../outcome";
import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireNumber, requireValue } from "../shared/requirements";

export const blobSoftDelete: PolicyRule = {
  id: "blob-soft-delete",
  family: "recovery",
  benchmarkRow: 17,
  controls: ["CIS Azure 6.0 9.2.1", "CKV2_AZURE_38", "PSRule Azure.Storage.SoftDelete"],
  description: "Deleted blobs can be recovered for at least 7 days.",
  remediation: "Set deleteRetentionPolicy.enabled to true and its days to 7 or more.",
  level: "mandatory",
  types: ["azure-native:storage:BlobServiceProperties"],
  evaluate: (blobs) =>
    allOf([
      requireValue(read(blobs, "deleteRetentionPolicy.enabled"), { oneOf: [true], absent: "violates" }),
      requireNumber(read(blobs, "deleteRetentionPolicy.days"), { atLeast: 7, absent: "violates" }),
    ]),
};
