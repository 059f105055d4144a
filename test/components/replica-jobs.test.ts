import { Workspace } from "@pulumi/azure-native/operationalinsights";
import { describe, expect, it } from "vitest";
import { BackupStore, storeProblems } from "../../components/backup-store/backup-store";
import type { BackupStoreArgs } from "../../components/backup-store/backup-store-args";
import { type StoreJobArgs, scheduleCopies, scheduleRestoreTest } from "../../components/backup-store/replica-jobs";
import { jobSurroundings } from "./job-placement";
import { lasting, SeededSandbox } from "./seeded-sandbox";

const containers = [
  { name: "replicas", holds: "litestream" },
  { name: "failover", holds: "copies" },
  { name: "copies", holds: "copies", copiesOf: "replicas", immutableDays: 30 },
] as const satisfies BackupStoreArgs["containers"];

function store(
  more: Partial<BackupStoreArgs>,
  databases = [
    { name: "tasks", staleAfterSeconds: 3600 },
    { name: "emails", unwritten: true },
  ],
) {
  const { placement, secret } = jobSurroundings();
  const { context, resourceGroupName } = placement;
  const backups = new BackupStore("backups", {
    context,
    resourceGroupName,
    workspaceId: new Workspace("logs", { resourceGroupName, workspaceName: "logs", location: context.location }).id,
    reachedBy: [{ who: "apps", via: "addresses", addresses: ["203.0.113.7/32"] }],
    containers,
    ...more,
  });
  const job: StoreJobArgs = {
    ...placement,
    cron: "20 4 * * *",
    replicas: "replicas",
    lease: { container: "failover", blob: "lease.json" },
    databases,
    slackWebhook: secret("slack"),
  };
  return { backups, job };
}

describe("the jobs of a store", () => {
  it("read the replicas; only the copying one writes, only to the copies, as itself", async () => {
    const sandbox = new SeededSandbox();
    await sandbox.upTwice(() => {
      const { backups, job } = store({ deletionLock: "none" });
      scheduleRestoreTest(backups, "restore-test", job);
      scheduleCopies(backups, "replica-copies", job);
    });
    const jobs = await sandbox.resources("azure-native:app:Job");
    const tested = JSON.stringify(jobs.get("restore-test")?.inputs);
    expect(tested).toContain('"cronExpression":"20 4 * * *"');
    expect(tested).toContain("/failover/lease.json");
    expect(tested).toContain(
      JSON.stringify(
        '[{"name":"emails","staleAfterSeconds":null,"unwritten":true},{"name":"tasks","staleAfterSeconds":3600,"unwritten":false}]',
      ),
    );
    const roles = [...(await sandbox.resources("azure-native:authorization:RoleAssignment")).entries()];
    const granted = roles
      .filter(([name]) => name.includes("storage-blob"))
      .map(([name, { inputs }]) => `${name} ${String(inputs.scope).split("/").at(-1)}`);
    expect(granted.sort()).toEqual([
      "replica-copies-job-storage-blob-data-contributor-on-copies copies",
      "replica-copies-job-storage-blob-data-reader-on-lease failover",
      "replica-copies-job-storage-blob-data-reader-on-replicas replicas",
      "restore-test-job-storage-blob-data-reader-on-lease failover",
      "restore-test-job-storage-blob-data-reader-on-replicas replicas",
    ]);
    const identities = (name: string) => JSON.stringify(jobs.get(name)?.inputs.identity);
    expect(identities("restore-test")).not.toBe(identities("replica-copies"));
    const immutable = await sandbox.resources("azure-native:storage:BlobContainerImmutabilityPolicy");
    expect([...immutable.keys()]).toEqual(["backups-copies"]);
  });

  it("are refused without databases, and copies without a container for them", async () => {
    const sandbox = new SeededSandbox();
    const refusal = await sandbox.refusal(() => {
      const { backups, job } = store({ deletionLock: "none" }, []);
      scheduleRestoreTest(backups, "restore-test", job);
    });
    expect(refusal).toContain('RestoreTest "restore-test": databases is empty: a job about nothing always succeeds');
    const noCopies = await new SeededSandbox().refusal(() => {
      const { backups, job } = store({ deletionLock: "none", containers: containers.slice(0, 2) });
      scheduleCopies(backups, "replica-copies", job);
    });
    expect(noCopies).toContain('BackupStore "backups": no container is copiesOf "replicas"; declare one');
  });

  it.each<[string, BackupStoreArgs["containers"], string]>([
    [
      "of nothing",
      [containers[0], { ...containers[2], copiesOf: "replica" }],
      'no container "replica" that holds litestream here; did you mean "replicas"?',
    ],
    [
      "that can be deleted",
      [containers[0], { name: "copies", holds: "copies", copiesOf: "replicas" }],
      "copies need immutableDays",
    ],
    [
      "that others may write",
      [
        containers[0],
        {
          ...containers[2],
          roles: [
            { who: "host", principalId: "x", principalType: "ServicePrincipal", role: "Storage Blob Data Contributor" },
          ],
        },
      ],
      "only the copying job may write there",
    ],
  ])("copies %s are refused", (_what, wrong, message) => {
    const context = lasting;
    const reachedBy = [{ who: "hosts", via: "tailnet-router" }] as const;
    const problems = storeProblems({
      context,
      reachedBy,
      resourceGroupName: "jobs",
      workspaceId: "x",
      containers: wrong,
    });
    expect(problems).toEqual([{ path: expect.anything(), message: expect.stringContaining(message) }]);
  });
});
