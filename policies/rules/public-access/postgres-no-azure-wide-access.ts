import type { PolicyRule } from "../../rule";
import { firewallRange, firewallRuleTypes } from "../shared/postgres-firewall";

export const postgresNoAzureWideAccess: PolicyRule = {
  id: "postgres-no-azure-wide-access",
  family: "public-access",
  benchmarkRow: 33,
  controls: ["CIS Azure 3.0 5.2.5"],
  description: "No PostgreSQL firewall rule lets in every Azure tenant (0.0.0.0 to 0.0.0.0).",
  remediation: "Remove the rule; use a private endpoint, or list the addresses that need the server.",
  level: "mandatory",
  types: firewallRuleTypes,
  evaluate: (rule) =>
    firewallRange(rule, ({ first, last }) =>
      first === 0 && last === 0 ? "lets in every Azure tenant, 0.0.0.0 to 0.0.0.0" : undefined,
    ),
};
