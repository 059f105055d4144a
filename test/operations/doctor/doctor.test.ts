import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import type { AnalyzedResource } from "../../../deployment/policies/policy-analyzer";
import type { PropertyMap } from "../../../deployment/values/property-value";
import { azureRoles } from "../../../lib/azure/built-in-roles";
import { RealAccounts } from "../../../operations/doctor/accounts";
import { examine, examineHosts } from "../../../operations/doctor/examine";
import type { DoctorClouds, ExaminedStack } from "../../../operations/doctor/examined-stack";
import { providersOf } from "../../../operations/doctor/resource-providers";
import { findStandIns } from "../../../operations/doctor/stand-ins";
import { missingTools } from "../../../operations/doctor/tools";
import { accountFaults, EmulatedAccounts } from "../../../sandbox/clouds/emulated-accounts";
import { EmulatedReadings } from "../../../sandbox/clouds/emulated-readings";
import { EmulatedTakeover, faultTypes } from "../../../sandbox/clouds/emulated-takeover";
import { DiskWorld } from "../../../sandbox/world/disk-world";
import { openWorld } from "../../../sandbox/world/open-world";
import { MemoryWorld, type WorldTransaction } from "../../../sandbox/world/world";
import { WorldInventory } from "../../../sandbox/world/world-inventory";
import { stackDefinitions } from "../../../stacks/registry";
import { repository } from "../../cli/run-command";
import { runHere } from "../../cli/run-here";
import { LocalServer } from "../delivery/local-server";

const subscription = "00000000-0000-4000-8000-000000000022";
const group = `/subscriptions/${subscription}/resourceGroups/shop/providers`;
const vaultId = `${group}/Microsoft.KeyVault/vaults/shop-vault`;
const environmentId = `${group}/Microsoft.App/managedEnvironments/shop`;
const credentialId = `${group}/Microsoft.ManagedIdentity/userAssignedIdentities/deploy/federatedIdentityCredentials/main`;
const roleIds: Readonly<Record<string, string>> = azureRoles;
const recordType = "cloudflare:index/dnsRecord:DnsRecord";
const issuer = "https://token.actions.githubusercontent.com";

/** A resource that a program makes. */
function planned(type: string, properties: PropertyMap): AnalyzedResource {
  const timeouts = { create: 0, update: 0, delete: 0 };
  const lists = { ignoreChanges: [], aliases: [], additionalSecretOutputs: [] };
  return {
    ...{ urn: `urn:pulumi:shop::landscape::${type}::main`, type, name: "main", properties },
    options: { protect: false, deleteBeforeReplace: undefined, customTimeouts: timeouts, ...lists },
    ...{ parent: undefined, provider: undefined, dependencies: [], propertyDependencies: {} },
  };
}

const deployed = (type: string, id: string, outputs = {}, name = "x") => ({
  ...{ urn: `urn:pulumi:shop::landscape::${type}::${name}`, type, id, owned: true, outputs },
  ...{ dependencies: [], propertyDependencies: {} },
});

/** The types of what is taken over by the next deployment. */
const listed = new Set<string>();
afterEach(() => listed.clear());

/** A stack with something of everything that is asked about. */
function shop(isDeployed: boolean): ExaminedStack {
  return {
    ...{ stack: "shop", subscription, owner: "alai-org", apps: ["600001"], plans: { "shop.example": "pro" } },
    isAdopted: (name) => ["shopadopted", "zone"].includes(name),
    imported: new Set(["urn:pulumi:shop::landscape::cloudflare:index/zone:Zone::main"]),
    isListed: (type) => listed.has(type),
    planned: [
      planned("azure-native:resources:ResourceGroup", {}),
      planned("azure-native:authorization:RoleAssignment", {}),
      planned("azure-native:keyvault:Vault", { vaultName: "shop-vault" }),
      planned("azure-native:storage:StorageAccount", { accountName: "shopadopted" }),
      planned("azure-native:app:ContainerApp", {
        template: { containers: [{ resources: { cpu: 2 } }], scale: { minReplicas: 3 } },
      }),
      planned("azure-native:managedidentity:FederatedIdentityCredential", {
        ...{ resourceGroupName: "shop", resourceName: "deploy", federatedIdentityCredentialResourceName: "main" },
        ...{ issuer, subject: "repo:alai-org/shop:environment:shop" },
      }),
      ...["Contributor", "Monitoring Contributor"].map((role) =>
        planned("azure-native:authorization:PimRoleEligibilitySchedule", {
          ...{ scope: `/subscriptions/${subscription}`, principalId: "operators" },
          roleDefinitionId: `/subscriptions/${subscription}/providers/Microsoft.Authorization/roleDefinitions/${roleIds[role]}`,
        }),
      ),
      planned("cloudflare:index/zone:Zone", { name: "shop.example" }),
      planned(recordType, { zoneId: "zone", name: "www.shop.example", type: "CNAME", content: "shop.pages.dev" }),
      planned("github:index/actionsEnvironmentSecret:ActionsEnvironmentSecret", {
        ...{ repository: "shop", environment: "production" },
      }),
      planned("tailscale:index/acl:Acl", {}),
    ],
    deployed: isDeployed
      ? [
          deployed("azure-native:keyvault:Vault", vaultId, { properties: { publicNetworkAccess: "Disabled" } }),
          deployed("azure-native:app:ManagedEnvironment", environmentId),
        ]
      : [],
  };
}

