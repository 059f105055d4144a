import { group, located } from "./azure-fixture";
import { itReplaces } from "./create-only-fixture";

const guid = (digit: number) => `00000000-0000-4000-8000-00000000000${digit}`;
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

itReplaces("a change of apps, vaults, access, networks and queues", [
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
  ["consumption:Budget", budget, { timePeriod: { startDate: "2026-02-01T00:00:00Z" } }, undefined],
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
]);
