import type { PolicyRule } from "../../rule";
import { requireParameter } from "../shared/postgres-parameter";

export const postgresMinimumTls: PolicyRule = {
  id: "postgres-minimum-tls",
  family: "encryption",
  benchmarkRow: 36,
  controls: ["MCSB v2 DP-3", "Azure Policy a43d5475"],
  description: "PostgreSQL servers refuse TLS below 1.2.",
  remediation: 'Set the server parameter ssl_min_protocol_version to "TLSv1.2" or "TLSv1.3".',
  level: "mandatory",
  types: ["azure-native:dbforpostgresql:Configuration"],
  evaluate: (parameter) =>
    requireParameter(parameter, "ssl_min_protocol_version", { oneOf: ["TLSv1.2", "TLSv1.3"], absent: "violates" }),
};
