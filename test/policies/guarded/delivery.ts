import { declaredParameters } from "../cases/rule-case";
import type { GuardedProperty } from "../guarded-properties";

const token = `ghp_${"a".repeat(36)}`;
const repository = "github:index/repository:Repository";
const environment = "github:index/repositoryEnvironment:RepositoryEnvironment";
const deployingBranch = "github:index/repositoryEnvironmentDeploymentPolicy:RepositoryEnvironmentDeploymentPolicy";
const assignment = "azure-native:authorization:RoleAssignment";
const eligibility = "azure-native:authorization:PimRoleEligibilitySchedule";
const credential = "azure-native:managedidentity:FederatedIdentityCredential";
const acl = "tailscale:index/acl:Acl";
const localCommand = "command:local:Command";
const remoteCommand = "command:remote:Command";
const role = (id: string) => `/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/${id}`;
const administrator = role("f58310d9-a9f6-439a-9e8d-f62e7b41a168");
const pull = role("7f951dda-4ed3-4680-a7ca-43fe172d538d");
const setSecrets = role("b86a8fe4-44ce-4948-aee5-eccb2c155cd7");
const change = role("b24988ac-6180-42a0-ab88-20f7382dd24c");
const registry = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/r";
const grant = { src: ["group:operators"], dst: ["tag:host"], ip: ["tcp:22"] };
const ssh = { action: "check", src: ["group:operators"], dst: ["tag:host"], users: ["operator"] };
const policy = JSON.stringify({ grants: [grant], ssh: [ssh] });

/** A property that complies when it is not set. */
const refused = (rule: string, type: string, path: string, bad: GuardedProperty["bad"]) =>
  ({ rule, type, path, ...(bad === undefined ? {} : { bad }), removed: [] }) satisfies GuardedProperty;

const content = (type: string, path: string, bad: GuardedProperty["bad"]) =>
  refused("content-read", `azure-native:${type}`, path, bad);

const settings = (type: string, path: string, good: GuardedProperty["good"], bad: GuardedProperty["bad"]) => ({
  ...refused("plain-text-secret", type, path, bad),
  ...(good === undefined ? {} : { good }),
});

const named = (name: string) => [{ name, value: "eight" }];

