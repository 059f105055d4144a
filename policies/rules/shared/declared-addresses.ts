import { contains, type Ipv4Range, parseBlock } from "../../../lib/ipv4";
import { allOf, compliant, each, type RuleOutcome, violation } from "../../outcome";
import type { StackParameters } from "../../stack-parameters";
import { items, type Reading, readWithin } from "./property-reading";
import { requireEmpty, requireValue } from "./requirements";

/** How a service spells a firewall: `networkRuleSet` of a storage account, `networkAcls` of a vault. */
export interface FirewallShape {
  readonly rules: Reading;
  /** The property of an IP rule that holds the address. */
  readonly address: string;
  /** Lists that let in anything but addresses. What they let in cannot be declared as `reachedBy` addresses, so they must be empty. */
  readonly otherLists: readonly string[];
}

/** Requires a firewall that denies by default and lets in nothing wider than the addresses declared for the stack. */
export function requireDeclaredAddressesOnly(firewall: FirewallShape, stack: StackParameters): RuleOutcome {
  const declared = stack.reachedBy.flatMap((address) => parseBlock(address) ?? []);
  const denies = requireValue(readWithin(firewall.rules, "defaultAction"), { oneOf: ["Deny"], absent: "violates" });
  const ipRules = each(items(readWithin(firewall.rules, "ipRules")), (rule) =>
    requireDeclared(readWithin(rule, firewall.address), declared),
  );
  const others = each(
    firewall.otherLists.flatMap((list) => items(readWithin(firewall.rules, list))),
    (rule) => requireEmpty(rule, "lets in more than the stack's declared reachedBy addresses"),
  );
  return allOf([denies, ...ipRules, ...others]);
}

function requireDeclared(address: Reading, declared: readonly Ipv4Range[]): RuleOutcome {
  const text = address.state === "known" ? String(address.value) : "";
  const range = parseBlock(text);
  if (range === undefined) return violation(address.path, "is not an IPv4 address or CIDR block");
  if (declared.some((allowed) => contains(allowed, range))) return compliant;
  return violation(address.path, `lets in ${text}, which is not among the stack's declared reachedBy addresses`);
}

/** How storage accounts spell their firewall. */
export function storageFirewall(networkRuleSet: Reading): FirewallShape {
  return {
    rules: networkRuleSet,
    address: "iPAddressOrRange",
    otherLists: ["virtualNetworkRules", "resourceAccessRules"],
  };
}
