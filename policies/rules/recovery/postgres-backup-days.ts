import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireNumber } from "../shared/requirements";

export const postgresBackupDays: PolicyRule = {
  id: "postgres-backup-days",
  family: "recovery",
  benchmarkRow: 26,
  controls: ["Own"],
  description: "PostgreSQL servers can be taken back as many days as the stack's backupDays say: 14 in production.",
  remediation: "Raise backup.backupRetentionDays.",
  level: "mandatory",
  types: ["azure-native:dbforpostgresql:Server"],
  evaluate: (server, stack) =>
    requireNumber(read(server, "backup.backupRetentionDays"), { atLeast: stack.backupDays, absent: "violates" }),
};
