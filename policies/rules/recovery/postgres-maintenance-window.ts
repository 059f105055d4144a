import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const postgresMaintenanceWindow: PolicyRule = {
  id: "postgres-maintenance-window",
  family: "recovery",
  benchmarkRow: 31,
  controls: ["PSRule AZR-000433"],
  description: "PostgreSQL servers are maintained at a time that we chose.",
  remediation: "Set maintenanceWindow.customWindow to Enabled, with a day and an hour.",
  level: "mandatory",
  types: ["azure-native:dbforpostgresql:Server"],
  evaluate: (server) =>
    requireValue(read(server, "maintenanceWindow.customWindow"), { oneOf: ["Enabled"], absent: "violates" }),
};
