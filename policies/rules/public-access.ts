import { allOf, anyOf, compliant, each, type RuleOutcome, violation } from "../outcome";
import { type PolicyResource, rulesOf } from "../rule";
import { requireDeclaredAddressesOnly, storageFirewall } from "./shared/declared-addresses";
import { requireParameter } from "./shared/postgres-parameter";
import { isEmpty, items, type Reading, read, readWithin } from "./shared/property-reading";
import {
  inProduction,
  ofPremium,
  requireAzureId,
  requireEmpty,
  requireListed,
  requireSet,
  requireSetting,
  requireValue,
} from "./shared/requirements";

export const publicAccessRules = rulesOf("public-access", [
  {
    id: "blob-container-private",
    benchmarkRow: 21,
    controls: ["CKV_AZURE_34", "PSRule Azure.Storage.BlobAccessType"],
    description: "Blob containers allow no anonymous access.",
    remediation: "Set publicAccess to None, or leave it out: None is the service's default.",
    types: ["azure-native:storage:BlobContainer"],
    evaluate: requireSetting("publicAccess", { oneOf: ["None"], absent: "complies" }),
  },
  {
    id: "no-public-repository",
    controls: ["Own"],
    description: "Repositories are private, but for those that the stack's publicRepositories name.",
    remediation: "Set visibility to private, or declare the repository in the stack's publicRepositories.",
    types: ["github:index/repository:Repository"],
    evaluate: (repository, stack) => {
      const closed = requirePrivate(repository);
      if (closed.outcome !== "violation") return closed;
      const isDeclared = requireValue(read(repository, "name"), {
        oneOf: stack.publicRepositories,
        absent: "violates",
      });
      return isDeclared.outcome === "violation" ? closed : isDeclared;
    },
  },
  {
    id: "no-public-bucket",
    controls: ["Own"],
    description:
      "Nobody reads buckets and accounts on the web: neither on r2.dev, nor as a static website, nor on a domain of ours that the stack's publicBuckets do not name.",
    remediation:
      "Set enabled to false, or remove the resource; publish files with Pages. What everybody is meant to read is named in the stack's publicBuckets.",
    types: [
      "azure-native:storage:StorageAccountStaticWebsite",
      "cloudflare:index/r2CustomDomain:R2CustomDomain",
      "cloudflare:index/r2ManagedDomain:R2ManagedDomain",
    ],
    evaluate: (resource, stack) => {
      if (resource.type.startsWith("azure-native:"))
        return violation("accountName", "gets a static website, which everybody reads");
      const isDeclared = resource.type.endsWith(":R2CustomDomain") && stack.publicBuckets.includes(resource.name);
      if (isDeclared) return requireValue(read(resource, "minTls"), { oneOf: ["1.2", "1.3"], absent: "violates" });
      return requireValue(read(resource, "enabled"), { oneOf: [false], absent: "violates" });
    },
  },
  {
    id: "no-public-address",
    controls: ["Own"],
    description:
      "Nothing in our networks has a public address: people come by the tailnet, traffic by the edge. Those that apps call out from are in the stack's outboundAddresses.",
    remediation:
      "Reach it through the tailnet router or a private endpoint. Of a NAT gateway, declare the address in the stack's outboundAddresses.",
    types: [
      "azure-native:containerinstance:ContainerGroup",
      "azure-native:network:BastionHost",
      "azure-native:network:LoadBalancer",
      "azure-native:network:NetworkInterface",
      "azure-native:network:PublicIPAddress",
      "azure-native:network:PublicIPPrefix",
    ],
    evaluate: (resource, stack) => {
      if (resource.type.endsWith(":PublicIPAddress") && stack.outboundAddresses.includes(resource.name))
        return compliant;
      if (resource.type.endsWith(":ContainerGroup")) {
        return requireValue(read(resource, "ipAddress.type"), { oneOf: ["Private"], absent: "complies" });
      }
      const addresses = publicAddressesOf(resource);
      if (addresses !== undefined) return allOf(addresses.map((one) => requireEmpty(one, "is a public address")));
      return violation(read(resource, "publicIpAddressName").path, "is a public address");
    },
  },
  {
    id: "object-replication-by-id",
    controls: ["Own"],
    description: "Objects are copied between accounts that are named by their ids, which keeps them in the tenant.",
    remediation: "Set sourceAccount and destinationAccount to the accounts' ids.",
    types: ["azure-native:storage:ObjectReplicationPolicy"],
    evaluate: (policy) =>
      allOf(each([read(policy, "sourceAccount"), read(policy, "destinationAccount")], requireAzureId)),
  },
  {
    id: "postgres-private",
    benchmarkRow: 23,
    controls: ["CIS Azure 3.0 5.2.5", "MCSB v2 NS-2", "AVM"],
    description: "PostgreSQL servers are closed to the internet: no public endpoint, or a subnet of their own.",
    remediation: "Set network.publicNetworkAccess to Disabled, or give network.delegatedSubnetResourceId.",
    types: ["azure-native:dbforpostgresql:Server"],
    evaluate: (server) =>
      anyOf([
        requireValue(read(server, "network.publicNetworkAccess"), { oneOf: ["Disabled"], absent: "violates" }),
        requireSet(read(server, "network.delegatedSubnetResourceId")),
      ]),
  },
  {
    id: "postgres-throttles-logins",
    benchmarkRow: 39,
    controls: ["CIS Azure 3.0 5.2.3"],
    description: "PostgreSQL servers slow down who fails to sign in again and again.",
    remediation: "Set the server parameter connection_throttle.enable to on.",
    types: ["azure-native:dbforpostgresql:Configuration"],
    evaluate: requireParameter("connection_throttle.enable", { oneOf: ["on"], absent: "violates" }),
  },
  {
    id: "redis-enterprise-private",
    benchmarkRow: 71,
    controls: ["AVM"],
    description: "Redis Enterprise clusters are closed to the internet.",
    remediation: "Set publicNetworkAccess to Disabled and use a private endpoint.",
    types: ["azure-native:redisenterprise:RedisEnterprise"],
    evaluate: requireSetting("publicNetworkAccess", { oneOf: ["Disabled"], absent: "violates" }),
  },
  {
    id: "redis-no-access-keys",
    benchmarkRow: 70,
    // The benchmark's row asks for it; no published control does.
    controls: ["Own"],
    description: "Redis caches know their callers by identity; access keys open nothing.",
    remediation: "Set disableAccessKeyAuthentication to true and give each caller an access policy.",
    types: ["azure-native:redis:Redis"],
    evaluate: requireSetting("disableAccessKeyAuthentication", { oneOf: [true], absent: "violates" }),
  },
  {
    id: "redis-private",
    benchmarkRow: 70,
    controls: ["CKV_AZURE_89"],
    description: "Redis caches are closed to the internet.",
    remediation: "Set publicNetworkAccess to Disabled and use a private endpoint.",
    types: ["azure-native:redis:Redis"],
    evaluate: requireSetting("publicNetworkAccess", { oneOf: ["Disabled"], absent: "violates" }),
  },
  {
    id: "registry-no-admin-user",
    benchmarkRow: 63,
    controls: ["MCSB v2 IM-1", "CKV_AZURE_137"],
    description: "Container registries know their callers by identity; there is no admin password.",
    remediation: "Set adminUserEnabled to false and give each caller the AcrPull or AcrPush role.",
    types: ["azure-native:containerregistry:Registry"],
    evaluate: requireSetting("adminUserEnabled", { oneOf: [false], absent: "complies" }),
  },
  {
    id: "registry-no-anonymous-pull",
    benchmarkRow: 63,
    controls: ["MCSB v2 IM-1", "CKV_AZURE_138"],
    description: "Nobody pulls images from a container registry without an identity.",
    remediation: "Set anonymousPullEnabled to false.",
    types: ["azure-native:containerregistry:Registry"],
    evaluate: requireSetting("anonymousPullEnabled", { oneOf: [false], absent: "complies" }),
  },
  {
    id: "registry-no-export",
    benchmarkRow: 65,
    controls: ["Azure Policy 524b0254"],
    description: "Nobody copies images out of a registry into another.",
    remediation: "Set policies.exportPolicy.status to disabled.",
    types: ["azure-native:containerregistry:Registry"],
    evaluate: ofPremium(requireSetting("policies.exportPolicy.status", { oneOf: ["disabled"], absent: "violates" })),
  },
  {
    id: "registry-private",
    benchmarkRow: 64,
    controls: ["MCSB v2 NS-2", "CKV_AZURE_139"],
    description: "In production, container registries are closed to the internet.",
    remediation: "Set publicNetworkAccess to Disabled and use a private endpoint.",
    types: ["azure-native:containerregistry:Registry"],
    evaluate: inProduction(requireSetting("publicNetworkAccess", { oneOf: ["Disabled"], absent: "violates" })),
  },
  {
    id: "storage-default-deny",
    benchmarkRow: 6,
    controls: ["CIS Azure 6.0 9.3.2.3", "MCSB v1 NS-2", "CKV_AZURE_35"],
    description:
      "The firewalls of storage accounts deny by default and let in nothing but the addresses declared to reach them.",
    remediation: "Set networkRuleSet.defaultAction to Deny and list declared reachedBy addresses only.",
    types: ["azure-native:storage:StorageAccount"],
    evaluate: (account, stack) => requireDeclaredAddressesOnly(storageFirewall(read(account, "networkRuleSet")), stack),
  },
  {
    id: "storage-no-account-keys",
    benchmarkRow: 4,
    controls: ["CIS Azure 6.0 9.3.1.3", "MCSB v1 IM-1", "CKV2_AZURE_40"],
    description: "Storage accounts know their callers by identity; account keys open nothing.",
    remediation: "Set allowSharedKeyAccess to false and give each caller a role.",
    types: ["azure-native:storage:StorageAccount"],
    evaluate: requireSetting("allowSharedKeyAccess", { oneOf: [false], absent: "violates" }),
  },
  {
    id: "storage-no-cross-tenant-replication",
    benchmarkRow: 8,
    controls: ["CIS Azure 6.0 9.3.7"],
    description: "Storage accounts replicate nothing into other tenants.",
    remediation: "Set allowCrossTenantReplication to false.",
    types: ["azure-native:storage:StorageAccount"],
    evaluate: requireSetting("allowCrossTenantReplication", { oneOf: [false], absent: "complies" }),
  },
  {
    id: "storage-no-public-blobs",
    benchmarkRow: 3,
    controls: ["CIS Azure 6.0 9.3.8", "MCSB v1 NS-2", "CKV_AZURE_190", "CKV2_AZURE_47"],
    description: "Storage accounts allow no anonymous access to blobs.",
    remediation: "Set allowBlobPublicAccess to false.",
    types: ["azure-native:storage:StorageAccount"],
    evaluate: requireSetting("allowBlobPublicAccess", { oneOf: [false], absent: "complies" }),
  },
  {
    id: "storage-private",
    benchmarkRow: 5,
    controls: ["CIS Azure 6.0 9.3.2.2", "MCSB v2 NS-2", "CKV_AZURE_59"],
    description: "Storage accounts are closed to the internet, except for the addresses declared to reach them.",
    remediation:
      "Set publicNetworkAccess to Disabled and use a private endpoint, or deny by default and list declared reachedBy addresses only.",
    types: ["azure-native:storage:StorageAccount"],
    evaluate: (account, stack) =>
      anyOf([
        requireValue(read(account, "publicNetworkAccess"), { oneOf: ["Disabled"], absent: "violates" }),
        requireDeclaredAddressesOnly(storageFirewall(read(account, "networkRuleSet")), stack),
      ]),
  },
  {
    id: "storage-trusted-services",
    benchmarkRow: 7,
    controls: ["CIS Azure 6.0 9.3.5", "CKV_AZURE_36"],
    description: "The firewalls of storage accounts let Azure's own services through, which logging and backup need.",
    remediation: "Set networkRuleSet.bypass to AzureServices, or leave it out: that is the service's default.",
    types: ["azure-native:storage:StorageAccount"],
    evaluate: (account) => requireListed(read(account, "networkRuleSet.bypass"), ["AzureServices"], "complies"),
  },
  {
    id: "vault-default-deny",
    benchmarkRow: 61,
    controls: ["MCSB v1 NS-2", "CKV_AZURE_109"],
    description: "The firewalls of key vaults deny by default.",
    remediation: "Set properties.networkAcls.defaultAction to Deny.",
    types: ["azure-native:keyvault:Vault"],
    evaluate: requireSetting("properties.networkAcls.defaultAction", { oneOf: ["Deny"], absent: "violates" }),
  },
  {
    id: "vault-private",
    benchmarkRow: 60,
    controls: ["CIS Azure 6.0 8.3.7", "MCSB v2 NS-2", "CKV_AZURE_189"],
    description: "Key vaults are closed to the internet, except for the addresses declared to reach them.",
    remediation:
      "Set properties.publicNetworkAccess to disabled and use a private endpoint, or deny by default in properties.networkAcls and list declared reachedBy addresses only.",
    types: ["azure-native:keyvault:Vault"],
    evaluate: (vault, stack) =>
      anyOf([
        requireValue(read(vault, "properties.publicNetworkAccess"), { oneOf: ["disabled"], absent: "violates" }),
        requireDeclaredAddressesOnly(
          { rules: read(vault, "properties.networkAcls"), address: "value", otherLists: ["virtualNetworkRules"] },
          stack,
        ),
      ]),
  },
]);

function requirePrivate(repository: PolicyResource): RuleOutcome {
  const visibility = read(repository, "visibility");
  // The older property counts where the newer one is not set, and GitHub makes public what neither is set of.
  if (isEmpty(visibility)) return requireValue(read(repository, "private"), { oneOf: [true], absent: "violates" });
  return requireValue(visibility, { oneOf: ["private", "internal"], absent: "violates" });
}

/** Where what has addresses in a network names a public one; undefined for what is a public address itself. */
function publicAddressesOf(resource: PolicyResource): readonly Reading[] | undefined {
  const list = { ":LoadBalancer": "frontendIPConfigurations", ":NetworkInterface": "ipConfigurations" };
  const property = Object.entries(list).find(([end]) => resource.type.endsWith(end))?.[1];
  return property === undefined
    ? undefined
    : items(read(resource, property)).flatMap((one) =>
        ["publicIPAddress", "publicIPPrefix"].map((name) => readWithin(one, name)),
      );
}
