import { describe, expect, it } from "vitest";
import type { PropertyMap } from "../../../../deployment/values/property-value";
import { Azure, group } from "./azure-fixture";

/** Type, inputs, the change, and the path that forces the replacement, or undefined for a change in place. */
type Case = readonly [type: string, inputs: PropertyMap, change: PropertyMap, path: string | undefined];

const located = { resourceGroupName: "rg", location: "swedencentral" };
const guid = (digit: number) => `00000000-0000-4000-8000-00000000000${digit}`;
const account = { ...located, accountName: "alpha", kind: "StorageV2", sku: { name: "Standard_LRS" } };
const container = { resourceGroupName: "rg", accountName: "alpha", containerName: "box" };
const server = { ...located, serverName: "db-one", sku: { name: "Standard_D2ds_v5", tier: "GeneralPurpose" } };
const environment = { ...located, environmentName: "env" };
const app = { ...located, containerAppName: "api", environmentId: "/subscriptions/s/env" };
const job = {
  ...located,
  jobName: "nightly",
  environmentId: "/subscriptions/s/env",
  template: {},
  configuration: { replicaTimeout: 60, triggerType: "Manual", manualTriggerConfig: {} },
};
const vault = {
  ...located,
  vaultName: "vault",
  properties: { tenantId: guid(1), sku: { name: "standard", family: "A" } },
};
const key = { resourceGroupName: "rg", vaultName: "vault", keyName: "key", properties: { kty: "RSA", keySize: 2048 } };
const assignment = {
  scope: group,
  principalId: guid(1),
  principalType: "ServicePrincipal",
  roleDefinitionId: "role-a",
  roleAssignmentName: guid(2),
};
const lock = { scope: group, lockName: "keep", level: "CanNotDelete", notes: "a" };
const endpoint = {
  ...located,
  privateEndpointName: "pe",
  subnet: { id: "/subscriptions/s/a" },
  privateLinkServiceConnections: [{ name: "c", privateLinkServiceId: "/subscriptions/s/x", groupIds: ["blob"] }],
};
const budget = {
  scope: group,
  budgetName: "all",
  amount: 10,
  category: "Cost",
  timeGrain: "Monthly",
  timePeriod: { startDate: "2026-01-01T00:00:00Z" },
};
const namespace = { ...located, namespaceName: "events-bus", sku: { name: "Premium" } };
const queue = { resourceGroupName: "rg", namespaceName: "events-bus", queueName: "in" };
const cluster = { ...located, clusterName: "cache", sku: { name: "Balanced_B0" }, publicNetworkAccess: "Disabled" };

