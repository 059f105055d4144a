import { describe, expect, it } from "vitest";
import type { PropertyMap } from "../../../../deployment/values/property-value";
import { Secret } from "../../../../deployment/values/property-value";
import { mapAt } from "../../../../sandbox/clouds/read-property";
import { MemoryWorld } from "../../../../sandbox/world/world";
import { Azure, group, subscription } from "./azure-fixture";

const vault = (properties: PropertyMap = {}) => ({
  resourceGroupName: "rg",
  vaultName: "vault",
  properties: {
    tenantId: "00000000-0000-4000-8000-000000000002",
    sku: { name: "standard", family: "A" },
    ...properties,
  },
});
const secret = (value: string | Secret) => ({
  resourceGroupName: "rg",
  vaultName: "vault",
  secretName: "token",
  properties: { value },
});
const roleId = "acdd72a7-3385-48ef-bd42-f606fba81ae7";

describe("a vault", () => {
  it("has an address", async () => {
    const azure = await Azure.withGroup();
    const made = await azure.create("keyvault:Vault", vault());
    expect(made.outputs.properties).toMatchObject({
      vaultUri: "https://vault.vault.azure.net/",
      enableSoftDelete: true,
    });
  });

  it("keeps its name after deletion, until it is recovered", async () => {
    const azure = await Azure.withGroup();
    const made = await azure.create("keyvault:Vault", vault());
    await azure.delete(made);
    await expect(azure.create("keyvault:Vault", vault())).rejects.toMatchObject({ code: "ConflictError", status: 409 });
    const recovered = await azure.create("keyvault:Vault", vault({ createMode: "recover" }));
    expect(recovered.outputs.properties).not.toHaveProperty("createMode");
  });

  it("keeps its name too when its group was deleted", async () => {
    const azure = await Azure.withGroup();
    await azure.create("keyvault:Vault", vault());
    await azure.delete({ type: "resources:ResourceGroup", name: "rg", id: group, inputs: {}, outputs: {} });
    await azure.create("resources:ResourceGroup", { resourceGroupName: "rg", location: "swedencentral" });
    await expect(azure.create("keyvault:Vault", vault())).rejects.toMatchObject({ code: "ConflictError" });
  });

  it("gets its name back when the retention has ended", async () => {
    const world = new MemoryWorld([
      {
        cloud: "azure",
        kind: "azure-native:keyvault:DeletedVault",
        id: `${subscription}/providers/Microsoft.KeyVault/locations/x/deletedVaults/vault`,
        properties: { name: "vault", scheduledPurgeDate: "2020-01-01T00:00:00Z" },
      },
    ]);
    const azure = new Azure(world);
    await azure.create("resources:ResourceGroup", { resourceGroupName: "rg", location: "swedencentral" });
    await azure.create("keyvault:Vault", vault());
  });

  it.each(["enablePurgeProtection", "enableSoftDelete"])("is not made with %s off", async (property) => {
    const azure = await Azure.withGroup();
    await expect(azure.create("keyvault:Vault", vault({ [property]: false }))).rejects.toMatchObject({
      code: "BadRequest",
    });
  });

  it("does not lose its purge protection, nor change its retention", async () => {
    const azure = await Azure.withGroup();
    const made = await azure.create(
      "keyvault:Vault",
      vault({ enablePurgeProtection: true, softDeleteRetentionInDays: 30 }),
    );
    await expect(azure.update(made, vault({ softDeleteRetentionInDays: 30 }))).rejects.toMatchObject({
      code: "BadRequest",
      message: expect.stringContaining("irreversible"),
    });
    await expect(
      azure.update(made, vault({ enablePurgeProtection: true, softDeleteRetentionInDays: 60 })),
    ).rejects.toThrow("cannot be changed");
  });
});

