import type { PolicyRule } from "../../rule";
import { checkParameter } from "../shared/postgres-parameter";
import { requireListed } from "../shared/requirements";

export const postgresAudit: PolicyRule = {
  id: "postgres-audit",
  family: "logging",
  benchmarkRow: 41,
  controls: ["Azure Policy dd626066", "Azure Policy eadbb524"],
  description: "PostgreSQL servers audit changes of roles, schemas and settings.",
  remediation: "Name pgaudit in shared_preload_libraries, and role,ddl,misc in pgaudit.log.",
  level: "mandatory",
  types: ["azure-native:dbforpostgresql:Configuration"],
  evaluate: (parameter) =>
    checkParameter(parameter, {
      shared_preload_libraries: (value) => requireListed(value, ["pgaudit"]),
      "pgaudit.log": (value) => requireListed(value, ["role", "ddl", "misc"]),
    }),
};
