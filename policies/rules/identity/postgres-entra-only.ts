import { allOf } from "../../outcome";
import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const postgresEntraOnly: PolicyRule = {
  id: "postgres-entra-only",
  family: "identity",
  benchmarkRow: 28,
  controls: ["MCSB v1 IM-1", "PSRule Azure.PostgreSQL.AADOnly"],
  description: "PostgreSQL servers know their users by Entra identity; there are no passwords.",
  remediation: "Set authConfig.activeDirectoryAuth to Enabled and authConfig.passwordAuth to Disabled.",
  level: "mandatory",
  types: ["azure-native:dbforpostgresql:Server"],
  evaluate: (server) =>
    allOf([
      requireValue(read(server, "authConfig.activeDirectoryAuth"), { oneOf: ["Enabled"], absent: "violates" }),
      requireValue(read(server, "authConfig.passwordAuth"), { oneOf: ["Disabled"], absent: "violates" }),
    ]),
};
