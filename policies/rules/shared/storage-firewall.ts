import type { FirewallShape } from "./declared-addresses";
import type { Reading } from "./property-reading";

/** How storage accounts spell their firewall. */
export function storageFirewall(networkRuleSet: Reading): FirewallShape {
  return {
    rules: networkRuleSet,
    address: "iPAddressOrRange",
    otherLists: ["virtualNetworkRules", "resourceAccessRules"],
  };
}