describe("a secret in a vault", () => {
  it("gets a new version for a new value only, and never gives the value back", async () => {
    const azure = await Azure.withGroup();
    await azure.create("keyvault:Vault", vault());
    const made = await azure.create("keyvault:Secret", secret(new Secret("canary-value")));
    const version = (outputs: PropertyMap) =>
      JSON.stringify(outputs.properties).match(/secrets\/token\/([0-9a-f]{32})/)?.[1];
    expect(version(made.outputs)).toBeDefined();
    const same = await azure.update(made, { ...secret(new Secret("canary-value")), tags: { a: "b" } });
    expect(version(same.outputs)).toBe(version(made.outputs));
    const changed = await azure.update(same, secret(new Secret("second")));
    expect(version(changed.outputs)).not.toBe(version(made.outputs));
    expect(JSON.stringify([made.outputs, changed.outputs])).not.toMatch(/canary-value|second/);
  });

  it("is stored wrapped, so that the world encrypts it, even when the program did not mark it", async () => {
    const world = new MemoryWorld();
    const azure = new Azure(world);
    await azure.create("resources:ResourceGroup", { resourceGroupName: "rg", location: "swedencentral" });
    await azure.create("keyvault:Vault", vault());
    await azure.create("keyvault:Secret", secret("plain"));
    const kept = world.objects().find(({ kind }) => kind === "azure-native:keyvault:SecretValue");
    expect(kept?.properties.value).toEqual(new Secret("plain"));
  });

  it("is made in a closed vault, by the resource manager, but deleted there only from inside", async () => {
    const azure = await Azure.withGroup();
    const closed = await azure.create("keyvault:Vault", vault({ publicNetworkAccess: "Disabled" }));
    const made = await azure.create("keyvault:Secret", secret("v"));
    await expect(azure.delete(made)).rejects.toMatchObject({ code: "Forbidden", status: 403 });
    await azure.delete(closed);
    await azure.delete(made);
  });

  it("keeps its name after deletion", async () => {
    const azure = await Azure.withGroup();
    await azure.create("keyvault:Vault", vault());
    await azure.delete(await azure.create("keyvault:Secret", secret("v")));
    await expect(azure.create("keyvault:Secret", secret("v"))).rejects.toMatchObject({
      code: "ObjectIsDeletedButRecoverable",
    });
  });
});

it("a key has an address and a size", async () => {
  const azure = await Azure.withGroup();
  await azure.create("keyvault:Vault", vault());
  const made = await azure.create("keyvault:Key", {
    resourceGroupName: "rg",
    vaultName: "vault",
    keyName: "state",
    properties: { kty: "RSA" },
  });
  expect(made.outputs).toMatchObject({
    keyUri: "https://vault.vault.azure.net/keys/state",
    keyUriWithVersion: expect.stringMatching(/keys\/state\/[0-9a-f]{32}$/),
    keySize: 2048,
    kty: "RSA",
  });
  expect(made.outputs.properties).toBeUndefined();
  await azure.delete(made);
  await expect(azure.create("keyvault:Key", made.inputs)).rejects.toMatchObject({
    code: "ObjectIsDeletedButRecoverable",
  });
});

describe("a role assignment", () => {
  async function withIdentity() {
    const azure = await Azure.withGroup();
    const identity = await azure.create("managedidentity:UserAssignedIdentity", {
      resourceGroupName: "rg",
      resourceName: "reader",
    });
    const assignment = (given: PropertyMap = {}) => ({
      scope: group,
      principalId: identity.outputs.principalId ?? "",
      principalType: "ServicePrincipal",
      roleDefinitionId: `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${roleId}`,
      ...given,
    });
    return { azure, identity, assignment };
  }

  it("gets a GUID for a name, the same for the same resource", async () => {
    const { azure, assignment } = await withIdentity();
    const made = await azure.create("authorization:RoleAssignment", assignment());
    expect(made.outputs.name).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(made.id).toBe(`${group}/providers/Microsoft.Authorization/roleAssignments/${made.outputs.name}`);
    expect((await azure.import("authorization:RoleAssignment", made.id))?.inputs).toMatchObject({ scope: group });
  });

  it("without a principal type fails right after its identity was made, and works in a later run", async () => {
    const { azure, assignment } = await withIdentity();
    const untyped = assignment({ principalType: null });
    await expect(azure.create("authorization:RoleAssignment", untyped)).rejects.toMatchObject({
      code: "PrincipalNotFound",
      status: 400,
    });
    await new Azure(azure.world).create("authorization:RoleAssignment", untyped);
    const nobody = { ...untyped, principalId: "00000000-0000-4000-8000-00000000000f" };
    await expect(new Azure(azure.world).create("authorization:RoleAssignment", nobody, "nobody")).rejects.toMatchObject(
      { code: "PrincipalNotFound" },
    );
  });

  // Source: the answer reported in modern-web-app-pattern-dotnet#129.
  it.each(["User", "Group"])("of an identity is refused as one of a %s", async (principalType) => {
    const { azure, assignment } = await withIdentity();
    await expect(azure.create("authorization:RoleAssignment", assignment({ principalType }))).rejects.toMatchObject({
      code: "UnmatchedPrincipalType",
      status: 400,
    });
  });

  it("of a storage account's own identity is refused as one of a User", async () => {
    const { azure, assignment } = await withIdentity();
    const account = { resourceGroupName: "rg", kind: "StorageV2", sku: { name: "Standard_LRS" } };
    const made = await azure.create("storage:StorageAccount", { ...account, identity: { type: "SystemAssigned" } });
    const principalId = mapAt(made.outputs, "identity").principalId ?? "";
    const assigned = assignment({ principalId, principalType: "User" });
    await expect(azure.create("authorization:RoleAssignment", assigned)).rejects.toMatchObject({
      code: "UnmatchedPrincipalType",
    });
  });

  // Source: terraform-provider-azurerm#6068, where a client id was taken and shown as an unknown identity.
  it("of whom Azure does not know is taken as it says, a client id too", async () => {
    const { azure, identity, assignment } = await withIdentity();
    await azure.create("authorization:RoleAssignment", assignment({ principalId: identity.outputs.clientId ?? "" }));
    const person = { principalId: "3b0d7c52-8c1e-4a55-9d0b-2f6a6f0e1a11", principalType: "User" };
    await azure.create("authorization:RoleAssignment", assignment(person), "person");
  });

  it("exists once for a principal, a role and a scope", async () => {
    const { azure, assignment } = await withIdentity();
    const name = (digit: number) => ({ roleAssignmentName: `00000000-0000-4000-8000-00000000000${digit}` });
    await azure.create("authorization:RoleAssignment", assignment(name(1)), "one");
    await expect(azure.create("authorization:RoleAssignment", assignment(name(2)), "two")).rejects.toMatchObject({
      code: "RoleAssignmentExists",
      status: 409,
    });
    await azure.create("authorization:RoleAssignment", assignment({ ...name(2), scope: subscription }), "two");
  });

  it("needs a role and a scope that exist", async () => {
    const { azure, assignment } = await withIdentity();
    await expect(
      azure.create("authorization:RoleAssignment", assignment({ roleDefinitionId: "Reader" })),
    ).rejects.toMatchObject({ code: "RoleDefinitionDoesNotExist" });
    await expect(
      azure.create("authorization:RoleAssignment", assignment({ scope: `${group}/providers/a/b/c` })),
    ).rejects.toMatchObject({ code: "ResourceNotFound" });
  });
});

