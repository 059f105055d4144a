import { anyOf } from "../../outcome";
import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireSet, requireValue } from "../shared/requirements";

export const postgresPrivate: PolicyRule = {
  id: "postgres-private",
  family: "public-access",
  benchmarkRow: 23,
  controls: ["CIS Azure 3.0 5.2.5", "MCSB v2 NS-2", "AVM"],
  description: "PostgreSQL servers are closed to the internet: no public endpoint, or a subnet of their own.",
  remediation: "Set network.publicNetworkAccess to Disabled, or give network.delegatedSubnetResourceId.",
  level: "mandatory",
  types: ["azure-native:dbforpostgresql:Server"],
  evaluate: (server) =>
    anyOf([
      requireValue(read(server, "network.publicNetworkAccess"), { oneOf: ["Disabled"], absent: "violates" }),
      requireSet(read(server, "network.delegatedSubnetResourceId")),
    ]),
};
