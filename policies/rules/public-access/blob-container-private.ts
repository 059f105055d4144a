import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const blobContainerPrivate: PolicyRule = {
  id: "blob-container-private",
  family: "public-access",
  benchmarkRow: 21,
  controls: ["CKV_AZURE_34", "PSRule Azure.Storage.BlobAccessType"],
  description: "Blob containers allow no anonymous access.",
  remediation: "Set publicAccess to None, or leave it out: None is the service's default.",
  level: "mandatory",
  types: ["azure-native:storage:BlobContainer"],
  evaluate: (container) => requireValue(read(container, "publicAccess"), { oneOf: ["None"], absent: "complies" }),
};
