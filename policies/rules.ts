import type { PolicyRule, StackRule } from "./rule";
import { deliveryRules } from "./rules/delivery";
import { edgeAccessRules, edgeEncryptionRules } from "./rules/edge";
import { encryptionRules } from "./rules/encryption";
import { identityRules } from "./rules/identity";
import { loggingRules } from "./rules/logging";
import { networkAccessRules } from "./rules/network-access";
import { plainTextRules } from "./rules/plain-text";
import { publicAccessRules } from "./rules/public-access";
import { recoveryRules } from "./rules/recovery";
import { repositoryRules } from "./rules/repositories";
import { roleRules } from "./rules/roles";
import { serviceSignInRules } from "./rules/service-sign-in";
import { serviceAccessRules, serviceEncryptionRules } from "./rules/services";
import { taggingRules } from "./rules/tagging";
import { tailnetRules } from "./rules/tailnet";
import { unreadContentRules } from "./rules/unread-content";

const everyRule = [
  ...deliveryRules,
  ...edgeAccessRules,
  ...edgeEncryptionRules,
  ...encryptionRules,
  ...identityRules,
  ...serviceSignInRules,
  ...loggingRules,
  ...networkAccessRules,
  ...publicAccessRules,
  ...recoveryRules,
  ...repositoryRules,
  ...roleRules,
  ...serviceAccessRules,
  ...serviceEncryptionRules,
  ...plainTextRules,
  ...taggingRules,
  ...tailnetRules,
  ...unreadContentRules,
];

/** The rules about one resource each. */
export const rules: readonly PolicyRule[] = everyRule.filter(isResourceRule);

/** The rules about what must be beside a resource. */
export const stackRules: readonly StackRule[] = everyRule.filter(isStackRule);

export const ruleIds: readonly string[] = everyRule.map(({ id }) => id);

function isStackRule(rule: PolicyRule | StackRule): rule is StackRule {
  return "companions" in rule;
}

function isResourceRule(rule: PolicyRule | StackRule): rule is PolicyRule {
  return !isStackRule(rule);
}
