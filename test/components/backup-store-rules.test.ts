import { describe, expect, it } from "vitest";
import { accountArgs, storeProblems } from "../../components/backup-store/backup-store";
import type { BackupStoreArgs } from "../../components/backup-store/backup-store-args";
import { accountParts } from "../../components/backup-store/store-problems";
import { lifecycleRules, recoveryArgs } from "../../components/blob-account/lifecycle";
import type { StackContext } from "../../components/context/stack-context";
import { formatPropertyPath } from "../../lib/property-path";

const tags = {
  Project: "alai",
  Environment: "prod",
  ManagedBy: "pulumi",
  Team: "platform",
  CostCenter: "infra",
} as const;
const context: StackContext = { project: "alai", environment: "prod", lasting: true, location: "swedencentral", tags };
const adopt =
  "/subscriptions/s/resourceGroups/alai-backups/providers/Microsoft.Storage/storageAccounts/alaibackups0ebb";
const store: BackupStoreArgs = {
  context,
  resourceGroupName: "group",
  workspaceId: "workspace",
  reachedBy: [{ who: "hosts", via: "tailnet-router" }],
  containers: [{ name: "system-db-backups", holds: "litestream" }],
};

/** As a refusal says them. */
const problemsOf = (change: Partial<BackupStoreArgs>) =>
  storeProblems({ ...store, ...change }).map((problem) =>
    typeof problem === "string" ? problem : `${formatPropertyPath(problem.path)}: ${problem.message}`,
  );

describe("storeProblems", () => {
  it("accepts a store", () => expect(problemsOf({})).toEqual([]));

  it.each<[string, Partial<BackupStoreArgs>, string]>([
    [
      "no containers",
      { containers: [] },
      "containers: expected at least one container, or nothing could be kept, got none",
    ],
    [
      "an id that is none",
      { adopt: "alaibackups0ebb" },
      'adopt "alaibackups0ebb" is not the Azure id of a storage account',
    ],
    ["a short recovery", { recoveryDays: 6 }, "recoveryDays: expected at least 7, got 6"],
    [
      "a name that is none",
      { containers: [{ name: "a--b", holds: "dumps" }] },
      'containers[0].name: expected lower-case letters, digits and single dashes, got "a--b"',
    ],
    [
      "no retention",
      { containers: [{ name: "dumps", holds: "dumps", retentionDays: 0 }] },
      "containers[0].retentionDays: expected at least 1, got 0",
    ],
    [
      "what exists in a new account",
      { containers: [{ name: "dumps", holds: "dumps", exists: true }] },
      "containers[0].exists: the account is new, so nothing is in it yet; give adopt, or leave it out",
    ],
    [
      "retention within immutability",
      { containers: [{ name: "dumps", holds: "dumps", retentionDays: 7, immutableDays: 30 }] },
      "containers[0].retentionDays: 7 is below immutableDays 30, so Azure would refuse to delete in time",
    ],
    [
      "a cool tier after the end",
      { containers: [{ name: "dumps", holds: "dumps", retentionDays: 30, coolAfterDays: 30 }] },
      "containers[0].coolAfterDays: 30 is not below retentionDays 30; leave it out",
    ],
  ])("refuses %s", (_, change, problem) => expect(problemsOf(change)).toEqual([problem]));

  it("refuses a container twice", () => {
    const [container] = store.containers;
    const containers = container === undefined ? [] : [container, container];
    expect(problemsOf({ containers })).toEqual([
      'containers[1].name: "system-db-backups" is given twice; keep one of them',
    ]);
  });

  it("refuses immutability where Litestream compacts, also from untyped input", () => {
    const sneaked = { name: "system-db-backups", holds: "litestream", immutableDays: 7 } as const;
    expect(problemsOf({ containers: [sneaked as never] })).toEqual([
      "containers[0].immutableDays: Litestream deletes what it compacts, so its container cannot be immutable; leave immutableDays out",
    ]);
  });
});

describe("accountArgs", () => {
  const place = { resourceGroupName: "group", accountName: "account" };

  it("closes the account, and opens it to listed addresses only", () => {
    const closed = accountArgs(store, { addresses: [], privateEndpoint: true }, place);
    expect(closed).toMatchObject({
      allowBlobPublicAccess: false,
      allowSharedKeyAccess: false,
      allowCrossTenantReplication: false,
      defaultToOAuthAuthentication: true,
      enableHttpsTrafficOnly: true,
      minimumTlsVersion: "TLS1_2",
      publicNetworkAccess: "Disabled",
      networkRuleSet: { defaultAction: "Deny", ipRules: [] },
      sku: { name: "Standard_RAGRS" },
    });
    const listed = accountArgs(store, { addresses: ["203.0.113.7/32"], privateEndpoint: false }, place);
    expect(listed).toMatchObject({
      publicNetworkAccess: "Enabled",
      networkRuleSet: { defaultAction: "Deny", ipRules: [{ action: "Allow", iPAddressOrRange: "203.0.113.7" }] },
    });
  });

  it("leaves out what an adopted account cannot be given any more", () => {
    const plan = { addresses: [], privateEndpoint: true };
    expect(accountArgs(store, plan, place).encryption).toMatchObject({ requireInfrastructureEncryption: true });
    expect(accountArgs({ ...store, adopt }, plan, place)).not.toHaveProperty("encryption");
  });

  it("reads an adopted account's place from its id", () => {
    expect(accountParts(adopt)).toEqual({ resourceGroupName: "alai-backups", accountName: "alaibackups0ebb" });
    expect(accountParts(`${adopt}/blobServices/default`)).toBeUndefined();
  });
});

describe("lifecycle", () => {
  it("has one rule a container, sorted, for that container only", () => {
    const rules = lifecycleRules([{ name: "dumps", retentionDays: 90, coolAfterDays: 30 }, { name: "databases" }], 30);
    const older = {
      snapshot: { delete: { daysAfterCreationGreaterThan: 30 } },
      version: { delete: { daysAfterCreationGreaterThan: 30 } },
    };
    expect(rules).toMatchObject([
      { name: "databases", definition: { filters: { prefixMatch: ["databases/"] }, actions: older } },
      {
        name: "dumps",
        definition: {
          filters: { prefixMatch: ["dumps/"] },
          actions: {
            ...older,
            baseBlob: {
              tierToCool: { daysAfterModificationGreaterThan: 30 },
              delete: { daysAfterModificationGreaterThan: 90 },
            },
          },
        },
      },
    ]);
    expect(rules[0]?.definition).not.toHaveProperty("actions.baseBlob");
  });

  it("restores points in time where there is a change feed and nothing immutable", () => {
    expect(recoveryArgs(store.containers, 30, true)).toMatchObject({
      isVersioningEnabled: true,
      deleteRetentionPolicy: { enabled: true, days: 30 },
      containerDeleteRetentionPolicy: { enabled: true, days: 30 },
      changeFeed: { enabled: true, retentionInDays: 30 },
      restorePolicy: { enabled: true, days: 29 },
    });
    expect(recoveryArgs(store.containers, 30, false)).not.toHaveProperty("restorePolicy");
    const immutable = recoveryArgs([{ name: "dumps", immutableDays: 7 }], 30, true);
    expect(immutable).not.toHaveProperty("restorePolicy");
  });
});
