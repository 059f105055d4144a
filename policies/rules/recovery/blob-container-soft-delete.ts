import { allOf } from "../../outcome";
import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireNumber, requireValue } from "../shared/requirements";

export const blobContainerSoftDelete: PolicyRule = {
  id: "blob-container-soft-delete",
  family: "recovery",
  benchmarkRow: 18,
  controls: ["CIS Azure 6.0 9.2.2"],
  description: "Deleted blob containers can be recovered for at least 7 days.",
  remediation: "Set containerDeleteRetentionPolicy.enabled to true and its days to 7 or more.",
  level: "mandatory",
  types: ["azure-native:storage:BlobServiceProperties"],
  evaluate: (blobs) =>
    allOf([
      requireValue(read(blobs, "containerDeleteRetentionPolicy.enabled"), { oneOf: [true], absent: "violates" }),
      requireNumber(read(blobs, "containerDeleteRetentionPolicy.days"), { atLeast: 7, absent: "violates" }),
    ]),
};
