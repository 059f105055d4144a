import { type PropertyMap, unknown } from "../../../deployment/values/property-value";
import type { RuleCases } from "./rule-case";

const account = "azure-native:storage:StorageAccount";
const accountTokens = ["azure-native:storage/v20230101:StorageAccount"];

const networkRules = (...addresses: PropertyMap["x"][]) => ({
  defaultAction: "Deny",
  ipRules: addresses.map((iPAddressOrRange = "") => ({ action: "Allow", iPAddressOrRange })),
});

/** The ways in which a storage account's firewall can be wider than declared; rows 5 and 6 refuse the same. */
const wideFirewalls: RuleCases["violating"] = {
  "another address": [{ networkRuleSet: networkRules("192.0.2.1") }, "networkRuleSet.ipRules[0].iPAddressOrRange"],
  "wider than declared": [
    { networkRuleSet: networkRules("203.0.113.7", "198.51.100.0/27") },
    "networkRuleSet.ipRules[1].iPAddressOrRange",
  ],
  "a subnet": [
    { networkRuleSet: { ...networkRules(), virtualNetworkRules: [{ virtualNetworkResourceId: "/subnets/a" }] } },
    "networkRuleSet.virtualNetworkRules[0]",
  ],
  "not an address": [{ networkRuleSet: networkRules("anywhere") }, "networkRuleSet.ipRules[0].iPAddressOrRange"],
};

export const storageAccessCases: readonly RuleCases[] = [
  {
    rule: "storage-no-public-blobs",
    type: account,
    otherTokens: accountTokens,
    compliant: { off: { allowBlobPublicAccess: false }, "not set": {} },
    violating: { on: [{ allowBlobPublicAccess: true }, "allowBlobPublicAccess"] },
    undecided: { unknown: [{ allowBlobPublicAccess: unknown }, "allowBlobPublicAccess"] },
  },
  {
    rule: "storage-no-account-keys",
    type: account,
    otherTokens: accountTokens,
    compliant: { off: { allowSharedKeyAccess: false } },
    violating: {
      on: [{ allowSharedKeyAccess: true }, "allowSharedKeyAccess"],
      "not set": [{}, "allowSharedKeyAccess"],
    },
    undecided: { unknown: [{ allowSharedKeyAccess: unknown }, "allowSharedKeyAccess"] },
  },
  {
    rule: "storage-private",
    type: account,
    otherTokens: accountTokens,
    compliant: {
      closed: { publicNetworkAccess: "Disabled" },
      "closed, whatever the firewall": { publicNetworkAccess: "disabled", networkRuleSet: networkRules("192.0.2.1") },
      "declared addresses": {
        publicNetworkAccess: "Enabled",
        networkRuleSet: networkRules("203.0.113.7", "198.51.100.8"),
      },
      "closed, firewall unknown": { publicNetworkAccess: "Disabled", networkRuleSet: unknown },
    },
    violating: {
      open: [{ publicNetworkAccess: "Enabled" }, "publicNetworkAccess", "networkRuleSet.defaultAction"],
      "not set": [{}, "publicNetworkAccess", "networkRuleSet.defaultAction"],
      ...Object.fromEntries(
        Object.entries(wideFirewalls).map(([name, [properties, ...paths]]) => [
          name,
          [{ publicNetworkAccess: "Enabled", ...properties }, "publicNetworkAccess", ...paths],
        ]),
      ),
    },
    undecided: {
      unknown: [{ publicNetworkAccess: unknown }, "publicNetworkAccess"],
      "open, firewall unknown": [{ publicNetworkAccess: "Enabled", networkRuleSet: unknown }, "networkRuleSet"],
    },
  },
  {
    rule: "storage-default-deny",
    type: account,
    otherTokens: accountTokens,
    compliant: {
      nobody: { networkRuleSet: { defaultAction: "Deny" } },
      declared: { networkRuleSet: networkRules("203.0.113.7") },
    },
    violating: {
      allow: [{ networkRuleSet: { defaultAction: "Allow" } }, "networkRuleSet.defaultAction"],
      "not set": [{}, "networkRuleSet.defaultAction"],
      ...wideFirewalls,
    },
    undecided: {
      unknown: [{ networkRuleSet: { defaultAction: unknown } }, "networkRuleSet.defaultAction"],
      "an address": [{ networkRuleSet: networkRules(unknown) }, "networkRuleSet.ipRules[0].iPAddressOrRange"],
    },
  },
  {
    rule: "blob-container-private",
    type: "azure-native:storage:BlobContainer",
    otherTokens: ["azure-native:storage/v20220901:BlobContainer"],
    compliant: { None: { publicAccess: "None" }, "not set": {} },
    violating: {
      Blob: [{ publicAccess: "Blob" }, "publicAccess"],
      Container: [{ publicAccess: "Container" }, "publicAccess"],
    },
    undecided: { unknown: [{ publicAccess: unknown }, "publicAccess"] },
  },
];
