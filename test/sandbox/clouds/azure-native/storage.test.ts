import { describe, expect, it } from "vitest";
import type { PropertyMap } from "../../../../deployment/values/property-value";
import { Azure, group, subscription } from "./azure-fixture";

const account = { resourceGroupName: "rg", accountName: "alpha", kind: "StorageV2", sku: { name: "Standard_LRS" } };
const container = { resourceGroupName: "rg", accountName: "alpha", containerName: "box" };

async function withContainer(given: PropertyMap = {}) {
  const azure = await Azure.withGroup();
  const storageAccount = await azure.create("storage:StorageAccount", { ...account, ...given });
  return { azure, storageAccount, box: await azure.create("storage:BlobContainer", container, "box") };
}

async function lockPolicy(azure: Azure, policyId: string): Promise<void> {
  await azure.world.transact((world) => {
    const policy = world.get("azure-native:storage:BlobContainerImmutabilityPolicy", policyId);
    if (policy !== undefined) world.put({ ...policy, properties: { ...policy.properties, state: "Locked" } });
  });
}

describe("a storage account", () => {
  it("has its endpoints", async () => {
    const { storageAccount } = await withContainer();
    expect(storageAccount.outputs.primaryEndpoints).toMatchObject({ blob: "https://alpha.blob.core.windows.net/" });
    expect(storageAccount.outputs.sku).toEqual({ name: "Standard_LRS", tier: "Standard" });
  });

  it.each([
    ["10.1.2.3", "private address"],
    ["20.1.1.0/31", "up to /30"],
    ["20.1.1.1/32", "up to /30"],
    ["office", "no IPv4 address"],
  ])("takes no firewall rule for %s", async (iPAddressOrRange, reason) => {
    const azure = await Azure.withGroup();
    await expect(
      azure.check("storage:StorageAccount", {
        ...account,
        networkRuleSet: { defaultAction: "Deny", ipRules: [{ iPAddressOrRange }] },
      }),
    ).rejects.toThrow(
      new RegExp(`networkRuleSet.ipRules\\[0\\].iPAddressOrRange: InvalidValuesForIPRule: .*${reason}`),
    );
  });

  it("changes its replication in place, but not its zone redundancy", async () => {
    const { azure, storageAccount } = await withContainer();
    const wider = await azure.update(storageAccount, { ...account, sku: { name: "Standard_GRS" } });
    expect(wider.outputs.sku).toMatchObject({ name: "Standard_GRS" });
    await expect(azure.update(wider, { ...account, sku: { name: "Standard_GZRS" } })).rejects.toMatchObject({
      code: "AccountPropertyCannotBeUpdated",
    });
  });

  it("with a locked immutability policy cannot be deleted, nor its group and container, nor the policy", async () => {
    const { azure, storageAccount, box } = await withContainer();
    const policy = await azure.create("storage:BlobContainerImmutabilityPolicy", {
      ...container,
      immutabilityPolicyName: "default",
      immutabilityPeriodSinceCreationInDays: 30,
    });
    expect(policy.outputs.state).toBe("Unlocked");
    await lockPolicy(azure, policy.id);
    const refused = { code: "AccountProtectedFromDeletion", status: 409 };
    await expect(azure.delete(storageAccount)).rejects.toMatchObject(refused);
    await expect(
      azure.delete({ type: "resources:ResourceGroup", name: "rg", id: group, inputs: {}, outputs: {} }),
    ).rejects.toMatchObject(refused);
    await expect(azure.delete(box)).rejects.toMatchObject({ code: "ContainerImmutabilityPolicyLocked" });
    await expect(azure.delete(policy)).rejects.toMatchObject({ code: "ImmutabilityPolicyOperationNotAllowed" });
    await expect(
      azure.update(policy, { ...policy.inputs, immutabilityPeriodSinceCreationInDays: 1 }),
    ).rejects.toMatchObject({ code: "ImmutabilityPolicyOperationNotAllowed" });
  });

  it("goes with an unlocked policy, and takes its containers along", async () => {
    const { azure, storageAccount, box } = await withContainer();
    await azure.create("storage:BlobContainerImmutabilityPolicy", {
      ...container,
      immutabilityPolicyName: "default",
      immutabilityPeriodSinceCreationInDays: 30,
    });
    await azure.delete(storageAccount);
    expect(await azure.exists("storage:BlobContainer", box.id)).toBe(false);
  });
});

