import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const postgresStorageGrows: PolicyRule = {
  id: "postgres-storage-grows",
  family: "recovery",
  benchmarkRow: 32,
  controls: ["Own"],
  description: "The storage of PostgreSQL servers grows before it is full: a full one takes no writes.",
  remediation: "Set storage.autoGrow to Enabled.",
  level: "mandatory",
  types: ["azure-native:dbforpostgresql:Server"],
  evaluate: (server) => requireValue(read(server, "storage.autoGrow"), { oneOf: ["Enabled"], absent: "violates" }),
};
