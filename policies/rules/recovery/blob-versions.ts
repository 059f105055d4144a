import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const blobVersions: PolicyRule = {
  id: "blob-versions",
  family: "recovery",
  benchmarkRow: 19,
  controls: ["CIS Azure 6.0 9.2.3"],
  description: "Overwritten blobs are kept as versions.",
  remediation: "Set isVersioningEnabled to true.",
  level: "mandatory",
  types: ["azure-native:storage:BlobServiceProperties"],
  evaluate: (blobs) => requireValue(read(blobs, "isVersioningEnabled"), { oneOf: [true], absent: "violates" }),
};
