import type { PolicyRule } from "../../rule";
import { requireParameter } from "../shared/postgres-parameter";

export const postgresLogCheckpoints: PolicyRule = {
  id: "postgres-log-checkpoints",
  family: "logging",
  benchmarkRow: 37,
  controls: ["CIS Azure 3.0 5.2.2", "Azure Policy 70be9e12"],
  description: "PostgreSQL servers log checkpoints.",
  remediation: "Set the server parameter log_checkpoints to on.",
  level: "mandatory",
  types: ["azure-native:dbforpostgresql:Configuration"],
  evaluate: (parameter) => requireParameter(parameter, "log_checkpoints", { oneOf: ["on"], absent: "violates" }),
};
