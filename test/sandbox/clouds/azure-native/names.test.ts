import { describe, expect, it } from "vitest";
import type { PropertyMap } from "../../../../deployment/values/property-value";
import { Azure, group, guid, located } from "./azure-fixture";

interface NameCase {
  readonly type: string;
  readonly property: string;
  readonly rest: PropertyMap;
  readonly code: string;
  readonly good: readonly string[];
  readonly bad: readonly string[];
}
const long = (length: number) => "a".repeat(length);
const cases: readonly NameCase[] = [
  {
    type: "storage:StorageAccount",
    property: "accountName",
    code: "AccountNameInvalid",
    rest: { ...located, kind: "StorageV2", sku: { name: "Standard_LRS" } },
    good: ["abc", long(24)],
    bad: ["ab", long(25), "Capital", "with-dash"],
  },
  {
    type: "storage:BlobContainer",
    property: "containerName",
    code: "InvalidResourceName",
    rest: { resourceGroupName: "rg", accountName: "alpha" },
    good: ["abc", long(63)],
    bad: ["ab", long(64), "-ab", "ab-", "a--b", "Abc"],
  },
  {
    type: "dbforpostgresql:Server",
    property: "serverName",
    code: "InvalidServerName",
    rest: { ...located, sku: { name: "Standard_B1ms", tier: "Burstable" } },
    good: ["abc", long(63)],
    bad: ["ab", long(64), "-abc", "abc-", "Abc"],
  },
  {
    type: "dbforpostgresql:Database",
    property: "databaseName",
    code: "InvalidDatabaseName",
    rest: { resourceGroupName: "rg", serverName: "db" },
    good: ["a", long(63)],
    bad: [long(64), "1a"],
  },
  {
    type: "dbforpostgresql:FirewallRule",
    property: "firewallRuleName",
    code: "InvalidFirewallRuleName",
    rest: { resourceGroupName: "rg", serverName: "db", startIpAddress: "1.2.3.4", endIpAddress: "1.2.3.4" },
    good: ["a", long(80)],
    bad: [long(81), "a b", "-a", "a-"],
  },
  {
    type: "dbforpostgresql:VirtualEndpoint",
    property: "virtualEndpointName",
    code: "InvalidVirtualEndpointName",
    rest: { resourceGroupName: "rg", serverName: "db", endpointType: "ReadWrite", members: [] },
    good: ["abc", long(63)],
    bad: ["ab", long(64)],
  },
  {
    type: "app:ManagedEnvironment",
    property: "environmentName",
    code: "ManagedEnvironmentInvalidName",
    rest: located,
    good: ["ab", long(60)],
    bad: ["a", long(61), "ab-", "1ab"],
  },
  {
    type: "app:ContainerApp",
    property: "containerAppName",
    code: "ContainerAppInvalidName",
    rest: { ...located, environmentId: "env" },
    good: ["ab", long(32)],
    bad: ["a", long(33), "1ab", "ab-", "a--b", "Ab"],
  },
  {
    type: "app:Job",
    property: "jobName",
    code: "JobInvalidName",
    rest: {
      ...located,
      environmentId: "env",
      template: {},
      configuration: { replicaTimeout: 60, triggerType: "Manual", manualTriggerConfig: {} },
    },
    good: ["ab", long(32)],
    bad: ["a", long(33), "1ab", "a--b"],
  },
  {
    type: "containerregistry:Registry",
    property: "registryName",
    code: "RegistryNameNotValid",
    rest: { ...located, sku: { name: "Basic" } },
    good: ["abcde", long(50)],
    bad: ["abcd", long(51), "ab-cd"],
  },
  {
    type: "keyvault:Vault",
    property: "vaultName",
    code: "VaultNameNotValid",
    rest: { ...located, properties: { tenantId: guid, sku: { name: "standard", family: "A" } } },
    good: ["abc", "a-b-c", long(24)],
    bad: ["ab", long(25), "1abc", "abc-", "a--b"],
  },
  {
    type: "keyvault:Secret",
    property: "secretName",
    code: "BadParameter",
    rest: { resourceGroupName: "rg", vaultName: "v", properties: {} },
    good: ["a", long(127)],
    bad: [long(128), "a_b"],
  },
  {
    type: "keyvault:Key",
    property: "keyName",
    code: "BadParameter",
    rest: { resourceGroupName: "rg", vaultName: "v", properties: {} },
    good: ["a"],
    bad: [long(128), "a.b"],
  },
  {
    type: "managedidentity:UserAssignedIdentity",
    property: "resourceName",
    code: "InvalidResourceName",
    rest: located,
    good: ["abc", long(128)],
    bad: ["ab", long(129), "a.bc"],
  },
  {
    type: "managedidentity:FederatedIdentityCredential",
    property: "federatedIdentityCredentialResourceName",
    code: "InvalidResourceName",
    rest: { resourceGroupName: "rg", resourceName: "id", issuer: "i", subject: "s", audiences: ["a"] },
    good: ["abc", long(120)],
    bad: ["ab", long(121)],
  },
  {
    type: "authorization:RoleAssignment",
    property: "roleAssignmentName",
    code: "InvalidRoleAssignmentId",
    rest: { scope: group, principalId: guid, roleDefinitionId: "r" },
    good: [guid],
    bad: ["reader"],
  },
  {
    type: "authorization:ManagementLockByScope",
    property: "lockName",
    code: "InvalidLockName",
    rest: { scope: group, level: "CanNotDelete" },
    good: ["a", long(90)],
    bad: [long(91), "a/b"],
  },
  {
    type: "network:VirtualNetwork",
    property: "virtualNetworkName",
    code: "InvalidResourceName",
    rest: { ...located, addressSpace: { addressPrefixes: ["10.0.0.0/16"] } },
    good: ["ab", long(64)],
    bad: ["a", long(65)],
  },
  {
    type: "network:Subnet",
    property: "subnetName",
    code: "InvalidResourceName",
    rest: { resourceGroupName: "rg", virtualNetworkName: "net", addressPrefix: "10.0.0.0/24" },
    good: ["a", long(80)],
    bad: [long(81), "-a"],
  },
  {
    type: "network:NetworkSecurityGroup",
    property: "networkSecurityGroupName",
    code: "InvalidResourceName",
    rest: located,
    good: ["a", long(80)],
    bad: [long(81)],
  },
  {
    type: "network:PrivateEndpoint",
    property: "privateEndpointName",
    code: "InvalidResourceName",
    rest: { ...located, subnet: { id: "s" } },
    good: ["ab", long(64)],
    bad: ["a", long(65)],
  },
  {
    type: "privatedns:PrivateZone",
    property: "privateZoneName",
    code: "InvalidPrivateDnsZoneName",
    rest: { resourceGroupName: "rg", location: "global" },
    good: ["a.internal"],
    bad: ["internal", "a..b"],
  },
  {
    type: "operationalinsights:Workspace",
    property: "workspaceName",
    code: "InvalidResourceName",
    rest: located,
    good: ["abcd", long(63)],
    bad: ["abc", long(64), "abcd-"],
  },
  {
    type: "monitor:ActionGroup",
    property: "actionGroupName",
    code: "BadRequest",
    rest: { ...located, enabled: true, groupShortName: "ops" },
    good: ["ops", long(260)],
    bad: [long(261), "a/b"],
  },
  {
    type: "consumption:Budget",
    property: "budgetName",
    code: "InvalidBudgetName",
    rest: { scope: group, amount: 1, category: "Cost", timeGrain: "Monthly", timePeriod: { startDate: "2026-01-01" } },
    good: ["a", long(63)],
    bad: [long(64), "a b"],
  },
  {
    type: "redisenterprise:RedisEnterprise",
    property: "clusterName",
    code: "InvalidResourceName",
    rest: { ...located, sku: { name: "Balanced_B0" }, publicNetworkAccess: "Disabled" },
    good: ["a", long(60)],
    bad: [long(61), "a--b"],
  },
  {
    type: "servicebus:Namespace",
    property: "namespaceName",
    code: "InvalidNamespaceName",
    rest: located,
    good: ["abcdef", long(50)],
    bad: ["abcde", long(51), "1abcdef"],
  },
  {
    type: "servicebus:Queue",
    property: "queueName",
    code: "BadRequest",
    rest: { resourceGroupName: "rg", namespaceName: "bus" },
    good: ["a", long(260)],
    bad: [long(261)],
  },
  {
    type: "applicationinsights:Component",
    property: "resourceName",
    code: "InvalidResourceName",
    rest: { ...located, kind: "web", applicationType: "web" },
    good: ["a", long(255)],
    bad: [long(256), "a?"],
  },
];
describe.each(cases)("the name of $type", ({ type, property, rest, code, good, bad }) => {
  it.each(good)("may be %s", async (name) => {
    await expect(new Azure().check(type, { ...rest, [property]: name })).resolves.toBeDefined();
  });

  it.each(bad)("may not be %s", async (name) => {
    await expect(new Azure().check(type, { ...rest, [property]: name })).rejects.toThrow(`${property}: ${code}:`);
  });
});
