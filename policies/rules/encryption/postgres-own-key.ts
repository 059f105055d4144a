import { allOf } from "../../outcome";
import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireSet, requireValue } from "../shared/requirements";

export const postgresOwnKey: PolicyRule = {
  id: "postgres-own-key",
  family: "encryption",
  benchmarkRow: 30,
  controls: ["MCSB v2 DP-5", "Azure Policy 12c74c95"],
  description: "PostgreSQL servers are encrypted with a key of our own.",
  remediation:
    "Set dataEncryption.type to AzureKeyVault and dataEncryption.primaryKeyURI to the key. It is fixed when the server is made.",
  // An option: see storage-own-key.
  level: "disabled",
  types: ["azure-native:dbforpostgresql:Server"],
  evaluate: (server) =>
    allOf([
      requireValue(read(server, "dataEncryption.type"), { oneOf: ["AzureKeyVault"], absent: "violates" }),
      requireSet(read(server, "dataEncryption.primaryKeyURI")),
    ]),
};
