import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const postgresGeoBackup: PolicyRule = {
  id: "postgres-geo-backup",
  family: "recovery",
  benchmarkRow: 25,
  controls: ["CKV_AZURE_136", "PSRule Azure.PostgreSQL.GeoRedundantBackup", "Azure Policy cee2f9fd"],
  description: "PostgreSQL servers keep a copy of their backups in a second region.",
  remediation: "Set backup.geoRedundantBackup to Enabled. It is fixed when the server is made.",
  level: "mandatory",
  types: ["azure-native:dbforpostgresql:Server"],
  evaluate: (server) =>
    requireValue(read(server, "backup.geoRedundantBackup"), { oneOf: ["Enabled"], absent: "violates" }),
};