const cases: readonly Case[] = [
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
  ["dbforpostgresql:Server", server, { createMode: "Replica" }, "createMode"],
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
  ["app:ManagedEnvironment", environment, { zoneRedundant: true }, "zoneRedundant"],
  [
    "app:ManagedEnvironment",
    environment,
    { vnetConfiguration: { infrastructureSubnetId: "/subscriptions/s/x" } },
    "vnetConfiguration",
  ],
  [
    "app:ManagedEnvironment",
    { ...environment, vnetConfiguration: { internal: false } },
    { vnetConfiguration: { internal: true } },
    "vnetConfiguration.internal",
  ],
  ["app:ManagedEnvironment", environment, { infrastructureResourceGroup: "x" }, "infrastructureResourceGroup"],
  ["app:ManagedEnvironment", environment, { daprAIConnectionString: "x" }, "daprAIConnectionString"],
  [
    "app:ManagedEnvironment",
    environment,
    { workloadProfiles: [{ name: "Consumption", workloadProfileType: "Consumption" }] },
    undefined,
  ],
  ["app:ContainerApp", app, { environmentId: "/subscriptions/s/other" }, "environmentId"],
  ["app:ContainerApp", app, { template: { revisionSuffix: "x" } }, undefined],
  ["app:Job", job, { environmentId: "/subscriptions/s/other" }, "environmentId"],
  [
    "app:Job",
    job,
    {
      configuration: {
        replicaTimeout: 60,
        triggerType: "Schedule",
        scheduleTriggerConfig: { cronExpression: "* * * * *" },
      },
    },
    "configuration.triggerType",
  ],
  [
    "app:Job",
    job,
    { configuration: { replicaTimeout: 90, triggerType: "Manual", manualTriggerConfig: {} } },
    undefined,
  ],
  [
    "app:ManagedCertificate",
    { ...environment, managedCertificateName: "c", properties: { subjectName: "a.test" } },
    { properties: { subjectName: "b.test" } },
    "properties.subjectName",
  ],
  [
    "app:ManagedCertificate",
    {
      ...environment,
      managedCertificateName: "c",
      properties: { subjectName: "a.test", domainControlValidation: "CNAME" },
    },
    { properties: { subjectName: "a.test", domainControlValidation: "HTTP" } },
    "properties.domainControlValidation",
  ],
  [
    "containerregistry:Registry",
    { ...located, registryName: "images", sku: { name: "Premium" } },
    { zoneRedundancy: "Enabled" },
    "zoneRedundancy",
  ],
  [
    "containerregistry:Registry",
    { ...located, registryName: "images", sku: { name: "Basic" } },
    { sku: { name: "Premium" } },
    undefined,
  ],
  ["keyvault:Vault", vault, { properties: { ...vault.properties, tenantId: guid(2) } }, "properties.tenantId"],
  ["keyvault:Vault", vault, { properties: { ...vault.properties, enablePurgeProtection: true } }, undefined],
  [
    "keyvault:Secret",
    { resourceGroupName: "rg", vaultName: "vault", secretName: "s", properties: { value: "a" } },
    { properties: { value: "b" } },
    undefined,
  ],
  ["keyvault:Key", key, { properties: { kty: "RSA-HSM", keySize: 2048 } }, "properties.kty"],
  ["keyvault:Key", key, { properties: { kty: "RSA", keySize: 4096 } }, "properties.keySize"],
  [
    "keyvault:Key",
    { ...key, properties: { kty: "EC", curveName: "P-256" } },
    { properties: { kty: "EC", curveName: "P-384" } },
    "properties.curveName",
  ],
  ["authorization:RoleAssignment", assignment, { scope: "/subscriptions/other" }, "scope"],
  ["authorization:RoleAssignment", assignment, { roleDefinitionId: "role-b" }, "roleDefinitionId"],
  ["authorization:RoleAssignment", assignment, { principalId: guid(3) }, "principalId"],
  ["authorization:RoleAssignment", assignment, { principalType: "Group" }, "principalType"],
  ["authorization:ManagementLockByScope", lock, { level: "ReadOnly" }, "level"],
  ["authorization:ManagementLockByScope", lock, { notes: "b" }, "notes"],
  ["authorization:ManagementLockByScope", lock, { scope: "/subscriptions/other" }, "scope"],
  [
    "network:VirtualNetwork",
    { ...located, virtualNetworkName: "net", addressSpace: { addressPrefixes: ["10.0.0.0/16"] } },
    { extendedLocation: { name: "x" } },
    "extendedLocation",
  ],
  [
    "network:VirtualNetwork",
    { ...located, virtualNetworkName: "net", addressSpace: { addressPrefixes: ["10.0.0.0/16"] } },
    { addressSpace: { addressPrefixes: ["10.0.0.0/15"] } },
    undefined,
  ],
  [
    "network:Subnet",
    { resourceGroupName: "rg", virtualNetworkName: "net", subnetName: "a", addressPrefix: "10.0.0.0/24" },
    { virtualNetworkName: "net2" },
    "virtualNetworkName",
  ],
  ["network:PrivateEndpoint", endpoint, { subnet: { id: "/subscriptions/s/b" } }, "subnet.id"],
  [
    "network:PrivateEndpoint",
    endpoint,
    { privateLinkServiceConnections: [{ name: "c", privateLinkServiceId: "/subscriptions/s/y", groupIds: ["blob"] }] },
    "privateLinkServiceConnections[0].privateLinkServiceId",
  ],
  [
    "network:PrivateEndpoint",
    endpoint,
    { privateLinkServiceConnections: [{ name: "c", privateLinkServiceId: "/subscriptions/s/x", groupIds: ["file"] }] },
    "privateLinkServiceConnections[0].groupIds[0]",
  ],
  ["network:PrivateEndpoint", endpoint, { customNetworkInterfaceName: "nic" }, "customNetworkInterfaceName"],
  ["network:PrivateEndpoint", endpoint, { ipConfigurations: [] }, "ipConfigurations"],
  [
    "privatedns:VirtualNetworkLink",
    {
      ...located,
      location: "global",
      privateZoneName: "a.internal",
      virtualNetworkLinkName: "l",
      registrationEnabled: false,
      virtualNetwork: { id: "/subscriptions/s/a" },
    },
    { virtualNetwork: { id: "/subscriptions/s/b" } },
    "virtualNetwork.id",
  ],
  [
    "monitor:DiagnosticSetting",
    { resourceUri: group, name: "d", workspaceId: "/subscriptions/s/w" },
    { resourceUri: "/subscriptions/other" },
    "resourceUri",
  ],
  ["consumption:Budget", budget, { timeGrain: "Annually" }, "timeGrain"],
  ["consumption:Budget", budget, { timePeriod: { startDate: "2026-02-01T00:00:00Z" } }, "timePeriod.startDate"],
  ["consumption:Budget", budget, { amount: 20 }, undefined],
  ["redisenterprise:RedisEnterprise", cluster, { highAvailability: "Disabled" }, "highAvailability"],
  ["redisenterprise:RedisEnterprise", cluster, { zones: ["1"] }, "zones"],
  ["servicebus:Namespace", namespace, { zoneRedundant: false }, "zoneRedundant"],
  ["servicebus:Namespace", namespace, { premiumMessagingPartitions: 2 }, "premiumMessagingPartitions"],
  ["servicebus:Namespace", namespace, { encryption: { requireInfrastructureEncryption: true } }, "encryption"],
  ["servicebus:Queue", queue, { requiresDuplicateDetection: true }, "requiresDuplicateDetection"],
  ["servicebus:Queue", queue, { requiresSession: true }, "requiresSession"],
  ["servicebus:Queue", queue, { enablePartitioning: true }, "enablePartitioning"],
  ["servicebus:Queue", queue, { maxDeliveryCount: 5 }, undefined],
  [
    "applicationinsights:Component",
    { ...located, resourceName: "ai", kind: "web", applicationType: "web" },
    { applicationType: "other" },
    "applicationType",
  ],
];

describe("a change", () => {
  it.each(cases)("of %s %j by %j: replacement by %s", async (type, inputs, change, path) => {
    const azure = new Azure();
    const old = await azure.check(type, inputs);
    const diff = await azure.diff(
      { type, name: "thing", id: "id", inputs: old, outputs: {} },
      { ...inputs, ...change },
    );
    if (path === undefined) expect(diff.replaces).toEqual([]);
    else expect(diff.replaces).toContain(path);
  });
});