/** Who gets into repositories, pipelines and clouds, and what nobody reads. */
export const guardedDelivery: readonly GuardedProperty[] = [
  {
    rule: "repository-environment-branch",
    type: environment,
    path: "deploymentBranchPolicy.customBranchPolicies",
    good: true,
    bad: false,
  },
  {
    rule: "repository-environment-branch",
    type: deployingBranch,
    path: "branchPattern",
    good: "main",
    bad: "release/*",
    // Where nobody reviews, patterns are allowed.
    where: { environment: "prod" },
  },
  {
    rule: "no-public-repository",
    type: repository,
    path: "visibility",
    good: "private",
    bad: "public",
    given: { name: "ours" },
  },
  {
    rule: "no-public-repository",
    type: repository,
    path: "private",
    good: true,
    bad: false,
    where: { visibility: null },
    given: { name: "ours" },
  },
  {
    rule: "no-public-repository",
    type: repository,
    path: "name",
    good: "ours",
    removed: [],
    unknown: [],
    given: { visibility: "private" },
  },
  ...["R2CustomDomain", "R2ManagedDomain"].map((name) => ({
    rule: "no-public-bucket",
    type: `cloudflare:index/r${name.slice(1)}:${name}`,
    path: "enabled",
    good: false,
    bad: true,
  })),
  {
    ...refused("no-public-address", "azure-native:containerinstance:ContainerGroup", "ipAddress.type", "Public"),
    good: "Private",
  },
  ...["publicIPAddress", "publicIPPrefix"].map((name) =>
    refused("no-public-address", "azure-native:network:LoadBalancer", `frontendIPConfigurations.0.${name}`, {
      id: "a",
    }),
  ),
  refused("no-public-address", "azure-native:network:NetworkInterface", "ipConfigurations.0.publicIPAddress", {
    id: "a",
  }),

  {
    rule: "repository-secret-declared",
    type: "github:index/actionsSecret:ActionsSecret",
    path: "secretName",
    good: "DECLARED",
    bad: "OTHER",
  },
  { rule: "repository-environment-reviewed", type: environment, path: "canAdminsBypass", good: false, bad: true },
  {
    rule: "repository-environment-reviewed",
    type: environment,
    path: "reviewers",
    good: [{ teams: [1], users: [] }],
    bad: [{ teams: [], users: [] }],
  },
  {
    rule: "repository-environment-reviewed",
    type: environment,
    path: "environment",
    good: "prod",
    removed: [],
    unknown: [],
    given: { reviewers: [{ teams: [1], users: [] }] },
  },
  ...["workflowRepositoryPermissions", "actionsOrganizationWorkflowPermissions", "enterpriseActionsWorkflowPermissions"]
    .map((name) => `github:index/${name}:${name.charAt(0).toUpperCase()}${name.slice(1)}`)
    .flatMap((type) => [
      { ...refused("repository-workflow-token", type, "defaultWorkflowPermissions", "write"), good: "read" },
      { ...refused("repository-workflow-token", type, "canApprovePullRequestReviews", true), good: false },
    ]),
  {
    ...refused("repository-key-reads", "github:index/repositoryDeployKey:RepositoryDeployKey", "readOnly", false),
    good: true,
  },
  {
    rule: "repository-key-reads",
    type: "github:index/repositoryCollaborator:RepositoryCollaborator",
    path: "permission",
    good: "pull",
    bad: "push",
  },
  {
    ...refused("repository-key-reads", "github:index/repositoryCollaborators:RepositoryCollaborators", "users", [
      { username: "a", permission: "admin" },
    ]),
    good: [{ username: "a", permission: "pull" }],
  },

  ...[
    { type: assignment, good: pull, where: { principalType: "ServicePrincipal" }, owner: ["role-scope"], removed: [] },
    {
      type: eligibility,
      good: setSecrets,
      where: {},
      owner: ["people-roles", "role-scope"],
      removed: ["people-roles"],
    },
  ].flatMap(({ type, good, where, owner, removed }) => [
    {
      ...refused("role-scope", type, "roleDefinitionId", role("8e3af657-a8ff-443c-a75c-2fe8c4bcb635")),
      ...{ good, where, given: { scope: registry }, flipped: owner, unknown: owner, removed },
    },
    {
      ...{ rule: "role-scope", type, path: "scope", good: registry, bad: "/subscriptions/s" },
      // A role that no stack lets anybody have on a whole subscription.
      ...{ where, given: { roleDefinitionId: pull } },
    },
    {
      rule: "role-scope",
      type,
      path: "condition",
      good: "((!(ActionMatches{'Microsoft.Authorization/roleAssignments/write'})))",
      bad: "",
      where: { roleDefinitionId: administrator },
    },
  ]),
  {
    ...{ rule: "people-roles", type: eligibility, path: "scheduleInfo.expiration.type" },
    ...{ good: "AfterDuration", bad: "NoExpiration", given: { roleDefinitionId: setSecrets, scope: registry } },
  },
  {
    ...{ rule: "people-roles", type: assignment, path: "roleDefinitionId", good: setSecrets, bad: change },
    ...{ where: { principalType: "Group" }, given: { scope: registry } },
    unknown: ["people-roles", "role-scope"],
  },
  {
    ...refused("people-roles", assignment, "principalType", "User"),
    ...{ good: "ServicePrincipal", where: { roleDefinitionId: pull }, unknown: ["own-tenant", "people-roles"] },
    removed: ["people-roles"],
  },
  ...[
    { good: "ServicePrincipal", roleDefinitionId: pull },
    { good: "Group", roleDefinitionId: setSecrets },
  ].map(({ good, roleDefinitionId }) => ({
    ...refused("own-tenant", assignment, "principalType", "ForeignGroup"),
    ...{ good, where: { principalType: good }, given: { scope: registry, roleDefinitionId } },
    unknown: ["own-tenant", "people-roles"],
    removed: ["people-roles"],
  })),
  refused("own-tenant", assignment, "delegatedManagedIdentityResourceId", "/subscriptions/theirs/identities/i"),
  ...[
    ["azure-native:dbforpostgresql:AdministratorsMicrosoftEntra", "tenantId"],
    ["azure-native:dbforpostgresql:Server", "authConfig.tenantId"],
    ["azure-native:keyvault:Vault", "properties.tenantId"],
  ].map(([type = "", path = ""]) => ({
    ...refused("own-tenant", type, path, "00000000-0000-4000-8000-0000000000ff"),
    good: declaredParameters.tenant,
  })),
  {
    ...refused("role-actions", "azure-native:authorization:RoleDefinition", "permissions", [{ actions: ["*"] }]),
    good: [{ actions: ["Microsoft.Storage/storageAccounts/read", "*/read"], dataActions: [] }],
  },

  {
    rule: "federated-subject",
    type: credential,
    path: "issuer",
    good: "https://token.actions.githubusercontent.com",
    bad: "https://token.actions.githubusercontent.com.example.org",
  },
  {
    rule: "federated-subject",
    type: credential,
    path: "audiences.0",
    good: "api://AzureADTokenExchange",
    bad: "api://other",
  },
  refused("federated-subject", credential, "claimsMatchingExpression", { value: "claims['sub'] matches '*'" }),
  {
    rule: "federated-subject",
    type: credential,
    path: "subject",
    good: "repo:ours/infra:environment:prod",
    bad: "repo:theirs/infra:environment:prod",
  },
  { rule: "federated-subject", type: credential, path: "resourceName", good: "deploy-prod", bad: "preview-prod" },

  {
    rule: "tailnet-policy-reach",
    type: acl,
    path: "acl",
    good: policy,
    bad: JSON.stringify({ grants: [{ ...grant, dst: ["*"] }], ssh: [ssh] }),
    removed: ["tailnet-policy-reach", "tailnet-policy-ssh"],
    unknown: ["tailnet-policy-reach", "tailnet-policy-ssh"],
  },
  {
    rule: "tailnet-policy-ssh",
    type: acl,
    path: "acl",
    good: policy,
    bad: JSON.stringify({ grants: [grant], ssh: [{ ...ssh, users: ["root"] }] }),
    removed: ["tailnet-policy-reach", "tailnet-policy-ssh"],
    unknown: ["tailnet-policy-reach", "tailnet-policy-ssh"],
  },

  ...["", "AtManagementGroupScope", "AtScope", "AtSubscriptionScope", "AtTenantScope"].flatMap((at) => [
    content(`resources:Deployment${at}`, "properties.template", { resources: [{ type: "a" }] }),
    content(`resources:Deployment${at}`, "properties.templateLink", { uri: "https://example.org" }),
  ]),
  ...["AtManagementGroup", "AtResourceGroup", "AtSubscription"].flatMap((at) => [
    content(`resources:DeploymentStack${at}`, "template", '{ "resources": [{ "type": "a" }] }'),
    content(`resources:DeploymentStack${at}`, "templateLink", { id: "/templateSpecs/a" }),
  ]),
  content("resources:TemplateSpecVersion", "mainTemplate", { resources: { a: { type: "a" } } }),
  content("resources:TemplateSpecVersion", "linkedTemplates", [{ path: "a" }]),
  ...["AzureCliScript", "AzurePowerShellScript"].flatMap((name) => [
    content(`resources:${name}`, "scriptContent", "az login"),
    content(`resources:${name}`, "primaryScriptUri", "https://example.org"),
    content(`resources:${name}`, "supportingScriptUris", ["https://example.org"]),
  ]),
  content("resources:Resource", "resourceType", "storageAccounts"),
  content("resources:Resource", "properties", { allowBlobPublicAccess: true }),
  content("automation:Runbook", "publishContentLink", { uri: "https://example.org" }),
  content("automation:Runbook", "draft", { inEdit: true }),
  ...["VirtualMachineRunCommandByVirtualMachine", "VirtualMachineScaleSetVMRunCommand"].map((name) =>
    content(`compute:${name}`, "source", { script: "id" }),
  ),
  ...["VirtualMachineExtension", "VirtualMachineScaleSetExtension", "VirtualMachineScaleSetVMExtension"].flatMap(
    (name) => [
      content(`compute:${name}`, "type", "CustomScript"),
      content(`compute:${name}`, "settings", { commandToExecute: "id" }),
      content(`compute:${name}`, "protectedSettings", { commandToExecute: "id" }),
    ],
  ),
  content("containerregistry:Task", "step", { type: "EncodedTask" }),
  content("containerregistry:TaskRun", "runRequest", { type: "EncodedTaskRunRequest" }),

  ...[localCommand, remoteCommand].flatMap((type) => [
    ...["create", "update", "delete"].map((path) => ({
      ...refused("content-command", type, path, "curl https://example.org | sh"),
      good: "sh '/srv/incoming/a1/install.sh'",
      unknown: ["content-command", "plain-text-secret"],
    })),
    {
      ...refused("content-command", type, "environment", { PATH: "/tmp" }),
      unknown: ["content-command", "plain-text-secret"],
    },
    settings(type, "stdin", "eight", token),
    ...["create", "update", "delete"].map((path) => ({
      ...settings(type, path, "sh '/srv/incoming/a1/install.sh'", `curl --user x:${token} https://example.org`),
      flipped: ["content-command", "plain-text-secret"],
      unknown: ["content-command", "plain-text-secret"],
    })),
    {
      ...refused("plain-text-secret", type, "environment", { API_TOKEN: "eight" }),
      flipped: ["content-command", "plain-text-secret"],
      unknown: ["content-command", "plain-text-secret"],
    },
  ]),
  refused("content-command", localCommand, "interpreter", ["python3"]),
  ...["CopyFile", "CopyToRemote"].map((name) => ({
    ...refused("content-command", `command:remote:${name}`, "remotePath", "/etc"),
    good: "/srv/incoming",
  })),

  ...["azure-native:app:ContainerApp", "azure-native:app:Job"].flatMap((type) => [
    settings(type, "template.containers.0.env.0.value", "eight", token),
    { ...settings(type, "template.containers.0.env.0.name", "MODE", "DB_PASSWORD"), where: { tags: {} } },
    settings(type, "template.containers.0.args", ["serve"], ["--url", "postgres://app:correct-horse@db/app"]),
  ]),
  ...["ActionsEnvironmentVariable", "ActionsOrganizationVariable", "ActionsVariable"]
    .map((name) => `github:index/${name.charAt(0).toLowerCase()}${name.slice(1)}:${name}`)
    .flatMap((type) => [
      settings(type, "value", "eight", token),
      settings(type, "variableName", "MODE", "DEPLOY_TOKEN"),
    ]),
  settings("github:index/repositoryFile:RepositoryFile", "content", "eight", `token: ${token}`),
  settings(
    "cloudflare:index/pagesProject:PagesProject",
    "deploymentConfigs.production.envVars",
    { MODE: { type: "plain_text", value: "eight" }, API_TOKEN: { type: "secret_text", value: "eight" } },
    { API_TOKEN: { type: "plain_text", value: "eight" } },
  ),
  ...["cloudflare:index/workersScript:WorkersScript", "cloudflare:index/workerVersion:WorkerVersion"].map((type) =>
    settings(
      type,
      "bindings",
      [
        { type: "plain_text", name: "MODE", text: "eight" },
        { type: "secret_text", name: "API_TOKEN", text: "eight" },
      ],
      [{ type: "plain_text", name: "API_TOKEN", text: "eight" }],
    ),
  ),
  settings(
    "azure-native:containerinstance:ContainerGroup",
    "containers",
    [{ environmentVariables: [...named("MODE"), { name: "API_TOKEN", secureValue: "eight" }], command: ["serve"] }],
    [{ environmentVariables: named("API_TOKEN") }],
  ),
  ...["azure-native:web:WebApp", "azure-native:web:WebAppSlot"].flatMap((type) => [
    settings(type, "siteConfig.appSettings", named("MODE"), named("ApiKey")),
    settings(
      type,
      "siteConfig.connectionStrings",
      [],
      [{ name: "main", connectionString: "Server=db;User=app;Password=correct-horse" }],
    ),
  ]),
  settings("azure-native:web:WebAppApplicationSettings", "properties", { MODE: "eight" }, { DbPassword: "eight" }),
];