describe("a role that is asked for", () => {
  const schedule = (scheduleInfo: PropertyMap = { expiration: { type: "AfterDuration", duration: "P365D" } }) => ({
    scope: group,
    principalId: "00000000-0000-4000-8000-0000000000aa",
    roleDefinitionId: `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${roleId}`,
    scheduleInfo,
  });
  const type = "authorization:PimRoleEligibilitySchedule";

  it("exists once for a principal, a role and a scope, and may come again after it went", async () => {
    const azure = await Azure.withGroup();
    const made = await azure.create(type, schedule());
    expect(made.outputs).toMatchObject({ scope: group, status: "Provisioned" });
    await expect(azure.create(type, schedule(), "again")).rejects.toMatchObject({ code: "RoleAssignmentExists" });
    await azure.delete(made);
    await azure.create(type, schedule());
  });

  it("ends within a year", async () => {
    const azure = await Azure.withGroup();
    for (const scheduleInfo of [
      {},
      { expiration: { type: "NoExpiration" } },
      { expiration: { type: "AfterDuration", duration: "P366D" } },
    ])
      await expect(azure.create(type, schedule(scheduleInfo))).rejects.toThrow('["ExpirationRule"]');
  });
});

describe("federated credentials", () => {
  const credential = (name: string, subject: string) => ({
    resourceGroupName: "rg",
    resourceName: "deploy",
    federatedIdentityCredentialResourceName: name,
    issuer: "https://token.actions.githubusercontent.com",
    subject,
    audiences: ["api://AzureADTokenExchange"],
  });
  const create = (azure: Azure, name: string, subject: string) =>
    azure.create("managedidentity:FederatedIdentityCredential", credential(name, subject), name);

  async function withIdentity(): Promise<Azure> {
    const azure = await Azure.withGroup();
    await azure.create("managedidentity:UserAssignedIdentity", { resourceGroupName: "rg", resourceName: "deploy" });
    return azure;
  }

  it("are written one at a time per identity", async () => {
    const azure = await withIdentity();
    const both = await Promise.allSettled([create(azure, "one", "a"), create(azure, "two", "b")]);
    expect(both.find(({ status }) => status === "rejected")).toMatchObject({
      reason: { code: "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity" },
    });
    await create(azure, "two", "b");
  });

  it("are unique by issuer and subject, have one audience, and are at most 20", async () => {
    const azure = await withIdentity();
    await create(azure, "first", "a");
    await expect(create(azure, "second", "a")).rejects.toThrow("Issuer and subject combination already exists");
    await expect(
      azure.check("managedidentity:FederatedIdentityCredential", {
        ...credential("third", "c"),
        audiences: ["a", "b"],
      }),
    ).rejects.toThrow("exactly one audience");
    for (let index = 1; index < 20; index += 1) await create(azure, `more-${index}`, `subject-${index}`);
    await expect(create(azure, "last", "z")).rejects.toThrow("at most 20");
  });
});
