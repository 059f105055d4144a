import type { PolicyRule } from "../../rule";
import { isInternetWide } from "../shared/declared-addresses";
import { firewallRange, firewallRuleTypes } from "../shared/postgres-firewall";

export const postgresNoInternetWideAccess: PolicyRule = {
  id: "postgres-no-internet-wide-access",
  family: "public-access",
  benchmarkRow: 34,
  controls: ["CKV2_AZURE_26"],
  description: "No PostgreSQL firewall rule lets in the internet (0.0.0.0 to 255.255.255.255, or nearly).",
  remediation: "List the addresses that need the server.",
  level: "mandatory",
  types: firewallRuleTypes,
  evaluate: (rule) =>
    firewallRange(rule, (range) => (isInternetWide(range) ? "lets in a range as wide as the internet" : undefined)),
};