describe("a management lock", () => {
  const lock = (scope: string, level: string) => ({ scope, lockName: "keep", level });

  it("keeps what it covers from deletion: the account, what is in it, and the group around it", async () => {
    const { azure, storageAccount, box } = await withContainer();
    const kept = await azure.create("authorization:ManagementLockByScope", lock(storageAccount.id, "CanNotDelete"));
    const refused = { code: "ScopeLocked", status: 409 };
    await expect(azure.delete(storageAccount)).rejects.toMatchObject(refused);
    await expect(azure.delete(box)).rejects.toMatchObject(refused);
    await expect(
      azure.delete({ type: "resources:ResourceGroup", name: "rg", id: group, inputs: {}, outputs: {} }),
    ).rejects.toMatchObject(refused);
    await azure.update(storageAccount, { ...account, tags: { a: "b" } });
    await azure.delete(kept);
    await azure.delete(storageAccount);
  });

  it("on the subscription covers all; a read-only one refuses changes too", async () => {
    const { azure, storageAccount } = await withContainer();
    await azure.create("authorization:ManagementLockByScope", lock(subscription, "ReadOnly"));
    await expect(azure.update(storageAccount, { ...account, tags: { a: "b" } })).rejects.toMatchObject({
      code: "ScopeLocked",
    });
    await expect(azure.create("storage:BlobContainer", { ...container, containerName: "crate" })).rejects.toMatchObject(
      { code: "ScopeLocked" },
    );
  });

  it("on a resource group is another type with the same effect", async () => {
    const { azure, storageAccount } = await withContainer();
    const kept = await azure.create("authorization:ManagementLockAtResourceGroupLevel", {
      resourceGroupName: "rg",
      lockName: "keep",
      level: "CanNotDelete",
    });
    await expect(azure.delete(storageAccount)).rejects.toMatchObject({ code: "ScopeLocked" });
    await azure.delete(kept);
    await azure.delete(storageAccount);
    await expect(
      azure.create("authorization:ManagementLockAtResourceGroupLevel", {
        resourceGroupName: "other",
        lockName: "keep",
        level: "ReadOnly",
      }),
    ).rejects.toMatchObject({ code: "ResourceNotFound" });
  });

  it("covers the role assignments below it", async () => {
    const { azure, storageAccount } = await withContainer();
    const assignment = await azure.create("authorization:RoleAssignment", {
      scope: storageAccount.id,
      principalId: "00000000-0000-4000-8000-000000000009",
      principalType: "Group",
      roleDefinitionId: `${subscription}/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7`,
    });
    await azure.create("authorization:ManagementLockByScope", lock(storageAccount.id, "CanNotDelete"));
    await expect(azure.delete(assignment)).rejects.toMatchObject({ code: "ScopeLocked" });
  });

  it("needs something to lock", async () => {
    const azure = await Azure.withGroup();
    await expect(
      azure.create("authorization:ManagementLockByScope", lock(`${group}/providers/a/b/c`, "ReadOnly")),
    ).rejects.toMatchObject({
      code: "ResourceNotFound",
    });
  });
});

describe("a blob container", () => {
  it("is public only where its account allows it", async () => {
    const { azure } = await withContainer();
    await expect(
      azure.create("storage:BlobContainer", { ...container, containerName: "open", publicAccess: "Blob" }),
    ).rejects.toMatchObject({
      code: "PublicAccessNotPermitted",
      status: 409,
    });
    const open = await withContainer({ allowBlobPublicAccess: true });
    await open.azure.create(
      "storage:BlobContainer",
      { ...container, containerName: "open", publicAccess: "Blob" },
      "open",
    );
  });
});

describe("a blob that the deployment uploads", () => {
  const blob = { ...container, blobName: "a.txt" };

  it("gets an address", async () => {
    const { azure } = await withContainer();
    expect((await azure.create("storage:Blob", blob)).outputs.url).toBe(
      "https://alpha.blob.core.windows.net/box/a.txt",
    );
  });

  it("is refused without shared keys", async () => {
    const { azure } = await withContainer({ allowSharedKeyAccess: false });
    await expect(azure.create("storage:Blob", blob)).rejects.toMatchObject({
      code: "KeyBasedAuthenticationNotPermitted",
      status: 403,
    });
  });

  it.each([{ publicNetworkAccess: "Disabled" }, { networkRuleSet: { defaultAction: "Deny" } }])(
    "is refused from outside %j",
    async (closed) => {
      const { azure } = await withContainer(closed);
      await expect(azure.create("storage:Blob", blob)).rejects.toMatchObject({
        code: "AuthorizationFailure",
        status: 403,
      });
    },
  );
});