const zone = { name: "shop.example", status: "active", plan: { legacyId: "pro" }, nameServers: ["ana.ns", "bob.ns"] };
const credential = { issuer, subject: "repo:alai-org/shop:environment:shop" };

/** A world in which the shop lacks nothing. */
function world(): MemoryWorld {
  return new MemoryWorld([
    { cloud: "cloudflare", kind: "cloudflare:index/zone:Zone", id: "zone", properties: zone },
    {
      cloud: "azure",
      kind: "azure-native:storage:StorageAccount",
      id: "/adopted",
      properties: { name: "shopadopted" },
    },
    ...[
      { kind: "azure-native:managedidentity:FederatedIdentityCredential", id: credentialId, properties: credential },
      { kind: "azure-native:keyvault:Secret", id: `${vaultId}/secrets/api-key`, properties: {} },
    ].map((object) => ({ cloud: "azure" as const, ...object })),
  ]);
}

function cloudsOf(emulated: MemoryWorld): DoctorClouds {
  const open = async () => emulated;
  return {
    ...{ accounts: new EmulatedAccounts(open), readings: new EmulatedReadings(open) },
    takeover: new EmulatedTakeover(open),
    existing: () => new WorldInventory(async () => emulated.objects()),
  };
}

const fault = (kind: string, properties: PropertyMap) => (change: WorldTransaction) =>
  change.put({ cloud: "azure", kind, id: `${kind} ${JSON.stringify(properties)}`, properties });
const put = (kind: string, id: string, properties: PropertyMap) => (change: WorldTransaction) =>
  change.put({ cloud: kind.startsWith("cloudflare") ? "cloudflare" : "azure", kind, id, properties });
const remove = (kind: string) => (change: WorldTransaction) => {
  for (const { id } of change.list(kind)) change.delete(kind, id);
};

const githubSecret = (updatedAt: string) =>
  put("github:index/actionsEnvironmentSecret:ActionsEnvironmentSecret", "shop:production:TOKEN", {
    ...{ repository: "shop", environment: "production", secretName: "TOKEN", createdAt: "2026-11-01", updatedAt },
  });

const record = (type: string, name = "www.shop.example") =>
  put(recordType, `${type} ${name}`, { zoneId: "zone", name, type, content: "192.0.2.9" });

type Change = (world: WorldTransaction, match: RegExpExecArray) => unknown;

