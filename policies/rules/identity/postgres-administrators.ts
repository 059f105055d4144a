import { notApplicable } from "../../outcome";
import type { StackRule } from "../../rule";
import { requireCompanion } from "../../stack-members";
import { read } from "../shared/property-reading";

export const postgresAdministrators: StackRule = {
  id: "postgres-administrators",
  family: "identity",
  benchmarkRow: 29,
  controls: ["PSRule Azure.PostgreSQL.AAD", "Azure Policy ce39a96d"],
  description: "PostgreSQL servers have an Entra administrator.",
  remediation: "Make an AdministratorsMicrosoftEntra for the server.",
  level: "mandatory",
  types: ["azure-native:dbforpostgresql:Server"],
  companions: ["azure-native:dbforpostgresql:AdministratorsMicrosoftEntra"],
  evaluate: (server, members) => {
    if (read(server, "sourceServerResourceId").state !== "absent") return notApplicable("a replica has its source's");
    return requireCompanion(server, members, {
      type: "azure-native:dbforpostgresql:AdministratorsMicrosoftEntra",
      property: "serverName",
      missing: "has no Entra administrator",
    });
  },
};
