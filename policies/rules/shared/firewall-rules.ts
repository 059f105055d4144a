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

/** Firewall rules of other databases, caches and warehouses. */
export const otherFirewallRuleTypes = [
  "azure-native:cosmosdb:MongoClusterFirewallRule",
  "azure-native:dbformariadb:FirewallRule",
  "azure-native:dbformysql:FirewallRule",
  "azure-native:dbformysql:SingleServerFirewallRule",
  "azure-native:mongocluster:FirewallRule",
  "azure-native:redis:FirewallRule",
  "azure-native:redis:RedisFirewallRule",
  "azure-native:sql:FirewallRule",
  "azure-native:synapse:IpFirewallRule",
];

/**
 * Checks the range that a firewall rule lets in.
 *
 * @param wrong what is wrong with a range, or undefined
 */
export function firewallRange(rule: PolicyResource, wrong: (range: Ipv4Range) => string | undefined): RuleOutcome {
  const { start, end } = rangeOf(rule);
  const first = addressOf(start);
  const last = addressOf(end);
  if (first === undefined) return violation(start.path, "is not an IPv4 address");
  if (last === undefined) return violation(end.path, "is not an IPv4 address");
  const message = wrong({ first, last });
  return message === undefined ? compliant : violation(start.path, message);
}

/** The first and the last address that a firewall rule lets in, as its service calls them. */
export function rangeOf(rule: PolicyResource): { readonly start: Reading; readonly end: Reading } {
  const start = rule.type.includes(":redis:") ? "startIP" : "startIpAddress";
  const within = rule.type.includes(":mongocluster:") ? "properties." : "";
  return { start: read(rule, within + start), end: read(rule, within + start.replace("start", "end")) };
}

function addressOf(reading: Reading): number | undefined {
  return reading.state === "known" ? parseAddress(String(reading.value)) : undefined;
}