/** What the commands that doctor names do, as far as its world has it. */
const commands: readonly (readonly [RegExp, Change])[] = [
  [/^az login$|^export (?:CLOUDFLARE_API_TOKEN|GITHUB_TOKEN|TAILSCALE_API_KEY)=/, remove(accountFaults.signedOut)],
  [
    /^az role assignment create --role "(Contributor|Role Based Access Control Administrator)" --assignee \S.* --scope \/subscriptions\/([\w-]+)$/,
    (change, [, role, scope]) => {
      const actions =
        role === "Contributor" ? ["Microsoft.Resources/*"] : ["Microsoft.Authorization/roleAssignments/*"];
      fault(accountFaults.allowedActions, { subscription: scope ?? "", actions })(change);
    },
  ],
  [/^edit the token at https:\/\/dash\.cloudflare\.com/, remove(accountFaults.cloudflareRights)],
  [
    /^az provider register --namespace (\S+) --subscription (\S+)$/,
    (change, [, namespace = "", scope = ""]) =>
      change.delete(
        accountFaults.unregisteredProvider,
        `${accountFaults.unregisteredProvider} ${JSON.stringify({ subscription: scope, namespace })}`,
      ),
  ],
  [/^https:\/\/github\.com\/organizations\/alai-org\/settings\/installations/, remove(accountFaults.missingApp)],
  [/^name ana\.ns and bob\.ns as its name servers/, put("cloudflare:index/zone:Zone", "zone", zone)],
  [
    /^https:\/\/dash\.cloudflare\.com\/\?to=\/:account\/shop\.example(?:\/billing| {3}Add a domain)$/,
    put("cloudflare:index/zone:Zone", "zone", zone),
  ],
  [
    /^npm run up -- --stack shop$/,
    put("azure-native:managedidentity:FederatedIdentityCredential", credentialId, credential),
  ],
  [/QuotaMenuBlade$/, remove(faultTypes.quota)],
  [/^npm run adopt -- --stack shop$/, () => listed.add(recordType)],
  [
    /^npm run secret -- set --stack shop --name api-key$/,
    put("azure-native:keyvault:Secret", `${vaultId}/secrets/api-key`, {}),
  ],
  [/^docs\/daily\.md#rights, Contributor in \/subscriptions\/[\w-]+$/, remove(accountFaults.roleRules)],
  [/^gh secret set TOKEN --env production --repo alai-org\/shop$/, githubSecret("2026-11-30")],
  [/^tailscale up /, remove(accountFaults.unreachable)],
];

async function mend(emulated: MemoryWorld, command: string): Promise<void> {
  const known = commands.flatMap(([pattern, change]) => {
    const match = pattern.exec(command);
    return match === null ? [] : [{ change, match }];
  });
  expect([command, known.length]).toEqual([command, 1]);
  for (const { change, match } of known) await emulated.transact((transaction) => change(transaction, match));
}

const unset = { properties: { contentType: "set outside this program" } };

const bothNeeds = ["Justification", "MultiFactorAuthentication"];

/** What is broken, and what doctor says of it. */
const cases: readonly (readonly [check: string, what: string, broken: (world: WorldTransaction) => unknown])[] = [
  ["sign-in", "azure: no token", fault(accountFaults.signedOut, { service: "azure", why: "no token" })],
  ["sign-in", "cloudflare: nobody is signed in", fault(accountFaults.signedOut, { service: "cloudflare" })],
  ["sign-in", "github: nobody is signed in", fault(accountFaults.signedOut, { service: "github" })],
  ["sign-in", "tailscale: nobody is signed in", fault(accountFaults.signedOut, { service: "tailscale" })],
  [
    "rights",
    "who is signed in may not do Microsoft.Authorization/roleAssignments/write in the subscription",
    fault(accountFaults.allowedActions, { subscription, actions: ["Microsoft.Resources/*"] }),
  ],
  ["cloudflare-rights", "lacks DNS Write", fault(accountFaults.cloudflareRights, { rights: ["Zone Write"] })],
  [
    "resource-provider",
    "Microsoft.app is not registered",
    fault(accountFaults.unregisteredProvider, { subscription, namespace: "Microsoft.app" }),
  ],
  ["github-app", "600001 is not installed in alai-org", fault(accountFaults.missingApp, { app: "600001" })],
  ["zone", "is pending", put("cloudflare:index/zone:Zone", "zone", { ...zone, status: "pending" })],
  ["zone", "plan free, the inventory says pro", put("cloudflare:index/zone:Zone", "zone", { ...zone, plan: {} })],
  ["zone", "is not in the account", remove("cloudflare:index/zone:Zone")],
  ["exists", "would make what is there already: DnsRecord main", record("CNAME")],
  // Nothing can be made beside it.
  ["exists", "would make what is there already: DnsRecord main", record("A")],
  ["federation", "there is none", remove("azure-native:managedidentity:FederatedIdentityCredential")],
  [
    "federation",
    "it believes repo:other/shop:pull_request",
    put("azure-native:managedidentity:FederatedIdentityCredential", credentialId, {
      ...{ issuer, subject: "repo:other/shop:pull_request" },
    }),
  ],
  [
    "role-rules",
    `Contributor in /subscriptions/${subscription} can be had without an approval`,
    fault(accountFaults.roleRules, { scope: `/subscriptions/${subscription}`, hours: 4, needs: bothNeeds }),
  ],
  ["quota", "5 cores are left", put(faultTypes.quota, `${environmentId}/usages/cores`, { limit: 5 })],
  ["secret", "api-key is not set", put("azure-native:keyvault:Secret", `${vaultId}/secrets/api-key`, unset)],
  ["github-secret", "TOKEN of the environment production of alai-org/shop is not set", githubSecret("2026-11-01")],
  ["reach", "does not answer", fault(accountFaults.unreachable, { host: "shop-vault.vault.azure.net" })],
];

describe("doctor", () => {
  it("finds nothing where nothing is lacking, deployed or not", async () => {
    for (const isDeployed of [false, true]) {
      expect(await examine(shop(isDeployed), cloudsOf(world()))).toEqual([]);
    }
  });

  it.each(cases)("%s: %s, and the command that it names mends it", async (check, what, broken) => {
    const emulated = world();
    await emulated.transact(broken);
    const findings = await examine(shop(true), cloudsOf(emulated));
    expect(findings).toEqual([expect.objectContaining({ check, stack: "shop", what: expect.stringContaining(what) })]);
    await mend(emulated, findings[0]?.mend ?? "");
    expect(await examine(shop(true), cloudsOf(emulated))).toEqual([]);
  });

  it("name-clash: a name that somebody has, or a deleted vault keeps, and another generation mends it", async () => {
    const deleted = { name: "shop-vault", scheduledPurgeDate: new Date(Date.now() + 86_400_000).toISOString() };
    for (const object of [
      put("azure-native:keyvault:Vault", "/other", { name: "shop-vault" }),
      put("azure-native:keyvault:DeletedVault", "/deleted", deleted),
    ]) {
      const emulated = world();
      await emulated.transact(object);
      const findings = await examine(shop(false), cloudsOf(emulated));
      expect(findings).toEqual([
        {
          ...{ check: "name-clash", stack: "shop", what: expect.stringContaining("shop-vault cannot be taken") },
          mend: expect.stringMatching(/^npm run adopt -- --stack shop.*landscape:generation NEXT --stack shop$/),
        },
      ]);
      // Its own vault's name is a deployed stack's.
      expect(await examine(shop(true), cloudsOf(emulated))).toEqual([]);
      const next = { ...shop(false), planned: [planned("azure-native:keyvault:Vault", { vaultName: "shop-vault-2" })] };
      expect(await examine(next, cloudsOf(emulated))).toEqual([]);
    }
  });

  it("exists: tells of nothing that is another's, that the stack has, or whose place it does not know", async () => {
    const emulated = world();
    await emulated.transact(record("CNAME", "docs.shop.example"));
    expect(await examine(shop(true), cloudsOf(emulated))).toEqual([]);
    await emulated.transact(record("CNAME"));
    const own = { ...shop(true), deployed: [...shop(true).deployed, deployed(recordType, "id", {}, "main")] };
    // A zone that is found by its name: here it has another id than in the rehearsal.
    const unknown = { ...shop(true), isAdopted: (name: string) => name === "shopadopted" };
    for (const stack of [own, unknown]) expect(await examine(stack, cloudsOf(emulated))).toEqual([]);
    expect(await examine(shop(true), cloudsOf(emulated))).toHaveLength(1);
  });

  it("exists: tells of nothing that the state calls otherwise", async () => {
    const emulated = world();
    const databaseType = "azure-native:dbforpostgresql:Database";
    const server = `${group}/Microsoft.DBforPostgreSQL/flexibleServers/db`;
    const id = `${server}/databases/main`;
    await emulated.transact(put("azure-native:dbforpostgresql:Server", server, {}));
    await emulated.transact(put(databaseType, id, {}));
    const name = { resourceGroupName: "shop", serverName: "db", databaseName: "main" };
    const of = (...more: readonly ExaminedStack["deployed"][number][]) => ({
      ...shop(true),
      planned: [...shop(true).planned, planned(databaseType, name)],
      deployed: [...shop(true).deployed, ...more],
    });
    expect(await examine(of(), cloudsOf(emulated))).toMatchObject([{ check: "exists" }]);
    // Azure writes ids in whatever case.
    const older = deployed(databaseType, id.replace("resourceGroups", "resourcegroups"), {}, "database-main");
    expect(await examine(of(older), cloudsOf(emulated))).toEqual([]);
    expect(await examine(of({ ...older, owned: false }), cloudsOf(emulated))).toHaveLength(1);
  });

  it("role-rules: says of each role all that is too easy, once for all who may ask for it", async () => {
    const told = async (rules: PropertyMap) => {
      const emulated = world();
      const scope = `/subscriptions/${subscription}`;
      await emulated.transact(fault(accountFaults.roleRules, { scope, isApproved: true, ...rules }));
      const twice = { ...shop(true), planned: [...shop(true).planned, ...shop(true).planned] };
      return (await examine(twice, cloudsOf(emulated))).map(({ what }) => what.replace(/ in \S+ can be had/, ":"));
    };
    expect(await told({ hours: 8, needs: ["Justification"] })).toEqual([
      "Contributor: for 8 hours, without multi-factor authentication",
      "Monitoring Contributor: for 8 hours, without multi-factor authentication",
    ]);
    expect(await told({ needs: [], isApproved: false })).toEqual([
      "Contributor: without an end, without a justification, without multi-factor authentication, without an approval",
      "Monitoring Contributor: without an end, without a justification, without multi-factor authentication",
    ]);
  });

  it("says of each check that cannot be made what lets it be made, and makes the rest", async () => {
    const clouds = cloudsOf(world());
    const failing = (why: string) => () => Promise.reject(new Error(`${why}\nand more`));
    const accounts = Object.assign(clouds.accounts, {
      missingApps: failing("GitHub answers 403"),
      allowedActions: failing("Azure answers 401"),
      zones: failing("Cloudflare answers 500"),
    });
    const findings = await examine(shop(true), { ...clouds, accounts });
    expect(findings.map(({ check, what, mend: by }) => [check, what, by.split(" ").slice(0, 2).join(" ")])).toEqual([
      ["rights", "could not be checked: Azure answers 401", "az login"],
      ["github-app", "could not be checked: GitHub answers 403", "export GITHUB_TOKEN=$(gh"],
      ["zone", "could not be checked: Cloudflare answers 500", "export CLOUDFLARE_API_TOKEN=…"],
    ]);
    expect(findings.every(({ unchecked, stack }) => unchecked === true && stack === "shop")).toBe(true);
  });

  it("tells of hosts what they say is wrong with them, and that they could not be asked", async () => {
    const status = {
      primary: "nobody",
      term: 0,
      hosts: {},
      problems: ["anvil: com.alai.litestream replicates as before"],
    };
    expect(await examineHosts("hosts", async () => status)).toEqual([
      {
        check: "hosts",
        stack: "hosts",
        what: status.problems[0],
        mend: expect.stringContaining("docs/host-secrets.md"),
      },
    ]);
    expect(await examineHosts("hosts", () => Promise.reject(new Error("the store is silent")))).toEqual([
      expect.objectContaining({ unchecked: true, mend: expect.stringMatching(/^az login/) }),
    ]);
  });

  it("knows the resource providers of modules by their names, and of those that are called otherwise", () => {
    const types = [
      "azure-native:privatedns:PrivateZone",
      "azure-native:network:Subnet",
      "azure-native:app/v20250101:Job",
    ];
    expect(providersOf([...types, "github:index/repository:Repository"].map((type) => ({ type })))).toEqual([
      ...["Microsoft.app", "Microsoft.network"],
    ]);
  });
});

const directory = mkdtempSync(join(tmpdir(), "doctor-"));
afterAll(() => rmSync(directory, { recursive: true }));

it("stand-ins are found in configuration and inventory with their lines, and comments hold none", () => {
  const inventory = join(directory, "stacks", "shop", "inventory");
  mkdirSync(inventory, { recursive: true });
  const real = "azure-native:subscriptionId: 9b0c1d2e-7f31-4c55-8a11-2f6d2b1f9d01";
  const configuration = (id: string) =>
    `config:\n  # 203.0.113.9\n  ${id}\n  landscape:alertEmails: { a: a@shop.no }\n`;
  const write = (id: string, zones: string) => {
    writeFileSync(join(directory, "Pulumi.shop.yaml"), configuration(id));
    writeFileSync(join(inventory, "zones.yaml"), zones);
  };
  write("azure-native:subscriptionId: 00000000-0000-4000-8000-000000000001", "zones:\n  - { domain: shop.example }\n");
  expect(findStandIns(directory, "shop", "shop").map(({ at, value }) => `${at} ${value}`)).toEqual([
    "Pulumi.shop.yaml:3 00000000-0000-4000-8000-000000000001",
    "stacks/shop/inventory/zones.yaml:2 shop.example",
  ]);
  write(real, "zones:\n  - { domain: shop.no }\n");
  expect(findStandIns(directory, "shop", "shop")).toEqual([]);
  // What is in this repository is all a stand-in.
  for (const { name, system } of stackDefinitions) {
    const kinds = new Set(findStandIns(repository, name, system).map(({ what }) => what));
    expect([name, kinds.has("id of a subscription, tenant or principal")]).toEqual([name, true]);
  }
});

it("tools that are missing or too old are named, on the sandbox Node.js alone", async () => {
  expect(await missingTools("sandbox", ["prod"], { PATH: "" })).toEqual([]);
  expect(await missingTools("sandbox", ["prod"], {}, "18.20.0")).toEqual([
    { what: "Node.js 18.20.0 is older than 20.20.0", mend: "https://nodejs.org/en/download" },
  ]);
  const told = async (path: string, more = {}) =>
    (await missingTools("pulumi", ["hosts"], { PATH: path, ...more })).map(({ what }) => what);
  expect(await told("")).toEqual(["pulumi is not on the PATH", "az is not on the PATH", "ssh is not on the PATH"]);
  const bin = join(directory, "bin");
  mkdirSync(bin);
  const install = (name: string, version: string) => {
    writeFileSync(join(bin, name), `#!/bin/sh\necho v${version}\n`);
    chmodSync(join(bin, name), 0o755);
  };
  install("pulumi", "3.100.0");
  install("ssh", "9");
  expect(await told(bin, { AZURE_CLIENT_ID: "id" })).toEqual(["pulumi v3.100.0; it is tested with 3.260.0"]);
  install("pulumi", "3.274.1");
  expect(await told(bin, { AZURE_CLIENT_ID: "id" })).toEqual([]);
});

it("the command ends with 0 when nothing is lacking, with 2 and no secret when something is, and with 3 when nobody can tell", async () => {
  const SANDBOX_DIRECTORY = join(directory, "sandbox");
  const canary = "canary-4711-of-cloudflare";
  const run = (...args: readonly string[]) =>
    runHere(["doctor", "--stack", "betterworld-prod", ...args], { SANDBOX_DIRECTORY, CLOUDFLARE_API_TOKEN: canary });
  const well = await run();
  expect([well.exitCode, well.output]).toEqual([0, expect.stringContaining("nothing is lacking")]);
  const emulated = await openWorld(SANDBOX_DIRECTORY);
  await emulated.transact(fault(accountFaults.signedOut, { service: "cloudflare", why: `${canary} has expired` }));
  emulated.close();
  const ill = await run("--json");
  expect(ill.exitCode).toBe(2);
  expect(ill.output + ill.errors).not.toContain(canary);
  expect(JSON.parse(ill.output)).toMatchObject({
    findings: [{ check: "sign-in", stack: "betterworld-prod", what: "cloudflare: [secret] has expired" }],
  });
  vi.spyOn(DiskWorld.prototype, "read").mockRejectedValue(new Error("the cloud answers 500"));
  vi.spyOn(DiskWorld.prototype, "transact").mockRejectedValue(new Error("the cloud answers 500"));
  const dark = await run();
  vi.restoreAllMocks();
  expect([dark.exitCode, dark.output]).toEqual([3, expect.stringMatching(/\d+ checks could not be made, exit code 3/)]);
  expect(dark.output).toMatch(/rights +betterworld-prod: could not be checked: the cloud answers 500\n +az login/);
  expect((await runHere(["doctor", "--stack", "nowhere"])).exitCode).toBe(6);
});

/** What the services answer. Sources: the API references that `accounts.ts` names. */
it("the real accounts are asked through the services' own APIs", async () => {
  const answers: Readonly<Record<string, unknown>> = {
    "/subscriptions/s/providers/Microsoft.Authorization/permissions": { value: [{ actions: ["*/read"] }] },
    "/subscriptions/s/providers": {
      value: [
        { namespace: "Microsoft.App", registrationState: "Registered" },
        { namespace: "Microsoft.Cache", registrationState: "NotRegistered" },
      ],
    },
    "/subscriptions/s/providers/Microsoft.KeyVault/checkNameAvailability": {
      ...{ nameAvailable: false, reason: "AlreadyExists", message: "It is in use." },
    },
    "/subscriptions/s/providers/Microsoft.Authorization/roleManagementPolicies": {
      value: [
        {
          properties: {
            effectiveRules: [
              { id: "Expiration_Admin_Eligibility", isExpirationRequired: true, maximumDuration: "P365D" },
              { id: "Expiration_EndUser_Assignment", isExpirationRequired: true, maximumDuration: "PT8H" },
              { id: "Enablement_EndUser_Assignment", enabledRules: ["Justification"] },
              { id: "Approval_EndUser_Assignment", setting: { isApprovalRequired: false, approvalStages: [] } },
            ],
          },
        },
      ],
    },
    "/believes": { properties: { issuer, subject: "repo:a/b:pull_request", audiences: [] } },
    "/orgs/o": { login: "o" },
    "/orgs/o/installations": { total_count: 1, installations: [{ app_id: 600001, client_id: "Iv23x" }] },
    "/repos/o/r/environments/e/secrets": {
      total_count: 2,
      secrets: [
        { name: "SET", created_at: "2026-11-01T00:00:00Z", updated_at: "2026-11-02T00:00:00Z" },
        { name: "UNSET", created_at: "2026-11-01T00:00:00Z", updated_at: "2026-11-01T00:00:00Z" },
      ],
    },
    "/user/tokens/verify": { success: true, result: { id: "t", status: "active" } },
    "/user/tokens/t": {
      success: true,
      result: { id: "t", policies: [{ permission_groups: [{ name: "DNS Write" }] }] },
    },
    "/zones": {
      ...{ success: true, result_info: { page: 1, total_pages: 1 } },
      result: [{ id: "z", name: "a.no", status: "pending", plan: { legacy_id: "pro" }, name_servers: ["ana.ns"] }],
    },
  };
  const server = await LocalServer.start(({ path }) => {
    const body = answers[path.split("?")[0] ?? ""];
    if (path.includes("page=2")) return { status: 200, body: { success: true, result: [] } };
    return body === undefined ? { status: 404, body: { message: "none" } } : { status: 200, body };
  });
  try {
    const accounts = new RealAccounts({
      azure: { endpoint: server.url, token: async () => "azure" },
      cloudflare: { endpoint: server.url, token: "cloudflare" },
      github: { baseUrl: server.url, token: "github" },
    });
    expect(await accounts.allowedActions("s")).toEqual([{ actions: ["*/read"], notActions: [] }]);
    expect(await accounts.missingProviders("s", ["Microsoft.app", "Microsoft.cache"])).toEqual(["Microsoft.cache"]);
    expect(await accounts.nameProblem("azure-native:keyvault:Vault", "v", "s")).toBe("It is in use.");
    expect(await accounts.federation("/believes")).toEqual({ issuer, subject: "repo:a/b:pull_request" });
    expect(await accounts.federation("/missing")).toBeUndefined();
    const rules = { hours: 8, needs: ["Justification"], isApproved: false };
    expect(await accounts.roleRules("/subscriptions/s", "/subscriptions/s/role")).toEqual(rules);
    const asked = server.seen.map(({ path }) => path).find((path) => path.includes("roleManagementPolicies"));
    expect(asked).toMatch(
      /\?\$filter=roleDefinitionId%20eq%20%27%2Fsubscriptions%2Fs%2Frole%27&api-version=2020-10-01$/,
    );
    expect(await accounts.missingApps("o", ["600001", "Iv23x", "Iv23y"])).toEqual(["Iv23y"]);
    expect(await accounts.unsetSecrets("o", "r", "e")).toEqual(["UNSET"]);
    expect(await accounts.missingRights(["DNS Write", "Zone Write"])).toEqual(["Zone Write"]);
    expect(await accounts.zones()).toEqual([{ name: "a.no", status: "pending", plan: "pro", nameServers: ["ana.ns"] }]);
    for (const service of ["azure", "cloudflare", "github"] as const)
      expect(await accounts.signInProblem(service, "o")).toBeUndefined();
    expect(await accounts.signInProblem("github", "nobody")).toContain("none");
    expect(await accounts.reachProblem("127.0.0.1")).toContain("the tailnet's DNS does not answer here");
  } finally {
    await server.stop();
  }
});
