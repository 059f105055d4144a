import { type PropertyMap, unknown } from "../../../sandbox/engine/property-value";
import type { RuleCases } from "./rule-case";

const account = "azure-native:storage:StorageAccount";
const accountTokens = ["azure-native:storage/v20230101:StorageAccount"];
const firewallRule = "azure-native:dbforpostgresql:FirewallRule";
const firewallTokens = [
  "azure-native:dbforpostgresql/v20171201:FirewallRule",
  "azure-native:dbforpostgresql:SingleServerFirewallRule",
  "azure-native:dbforpostgresql:ServerGroupFirewallRule",
];
const registry = "azure-native:containerregistry:Registry";
const registryTokens = ["azure-native:containerregistry/v20230701:Registry"];
const redis = "azure-native:redis:Redis";
const redisTokens = ["azure-native:cache:Redis"];

const networkRules = (...addresses: PropertyMap["x"][]) => ({
  defaultAction: "Deny",
  ipRules: addresses.map((iPAddressOrRange = "") => ({ action: "Allow", iPAddressOrRange })),
});
const vaultRules = (...values: string[]) => ({ defaultAction: "Deny", ipRules: values.map((value) => ({ value })) });
const range = (startIpAddress: string, endIpAddress: string) => ({ startIpAddress, endIpAddress });

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

export const publicAccessCases: readonly RuleCases[] = [
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
  {
    rule: "postgres-private",
    type: "azure-native:dbforpostgresql:Server",
    otherTokens: ["azure-native:dbforpostgresql/v20221201:Server"],
    compliant: {
      closed: { network: { publicNetworkAccess: "Disabled" } },
      "own subnet": { network: { delegatedSubnetResourceId: "/subnets/db" } },
      "closed, subnet unknown": { network: { publicNetworkAccess: "Disabled", delegatedSubnetResourceId: unknown } },
    },
    violating: {
      open: [
        { network: { publicNetworkAccess: "Enabled" } },
        "network.publicNetworkAccess",
        "network.delegatedSubnetResourceId",
      ],
      "not set": [{}, "network.publicNetworkAccess", "network.delegatedSubnetResourceId"],
    },
    undecided: {
      "subnet unknown": [{ network: { delegatedSubnetResourceId: unknown } }, "network.delegatedSubnetResourceId"],
    },
  },
  {
    rule: "postgres-no-azure-wide-access",
    type: firewallRule,
    otherTokens: firewallTokens,
    compliant: { "one address": range("203.0.113.7", "203.0.113.7") },
    violating: { "every tenant": [range("0.0.0.0", "0.0.0.0"), "startIpAddress"] },
    undecided: { unknown: [{ startIpAddress: unknown, endIpAddress: "0.0.0.0" }, "startIpAddress"] },
  },
  {
    rule: "postgres-no-internet-wide-access",
    type: firewallRule,
    otherTokens: firewallTokens,
    compliant: {
      "one address": range("203.0.113.7", "203.0.113.7"),
      "every tenant, another rule's": range("0.0.0.0", "0.0.0.0"),
    },
    violating: {
      everyone: [range("0.0.0.0", "255.255.255.255"), "startIpAddress"],
      "nearly everyone": [range("1.0.0.0", "254.255.255.255"), "startIpAddress"],
    },
    undecided: { unknown: [{ startIpAddress: "0.0.0.0", endIpAddress: unknown }, "endIpAddress"] },
  },
  {
    rule: "container-app-not-exposed",
    type: "azure-native:app:ContainerApp",
    otherTokens: ["azure-native:app/v20240301:ContainerApp"],
    compliant: {
      internal: { configuration: { ingress: { external: false } } },
      "not set": { configuration: { ingress: {} } },
      "listed addresses": {
        configuration: {
          ingress: { external: true, ipSecurityRestrictions: [{ action: "Allow", ipAddressRange: "10.0.0.0/16" }] },
        },
      },
    },
    violating: {
      external: [
        { configuration: { ingress: { external: true } } },
        "configuration.ingress.external",
        "configuration.ingress.ipSecurityRestrictions",
      ],
      "denies a few": [
        {
          configuration: {
            ingress: { external: true, ipSecurityRestrictions: [{ action: "Deny", ipAddressRange: "192.0.2.1" }] },
          },
        },
        "configuration.ingress.external",
        "configuration.ingress.ipSecurityRestrictions[0].action",
      ],
      "allows everyone": [
        {
          configuration: {
            ingress: { external: true, ipSecurityRestrictions: [{ action: "Allow", ipAddressRange: "0.0.0.0/0" }] },
          },
        },
        "configuration.ingress.external",
        "configuration.ingress.ipSecurityRestrictions[0].ipAddressRange",
      ],
    },
    notApplicable: { "no ingress": {} },
    undecided: { unknown: [{ configuration: { ingress: { external: unknown } } }, "configuration.ingress.external"] },
  },
  {
    rule: "vault-private",
    type: "azure-native:keyvault:Vault",
    otherTokens: ["azure-native:keyvault/v20230701:Vault"],
    compliant: {
      closed: { properties: { publicNetworkAccess: "Disabled" } },
      declared: { properties: { publicNetworkAccess: "enabled", networkAcls: vaultRules("203.0.113.7/32") } },
    },
    violating: {
      "not set": [{ properties: {} }, "properties.publicNetworkAccess", "properties.networkAcls.defaultAction"],
      "another address": [
        { properties: { networkAcls: vaultRules("203.0.113.8/32") } },
        "properties.publicNetworkAccess",
        "properties.networkAcls.ipRules[0].value",
      ],
    },
    undecided: { unknown: [{ properties: { publicNetworkAccess: unknown } }, "properties.publicNetworkAccess"] },
  },
  {
    rule: "registry-no-admin-user",
    type: registry,
    otherTokens: registryTokens,
    compliant: { off: { adminUserEnabled: false }, "not set": {} },
    violating: { on: [{ adminUserEnabled: true }, "adminUserEnabled"] },
    undecided: { unknown: [{ adminUserEnabled: unknown }, "adminUserEnabled"] },
  },
  {
    rule: "registry-no-anonymous-pull",
    type: registry,
    otherTokens: registryTokens,
    compliant: { off: { anonymousPullEnabled: false }, "not set": {} },
    violating: { on: [{ anonymousPullEnabled: true }, "anonymousPullEnabled"] },
    undecided: { unknown: [{ anonymousPullEnabled: unknown }, "anonymousPullEnabled"] },
  },
  {
    rule: "redis-private",
    type: redis,
    otherTokens: redisTokens,
    compliant: { closed: { publicNetworkAccess: "Disabled" } },
    violating: {
      open: [{ publicNetworkAccess: "Enabled" }, "publicNetworkAccess"],
      "not set": [{}, "publicNetworkAccess"],
    },
    undecided: { unknown: [{ publicNetworkAccess: unknown }, "publicNetworkAccess"] },
  },
  {
    rule: "redis-no-access-keys",
    type: redis,
    otherTokens: redisTokens,
    compliant: { off: { disableAccessKeyAuthentication: true } },
    violating: {
      on: [{ disableAccessKeyAuthentication: false }, "disableAccessKeyAuthentication"],
      "not set": [{}, "disableAccessKeyAuthentication"],
    },
    undecided: { unknown: [{ disableAccessKeyAuthentication: unknown }, "disableAccessKeyAuthentication"] },
  },
];
