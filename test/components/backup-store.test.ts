import type * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { BackupStore } from "../../components/backup-store/backup-store";
import type { BackupStoreArgs } from "../../components/backup-store/backup-store-args";
import type { WorldObject } from "../../sandbox/world/world";
import { AzureStack, type Surroundings, subscriptionId } from "./azure-stack";

const type = "azure-native:storage:StorageAccount";
const standby = "10000000-0000-4000-8000-000000000001";
const group = `${subscriptionId}/resourceGroups/alai-backups`;
const account = `${group}/providers/Microsoft.Storage/storageAccounts/alaibackups0ebb`;

/** An account as somebody made it by hand: keys on, open to all networks. */
const made: readonly WorldObject[] = [
  {
    cloud: "azure",
    kind: "azure-native:resources:ResourceGroup",
    id: group,
    properties: { name: "alai-backups", location: "swedencentral" },
  },
  {
    cloud: "azure",
    kind: type,
    id: account,
    properties: {
      name: "alaibackups0ebb",
      location: "swedencentral",
      kind: "StorageV2",
      sku: { name: "Standard_LRS" },
      allowSharedKeyAccess: true,
      publicNetworkAccess: "Enabled",
      networkRuleSet: { defaultAction: "Allow", bypass: "AzureServices", ipRules: [], virtualNetworkRules: [] },
      primaryEndpoints: { blob: "https://alaibackups0ebb.blob.core.windows.net/" },
    },
  },
  {
    cloud: "azure",
    kind: "azure-native:storage:BlobContainer",
    id: `${account}/blobServices/default/containers/system-db-backups`,
    properties: { name: "system-db-backups", publicAccess: "None" },
  },
];

/** What a person does before letting go of something protected. */
function unprotect(_args: object, opts: pulumi.CustomResourceOptions): undefined {
  opts.protect = false;
}

function store(around: Surroundings, more: Partial<BackupStoreArgs> = {}) {
  return new BackupStore("backups", {
    ...around,
    reachedBy: [{ who: "hosts", via: "tailnet-router" }],
    containers: [{ name: "system-db-backups", holds: "litestream" }],
    ...more,
  });
}

