import { allOf } from "../../outcome";
import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const blobPointInTimeRestore: PolicyRule = {
  id: "blob-point-in-time-restore",
  family: "recovery",
  benchmarkRow: 20,
  controls: ["Own"],
  description: "All blobs of an account can be taken back to a point in time.",
  remediation:
    "Set changeFeed.enabled and restorePolicy.enabled to true, with restorePolicy.days below those of the soft delete.",
  // An option: versions and soft delete already bring each blob back; a change feed costs by the write, and Litestream writes every second.
  level: "disabled",
  types: ["azure-native:storage:BlobServiceProperties"],
  evaluate: (blobs) =>
    allOf([
      requireValue(read(blobs, "changeFeed.enabled"), { oneOf: [true], absent: "violates" }),
      requireValue(read(blobs, "restorePolicy.enabled"), { oneOf: [true], absent: "violates" }),
    ]),
};
