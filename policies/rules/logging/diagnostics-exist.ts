import { typesWith } from "../../../lib/resource-types";
import type { StackRule } from "../../rule";
import { requireCompanion } from "../../stack-members";

export const diagnosticsExist: StackRule = {
  id: "diagnostics-exist",
  family: "logging",
  benchmarkRow: 72,
  controls: ["CIS Azure 6.0 6.1.4", "MCSB v1 LT-3"],
  description: "Storage accounts, vaults, servers, registries, environments and caches send their logs to a workspace.",
  remediation: "Make a DiagnosticSetting with the resource's id as its resourceUri.",
  level: "mandatory",
  types: typesWith("sendsLogs"),
  companions: ["azure-native:monitor:DiagnosticSetting"],
  evaluate: (subject, members) =>
    requireCompanion(subject, members, {
      type: "azure-native:monitor:DiagnosticSetting",
      property: "resourceUri",
      missing: "has no diagnostic setting",
    }),
};
