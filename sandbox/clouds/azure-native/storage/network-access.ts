import type { PropertyMap } from "../../../../deployment/values/property-value";
import { isPrivate, parseBlock } from "../../../../lib/ipv4";
import { formatPropertyPath } from "../../../../lib/property-path";
import type { CheckFailure } from "../../../engine/provider";
import { mapsAt, placesOf, textAt, textsAt } from "../../read-property";

/**
 * Rules of the storage firewall that are easy to get wrong: it takes public addresses only, and neither /31 nor /32 blocks.
 * Source: Azure documentation, "Azure Storage firewall rules: restrictions for IP network rules".
 */
export function ipRuleFailures(inputs: PropertyMap): readonly CheckFailure[] {
  return placesOf(inputs, "networkRuleSet.ipRules[*].iPAddressOrRange").flatMap(({ path, value }) => {
    const property = formatPropertyPath(path);
    if (typeof value !== "string") return [];
    const block = parseBlock(value);
    if (block === undefined)
      return [{ property, reason: `InvalidValuesForIPRule: "${value}" is no IPv4 address or block` }];
    if (value.includes("/") && block.prefix > 30) {
      return [
        {
          property,
          reason: `InvalidValuesForIPRule: "${value}": blocks go up to /30; give the single address instead`,
        },
      ];
    }
    if (isPrivate(block)) {
      return [
        {
          property,
          reason: `InvalidValuesForIPRule: "${value}" is a private address; reach the account from there by private endpoint`,
        },
      ];
    }
    return [];
  });
}

/** Whether somebody outside the account's networks, such as the one who runs the deployment, reaches its data. */
export function isReachableFromOutside(account: PropertyMap): boolean {
  if (textAt(account, "publicNetworkAccess") === "Disabled") return false;
  return (
    textAt(account, "networkRuleSet.defaultAction") !== "Deny" ||
    mapsAt(account, "networkRuleSet.ipRules").length > 0 ||
    textsAt(account, "networkRuleSet.ipRules").length > 0
  );
}
