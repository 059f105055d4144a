import type { GuardedProperty } from "../guarded-properties";

const vault = "azure-native:keyvault:Vault";
const redis = "azure-native:redis:Redis";
const cluster = "azure-native:redisenterprise:RedisEnterprise";
const database = "azure-native:redisenterprise:Database";

/** Vaults and caches. */
export const guardedVaultsAndCaches: readonly GuardedProperty[] = [
  { rule: "vault-purge-protection", type: vault, path: "properties.enablePurgeProtection", good: true, bad: false },
  { rule: "vault-soft-delete", type: vault, path: "properties.enableSoftDelete", good: true, bad: false, removed: [] },
  {
    rule: "vault-soft-delete",
    type: vault,
    path: "properties.softDeleteRetentionInDays",
    good: 90,
    bad: 7,
    removed: [],
  },
  { rule: "vault-roles", type: vault, path: "properties.enableRbacAuthorization", good: true, bad: false },
  {
    rule: "vault-private",
    type: vault,
    path: "properties.publicNetworkAccess",
    good: "Disabled",
    bad: "Enabled",
    given: { "properties.networkAcls": { defaultAction: "Allow" } },
  },
  {
    rule: "vault-default-deny",
    type: vault,
    path: "properties.networkAcls.defaultAction",
    good: "Deny",
    bad: "Allow",
    given: { "properties.publicNetworkAccess": "Disabled" },
  },
  {
    rule: "vault-private",
    type: vault,
    path: "properties.networkAcls.defaultAction",
    good: "Deny",
    bad: "Allow",
    flipped: ["vault-default-deny", "vault-private"],
    removed: ["vault-default-deny", "vault-private"],
    unknown: ["vault-default-deny", "vault-private"],
    given: { "properties.publicNetworkAccess": "Enabled" },
  },
  {
    rule: "vault-private",
    type: vault,
    path: "properties.networkAcls.ipRules",
    good: [],
    bad: [{ value: "192.0.2.1" }],
    removed: [],
    given: { "properties.publicNetworkAccess": "Enabled" },
  },
  {
    rule: "vault-private",
    type: vault,
    path: "properties.networkAcls.virtualNetworkRules",
    good: [],
    bad: [{ id: "/subnets/a" }],
    removed: [],
    given: { "properties.publicNetworkAccess": "Enabled" },
  },
  {
    rule: "vault-secret-expiry",
    type: "azure-native:keyvault:Secret",
    path: "properties.attributes.expires",
    good: 1900000000,
    bad: "",
  },
  { rule: "redis-tls-only", type: redis, path: "enableNonSslPort", good: false, bad: true, removed: [] },
  { rule: "redis-minimum-tls", type: redis, path: "minimumTlsVersion", good: "1.2", bad: "1.0" },
  { rule: "redis-private", type: redis, path: "publicNetworkAccess", good: "Disabled", bad: "Enabled" },
  { rule: "redis-no-access-keys", type: redis, path: "disableAccessKeyAuthentication", good: true, bad: false },
  { rule: "redis-enterprise-private", type: cluster, path: "publicNetworkAccess", good: "Disabled", bad: "Enabled" },
  { rule: "redis-enterprise-minimum-tls", type: cluster, path: "minimumTlsVersion", good: "1.2", bad: "1.0" },
  {
    rule: "redis-enterprise-standby",
    type: cluster,
    path: "highAvailability",
    good: "Enabled",
    bad: "Disabled",
    removed: [],
  },
  { rule: "redis-enterprise-tls-only", type: database, path: "clientProtocol", good: "Encrypted", bad: "Plaintext" },
  {
    rule: "redis-enterprise-named-callers",
    type: "azure-native:redisenterprise:AccessPolicyAssignment",
    path: "user.objectId",
    good: "10000000-0000-4000-8000-000000000001",
    bad: "",
  },
  {
    rule: "redis-enterprise-no-access-keys",
    type: database,
    path: "accessKeysAuthentication",
    good: "Disabled",
    bad: "Enabled",
  },
];
