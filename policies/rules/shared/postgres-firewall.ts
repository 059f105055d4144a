import { type Ipv4Range, parseAddress } from "../../../lib/ipv4";
import { compliant, type RuleOutcome, violation } from "../../outcome";
import type { PolicyResource } from "../../rule";
import { type Reading, read } from "./property-reading";

/** Firewall rules of flexible, single and clustered servers: they share their properties. */
export const firewallRuleTypes = [
  "azure-native:dbforpostgresql:FirewallRule",
  "azure-native:dbforpostgresql:SingleServerFirewallRule",
  "azure-native:dbforpostgresql:ServerGroupFirewallRule",
];

/**
 * Checks the range that a firewall rule lets in.
 *
 * @param wrong what is wrong with a range, or undefined
 */
export function firewallRange(rule: PolicyResource, wrong: (range: Ipv4Range) => string | undefined): RuleOutcome {
  const start = read(rule, "startIpAddress");
  const end = read(rule, "endIpAddress");
  const first = addressOf(start);
  const last = addressOf(end);
  if (first === undefined) return violation(start.path, "is not an IPv4 address");
  if (last === undefined) return violation(end.path, "is not an IPv4 address");
  const message = wrong({ first, last });
  return message === undefined ? compliant : violation(start.path, message);
}

function addressOf(reading: Reading): number | undefined {
  return reading.state === "known" ? parseAddress(String(reading.value)) : undefined;
}
