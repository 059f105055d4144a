import type { PolicyRule } from "../../rule";
import { requireParameter } from "../shared/postgres-parameter";

export const postgresThrottlesLogins: PolicyRule = {
  id: "postgres-throttles-logins",
  family: "public-access",
  benchmarkRow: 39,
  controls: ["CIS Azure 3.0 5.2.3"],
  description: "PostgreSQL servers slow down who fails to sign in again and again.",
  remediation: "Set the server parameter connection_throttle.enable to on.",
  level: "mandatory",
  types: ["azure-native:dbforpostgresql:Configuration"],
  evaluate: (parameter) =>
    requireParameter(parameter, "connection_throttle.enable", { oneOf: ["on"], absent: "violates" }),
};