describe("BackupStore", () => {
  it("deploys closed, and changes nothing the second time", async () => {
    const stack = new AzureStack();
    const { outputs } = await stack.upTwice((around) => {
      const { accountName, blobEndpoint, privateNames } = store(around);
      return { accountName, blobEndpoint, privateNames };
    });
    const name = String(outputs.accountName);
    expect(name).toMatch(/^alaidevbackups[0-9a-f]{8}$/);
    expect(outputs).toMatchObject({
      blobEndpoint: `https://${name}.blob.core.windows.net/`,
      privateNames: [`${name}.blob.core.windows.net`],
    });
    expect((await stack.inputs(type)).get("backups")).toMatchObject({
      allowBlobPublicAccess: false,
      allowSharedKeyAccess: false,
      enableHttpsTrafficOnly: true,
      minimumTlsVersion: "TLS1_2",
      publicNetworkAccess: "Disabled",
      networkRuleSet: { defaultAction: "Deny" },
      sku: { name: "Standard_LRS" },
    });
    expect((await stack.inputs("azure-native:storage:BlobServiceProperties")).get("backups")).toMatchObject({
      isVersioningEnabled: true,
      deleteRetentionPolicy: { enabled: true, days: 7 },
    });
    await stack.destroy();
    expect(await stack.resources()).toEqual([]);
  });

  it("deploys with everything set, and changes nothing the second time", async () => {
    const stack = new AzureStack();
    const { outputs } = await stack.upTwice((around) => {
      const backups = store(around, {
        redundancy: "geo-zone",
        recoveryDays: 30,
        changeFeed: true,
        deletionLock: "with-the-store",
        reachedBy: [
          { who: "hosts", via: "tailnet-router" },
          { who: "laptops", via: "addresses", addresses: ["203.0.113.7"] },
        ],
        containers: [
          {
            name: "system-db-backups",
            holds: "litestream",
            roles: [
              {
                who: "standby",
                role: "Storage Blob Data Reader",
                principalId: standby,
                principalType: "ServicePrincipal",
              },
            ],
          },
          { name: "dumps", holds: "dumps", immutableDays: 30, retentionDays: 90, coolAfterDays: 30 },
        ],
        transform: { account: { tags: { Purpose: "test" } }, container: { metadata: { purpose: "test" } } },
      });
      return { dumps: backups.containerId("dumps") };
    });
    expect(outputs.dumps).toMatch(/\/blobServices\/default\/containers\/dumps$/);
    expect((await stack.inputs(type)).get("backups")).toMatchObject({
      sku: { name: "Standard_RAGZRS" },
      publicNetworkAccess: "Enabled",
      networkRuleSet: { defaultAction: "Deny", ipRules: [{ iPAddressOrRange: "203.0.113.7" }] },
      tags: { Purpose: "test" },
    });
    const policies = await stack.inputs("azure-native:storage:BlobContainerImmutabilityPolicy");
    expect([...policies.keys()]).toEqual(["backups-dumps"]);
    expect((await stack.inputs("azure-native:authorization:ManagementLockByScope")).get("backups")).toMatchObject({
      level: "CanNotDelete",
    });
    await stack.destroy();
    expect(await stack.resources()).toEqual([]);
  });

  it("adopts what exists, closes it, and leaves it there when it goes", async () => {
    const stack = new AzureStack(made);
    const adoptedContainers = [
      { name: "system-db-backups", holds: "litestream", exists: true },
      { name: "dumps", holds: "dumps" },
    ] as const;
    const adopt = (around: Surroundings) =>
      store(around, { adopt: account, containers: adoptedContainers }).accountName;
    await stack.up(adopt);
    const second = await stack.up(adopt);
    expect(Object.keys(second.changes)).toEqual(["same"]);
    const [owned] = (await stack.resources()).filter((resource) => resource.type === type);
    expect(owned).toMatchObject({ id: account, protect: true, retainOnDelete: true });
    const now = stack.world.objects().find(({ id }) => id === account);
    expect(now?.properties).toMatchObject({ allowSharedKeyAccess: false, publicNetworkAccess: "Disabled" });
    const transform = { account: unprotect, container: unprotect };
    await stack.up((around) => store(around, { adopt: account, containers: adoptedContainers, transform }));
    await stack.up(() => undefined);
    expect(stack.world.objects().some(({ id }) => id === account)).toBe(true);
  });

  it("protects what it holds in a lasting environment", async () => {
    const stack = new AzureStack();
    await stack.up((around) => store(around, { context: { ...around.context, lasting: true } }));
    const guarded = (await stack.resources())
      .filter((resource) => resource.protect === true)
      .map((resource) => resource.type);
    expect(guarded).toEqual(expect.arrayContaining([type, "azure-native:storage:BlobContainer"]));
    expect((await stack.inputs("azure-native:authorization:ManagementLockByScope")).size).toBe(1);
  });

  it("refuses what loses data or lets anybody in, all at once", async () => {
    const refusal = await new AzureStack().refusal((around) => {
      store(around, {
        recoveryDays: 1,
        containers: [
          { name: "Dumps", holds: "dumps" },
          { name: "copies", holds: "copies", immutableDays: 30, retentionDays: 7, exists: true },
        ],
      });
    });
    for (const problem of [
      "recoveryDays: expected at least 7, got 1",
      'containers[0].name: expected lower-case letters, digits and single dashes, got "Dumps"',
      "containers[1].exists: the account is new, so nothing is in it yet; give adopt, or leave it out",
      "containers[1].retentionDays: 7 is below immutableDays 30, so Azure would refuse to delete in time",
    ]) {
      expect(refusal).toContain(`BackupStore "backups": ${problem}`);
    }
    const nobody = await new AzureStack().refusal((around) => store(around, { reachedBy: [] }));
    expect(nobody).toContain('BackupStore "backups": reachedBy is empty, so nobody could use it');
    const unknown = await new AzureStack().refusal((around) => store(around).containerId("dumps"));
    expect(unknown).toContain(
      'BackupStore "backups": the container "dumps" is not declared; add it to the store\'s containers',
    );
  });
});
