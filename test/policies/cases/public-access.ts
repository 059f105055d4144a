import { unknown } from "../../../deployment/values/property-value";
import type { RuleCases } from "./rule-case";

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

const vaultRules = (...values: string[]) => ({ defaultAction: "Deny", ipRules: values.map((value) => ({ value })) });
const range = (startIpAddress: string, endIpAddress: string) => ({ startIpAddress, endIpAddress });

export const publicAccessCases: readonly RuleCases[] = [
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
