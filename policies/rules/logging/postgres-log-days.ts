import type { PolicyRule } from "../../rule";
import { checkParameter } from "../shared/postgres-parameter";
import { requireNumber } from "../shared/requirements";

export const postgresLogDays: PolicyRule = {
  id: "postgres-log-days",
  family: "logging",
  benchmarkRow: 38,
  controls: ["CIS Azure 3.0 5.2.4", "Azure Policy f5ed3f7a"],
  description: "PostgreSQL servers keep their log files for at least 7 days.",
  remediation: "Set the server parameter logfiles.retention_days to 7.",
  level: "mandatory",
  types: ["azure-native:dbforpostgresql:Configuration"],
  evaluate: (parameter) =>
    checkParameter(parameter, {
      "logfiles.retention_days": (value) => requireNumber(value, { atLeast: 7, absent: "violates" }),
    }),
};
