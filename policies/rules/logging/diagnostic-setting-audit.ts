import { allOf, anyOf, violation } from "../../outcome";
import type { PolicyRule } from "../../rule";
import { items, read, readWithin } from "../shared/property-reading";
import { requireSet, requireValue } from "../shared/requirements";

export const diagnosticSettingAudit: PolicyRule = {
  id: "diagnostic-setting-audit",
  family: "logging",
  benchmarkRow: 72,
  controls: ["CIS Azure 6.0 6.1.4", "MCSB v1 LT-3"],
  description: "Diagnostic settings send at least the audit logs to a workspace.",
  remediation: "Enable a log with categoryGroup audit or allLogs, and give workspaceId.",
  level: "mandatory",
  types: ["azure-native:monitor:DiagnosticSetting"],
  evaluate: (setting) => {
    const logs = read(setting, "logs");
    const sent = items(logs).map((log) =>
      allOf([
        requireValue(readWithin(log, "categoryGroup"), { oneOf: ["audit", "allLogs"], absent: "violates" }),
        requireValue(readWithin(log, "enabled"), { oneOf: [true], absent: "violates" }),
      ]),
    );
    const audited = sent.length === 0 ? violation(logs.path, "is empty") : anyOf(sent);
    return allOf([audited, requireSet(read(setting, "workspaceId"))]);
  },
};
