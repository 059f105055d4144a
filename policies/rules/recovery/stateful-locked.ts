import { notApplicable } from "../../outcome";
import type { StackRule } from "../../rule";
import { requireCompanion } from "../../stack-members";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const statefulLocked: StackRule = {
  id: "stateful-locked",
  family: "recovery",
  benchmarkRow: 16,
  controls: ["CIS Azure 6.0 9.3.9"],
  description: "In production, a lock keeps storage accounts and PostgreSQL servers from being deleted.",
  remediation: "Make a ManagementLockByScope with level CanNotDelete and the resource's id as its scope.",
  level: "mandatory",
  types: ["azure-native:storage:StorageAccount", "azure-native:dbforpostgresql:Server"],
  companions: ["azure-native:authorization:ManagementLockByScope"],
  evaluate: (subject, members, stack) => {
    if (!stack.production) return notApplicable("the stack is not production");
    return requireCompanion(subject, members, {
      type: lock,
      property: "scope",
      missing: "has no lock against deletion",
      accepts: (found) =>
        requireValue(read(found, "level"), { oneOf: ["CanNotDelete", "ReadOnly"], absent: "violates" }),
    });
  },
};

const lock = "azure-native:authorization:ManagementLockByScope";
