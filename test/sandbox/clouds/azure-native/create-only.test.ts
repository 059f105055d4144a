import { located } from "./azure-fixture";
import { type Case, itReplaces } from "./create-only-fixture";

const guid = (digit: number) => `00000000-0000-4000-8000-00000000000${digit}`;
const account = { ...located, accountName: "alpha", kind: "StorageV2", sku: { name: "Standard_LRS" } };
const container = { resourceGroupName: "rg", accountName: "alpha", containerName: "box" };
const server = { ...located, serverName: "db-one", sku: { name: "Standard_D2ds_v5", tier: "GeneralPurpose" } };
const app = { ...located, containerAppName: "api", environmentId: "/subscriptions/s/env" };
const queue = { resourceGroupName: "rg", namespaceName: "events-bus", queueName: "in" };

itReplaces("a change of groups, storage and databases", [
  [
    "resources:ResourceGroup",
    { resourceGroupName: "rg", location: "swedencentral" },
    { resourceGroupName: "rg2" },
    "resourceGroupName",
  ],
  [
    "resources:ResourceGroup",
    { resourceGroupName: "rg", location: "swedencentral" },
    { location: "westeurope" },
    "location",
  ],
  ["resources:ResourceGroup", { resourceGroupName: "rg", location: "swedencentral" }, { tags: { a: "b" } }, undefined],
  ["storage:StorageAccount", account, { accountName: "beta" }, "accountName"],
  ["storage:StorageAccount", account, { location: "westeurope" }, "location"],
  ["storage:StorageAccount", account, { resourceGroupName: "other" }, "resourceGroupName"],
  ["storage:StorageAccount", account, { kind: "BlockBlobStorage" }, "kind"],
  ["storage:StorageAccount", { ...account, kind: "Storage" }, { kind: "StorageV2" }, undefined],
  ["storage:StorageAccount", account, { sku: { name: "Premium_LRS" } }, "sku.name"],
  ["storage:StorageAccount", account, { sku: { name: "Standard_GRS" } }, undefined],
  ["storage:StorageAccount", account, { isHnsEnabled: true }, "isHnsEnabled"],
  ["storage:StorageAccount", account, { isHnsEnabled: false }, undefined],
  ["storage:StorageAccount", account, { enableNfsV3: true }, "enableNfsV3"],
  ["storage:StorageAccount", account, { dnsEndpointType: "AzureDnsZone" }, "dnsEndpointType"],
  ["storage:StorageAccount", account, { encryption: { requireInfrastructureEncryption: true } }, "encryption"],
  [
    "storage:StorageAccount",
    { ...account, encryption: { keySource: "Microsoft.Storage" } },
    { encryption: { keySource: "Microsoft.Storage", requireInfrastructureEncryption: true } },
    "encryption.requireInfrastructureEncryption",
  ],
  ["storage:StorageAccount", account, { encryption: { services: { queue: { keyType: "Account" } } } }, "encryption"],
  ["storage:StorageAccount", account, { encryption: { services: { table: { keyType: "Account" } } } }, "encryption"],
  ["storage:StorageAccount", account, { encryption: { keySource: "Microsoft.Keyvault" } }, undefined],
  [
    "storage:StorageAccount",
    account,
    { immutableStorageWithVersioning: { enabled: true } },
    "immutableStorageWithVersioning",
  ],
  ["storage:StorageAccount", account, { extendedLocation: { name: "x" } }, "extendedLocation"],
  ["storage:StorageAccount", account, { minimumTlsVersion: "TLS1_2" }, undefined],
  ["storage:BlobContainer", container, { accountName: "beta" }, "accountName"],
  ["storage:BlobContainer", container, { containerName: "crate" }, "containerName"],
  ["storage:BlobContainer", container, { defaultEncryptionScope: "mine" }, "defaultEncryptionScope"],
  ["storage:BlobContainer", container, { denyEncryptionScopeOverride: true }, "denyEncryptionScopeOverride"],
  ["storage:BlobContainer", container, { metadata: { a: "b" } }, undefined],
  ["dbforpostgresql:Server", server, { backup: { geoRedundantBackup: "Enabled" } }, "backup"],
  [
    "dbforpostgresql:Server",
    { ...server, backup: { geoRedundantBackup: "Disabled" } },
    { backup: { geoRedundantBackup: "Enabled" } },
    "backup.geoRedundantBackup",
  ],
  ["dbforpostgresql:Server", server, { backup: { backupRetentionDays: 30 } }, undefined],
  ["dbforpostgresql:Server", server, { network: { delegatedSubnetResourceId: "/subscriptions/s/x" } }, "network"],
  ["dbforpostgresql:Server", server, { network: { publicNetworkAccess: "Disabled" } }, undefined],
  ["dbforpostgresql:Server", server, { createMode: "Update", version: "18" }, undefined],
  ["dbforpostgresql:Server", server, { createMode: "Default" }, undefined],
  ["dbforpostgresql:Server", server, { sourceServerResourceId: "/subscriptions/s/x" }, "sourceServerResourceId"],
  ["dbforpostgresql:Server", server, { pointInTimeUTC: "2026-01-01T00:00:00Z" }, "pointInTimeUTC"],
  ["dbforpostgresql:Server", server, { administratorLogin: "owner" }, "administratorLogin"],
  ["dbforpostgresql:Server", server, { availabilityZone: "2" }, "availabilityZone"],
  ["dbforpostgresql:Server", server, { dataEncryption: { type: "AzureKeyVault" } }, "dataEncryption"],
  ["dbforpostgresql:Server", server, { version: "18" }, undefined],
  ["dbforpostgresql:Server", server, { storage: { storageSizeGB: 64 } }, undefined],
  ["dbforpostgresql:Server", server, { sku: { name: "Standard_E2ds_v5", tier: "MemoryOptimized" } }, undefined],
  [
    "dbforpostgresql:Database",
    { resourceGroupName: "rg", serverName: "db-one", databaseName: "app" },
    { charset: "LATIN1" },
    "charset",
  ],
  [
    "dbforpostgresql:Database",
    { resourceGroupName: "rg", serverName: "db-one", databaseName: "app" },
    { collation: "C" },
    "collation",
  ],
  [
    "dbforpostgresql:Configuration",
    { resourceGroupName: "rg", serverName: "db-one", configurationName: "work_mem", value: "1" },
    { value: "2" },
    undefined,
  ],
  [
    "dbforpostgresql:Configuration",
    { resourceGroupName: "rg", serverName: "db-one", configurationName: "work_mem", value: "1" },
    { configurationName: "timezone" },
    "configurationName",
  ],
  [
    "dbforpostgresql:FirewallRule",
    {
      resourceGroupName: "rg",
      serverName: "db-one",
      firewallRuleName: "a",
      startIpAddress: "1.1.1.1",
      endIpAddress: "1.1.1.1",
    },
    { endIpAddress: "1.1.1.2" },
    undefined,
  ],
  ...(["objectId", "principalName", "tenantId"] as const).map(
    (path): Case => [
      "dbforpostgresql:AdministratorsMicrosoftEntra",
      {
        resourceGroupName: "rg",
        serverName: "db-one",
        objectId: guid(1),
        principalName: "a",
        principalType: "User",
        tenantId: guid(1),
      },
      { [path]: guid(2) },
      path,
    ],
  ),
  [
    "dbforpostgresql:AdministratorsMicrosoftEntra",
    { resourceGroupName: "rg", serverName: "db-one", objectId: guid(1), principalName: "a", principalType: "User" },
    { principalType: "Group" },
    "principalType",
  ],
]);