describe("blob service settings", () => {
  const settings = { resourceGroupName: "rg", accountName: "alpha", blobServicesName: "default" };

  it("exist with the account, so that setting them is no conflict", async () => {
    const { azure } = await withContainer();
    const first = await azure.create("storage:BlobServiceProperties", { ...settings, isVersioningEnabled: true });
    await azure.create("storage:BlobServiceProperties", { ...settings, isVersioningEnabled: false });
    expect((await azure.read(first))?.outputs.isVersioningEnabled).toBe(false);
    await expect(
      azure.check("storage:BlobServiceProperties", { ...settings, blobServicesName: "mine" }),
    ).rejects.toThrow('expected "default"');
  });

  it("restore to a point in time only with versions, a change feed and soft delete", async () => {
    const { azure } = await withContainer();
    const restorePolicy = { enabled: true, days: 6 };
    await expect(azure.create("storage:BlobServiceProperties", { ...settings, restorePolicy })).rejects.toMatchObject({
      code: "InvalidRequestPropertyValue",
      message: expect.stringContaining("changeFeed.enabled, deleteRetentionPolicy.enabled, isVersioningEnabled"),
    });
  });
});

describe("object replication", () => {
  const policy = {
    resourceGroupName: "rg",
    sourceAccount: "alpha",
    destinationAccount: "beta",
    rules: [{ sourceContainer: "a", destinationContainer: "b" }],
  };

  async function accounts(sourceSettings: PropertyMap) {
    const azure = await Azure.withGroup();
    for (const [accountName, settings] of [
      ["alpha", sourceSettings],
      ["beta", { isVersioningEnabled: true }],
    ] as const) {
      await azure.create("storage:StorageAccount", { ...account, accountName }, accountName);
      await azure.create(
        "storage:BlobServiceProperties",
        { resourceGroupName: "rg", accountName, blobServicesName: "default", ...settings },
        accountName,
      );
    }
    return azure;
  }

  it("begins at the destination, whose ids the source then names", async () => {
    const azure = await accounts({ isVersioningEnabled: true, changeFeed: { enabled: true } });
    const source = (objectReplicationPolicyId: string) => ({
      ...policy,
      accountName: "alpha",
      objectReplicationPolicyId,
    });
    await expect(
      azure.create("storage:ObjectReplicationPolicy", source("00000000-0000-4000-8000-000000000009")),
    ).rejects.toMatchObject({
      code: "ObjectReplicationPolicyNotFound",
    });
    const destination = await azure.create("storage:ObjectReplicationPolicy", {
      ...policy,
      accountName: "beta",
      objectReplicationPolicyId: "default",
    });
    expect(destination.outputs.policyId).toMatch(/^[0-9a-f-]{36}$/);
    expect(destination.outputs.rules).toEqual([
      expect.objectContaining({ ruleId: expect.stringMatching(/^[0-9a-f-]{36}$/) }),
    ]);
    await azure.create("storage:ObjectReplicationPolicy", source(String(destination.outputs.policyId)), "source");
  });

  it("is between accounts that exist", async () => {
    const azure = await accounts({ isVersioningEnabled: true, changeFeed: { enabled: true } });
    await expect(
      azure.create("storage:ObjectReplicationPolicy", {
        ...policy,
        sourceAccount: "nowhere",
        accountName: "beta",
        objectReplicationPolicyId: "default",
      }),
    ).rejects.toMatchObject({ code: "ResourceNotFound", message: expect.stringContaining("'nowhere'") });
  });

  it("is between two accounts", async () => {
    const azure = await accounts({ isVersioningEnabled: true, changeFeed: { enabled: true } });
    const itself = {
      ...policy,
      destinationAccount: "alpha",
      accountName: "alpha",
      objectReplicationPolicyId: "default",
    };
    await expect(azure.create("storage:ObjectReplicationPolicy", itself)).rejects.toMatchObject({
      code: "InvalidRequestPropertyValue",
      message: expect.stringContaining("needs two accounts"),
    });
  });

  it.each([
    [{ isVersioningEnabled: true }, "changeFeed.enabled"],
    [{ changeFeed: { enabled: true } }, "isVersioningEnabled"],
  ])("needs more than %j on the source", async (settings, missing) => {
    const azure = await accounts(settings);
    await expect(
      azure.create("storage:ObjectReplicationPolicy", {
        ...policy,
        accountName: "beta",
        objectReplicationPolicyId: "default",
      }),
    ).rejects.toMatchObject({ code: "InvalidRequestPropertyValue", message: expect.stringContaining(missing) });
  });
});
