import type { PolicyRule } from "../../rule";
import { requireParameter } from "../shared/postgres-parameter";

export const postgresSecureTransport: PolicyRule = {
  id: "postgres-secure-transport",
  family: "encryption",
  benchmarkRow: 35,
  controls: ["CIS Azure 3.0 5.2.1", "Azure Policy c29c38cb"],
  description: "PostgreSQL servers refuse connections without TLS.",
  remediation: 'Set the server parameter require_secure_transport to "on", or leave it out: on is the default.',
  level: "mandatory",
  types: ["azure-native:dbforpostgresql:Configuration"],
  evaluate: (parameter) =>
    requireParameter(parameter, "require_secure_transport", { oneOf: ["on"], absent: "violates" }),
};
