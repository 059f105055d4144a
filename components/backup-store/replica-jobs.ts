import type { JobArgs } from "@pulumi/azure-native/app";
import * as pulumi from "@pulumi/pulumi";
import { refuse } from "../../lib/refusal";
import type { JobPath } from "../../programs/bundle";
import { ContainerJob } from "../container-apps/container-job";
import type { RoleGrant } from "../identity/role-assignment";
import type { SecretReference } from "../key-vault/key-vault";
import {
  type BlobContainerReference,
  nodeCommand,
  placementOf,
  type ScriptPlacement,
} from "../scheduled-script/scheduled-script";
import type { Transform } from "../transform/transform";
import type { BackupStore } from "./backup-store";

/** What both jobs need: where the replicas are, and who is told when something is wrong. */
interface ReplicaJobArgs extends Omit<ScriptPlacement, "identity"> {
  /** The container that Litestream writes. The job may read it. */
  readonly replicas: BlobContainerReference;
  /** Where it is written which path counts. The job may read its container. */
  readonly lease: BlobContainerReference & { /** @example "lease.json" */ readonly blob: string };
  /** The incoming webhook that gets the alarm. */
  readonly slackWebhook: SecretReference;
  /** @default "#infra-alerts" */
  readonly channel?: string | undefined;
  /** When, in UTC, five cron fields. */
  readonly cron: string;
  readonly transform?: { readonly job?: Transform<JobArgs> };
}

export interface RestoreTestArgs extends ReplicaJobArgs {
  /** What must be restorable. */
  readonly databases: readonly TestedDatabase[];
  /** A PostgreSQL server whose backups in Azure must be there and recent. The job may read the server's properties. Default: none. */
  readonly postgres?: TestedServer | undefined;
}

/** A PostgreSQL server that Azure backs up. */
export interface TestedServer {
  /** The server's Azure id. */
  readonly id: pulumi.Input<string>;
  /** An older newest backup is stale: Azure takes one a day. Default: 129600, a day and a half. */
  readonly staleAfterSeconds?: number | undefined;
}

/** A database and when its backup counts as stale. */
export interface TestedDatabase {
  readonly name: string;
  /** An older newest transaction is stale. Undefined: any age is right. */
  readonly staleAfterSeconds?: number | undefined;
  /** It may not exist yet. Default: false. */
  readonly unwritten?: boolean | undefined;
}

/**
 * A daily job that restores the newest state of every database, has SQLite check it, and compares its rows with a snapshot of the day
 * before. It reads Litestream's files itself, so that it also shows that they can be read without Litestream; `npm run restore-test` does
 * the same with Litestream (docs/decisions/0019).
 *
 * A run that finds something wrong tells Slack and fails.
 */
export class RestoreTest extends pulumi.ComponentResource {
  readonly jobId: pulumi.Output<string>;

  constructor(name: string, args: RestoreTestArgs, opts?: pulumi.ComponentResourceOptions) {
    super("landscape:storage:RestoreTest", name, {}, opts);
    refuseNoDatabases(`RestoreTest "${name}"`, args.databases);
    const databases = [...args.databases]
      .sort(byName)
      .map(({ name: database, staleAfterSeconds = null, unwritten = false }) => ({
        name: database,
        staleAfterSeconds,
        unwritten,
      }));
    const job = replicaJob(this, name, args, {
      job: "programs/jobs/restore-replicas.ts",
      cpu: 1,
      env: { DATABASES: JSON.stringify(databases), ...serverEnv(args) },
      roles: [...readerRoles(args), ...serverRoles(args)],
    });
    this.jobId = job.id;
    this.registerOutputs({ jobId: this.jobId });
  }
}

export interface ReplicaCopiesArgs extends ReplicaJobArgs {
  /** The databases' names. */
  readonly databases: readonly string[];
  /** Where the copies go: a container that is immutable for a while. Only this job's identity writes there. */
  readonly copies: BlobContainerReference;
}

/**
 * A job that copies what the newest state of every database needs to another container, as the only one who may write there: whoever
 * takes over a host can spoil the replicas, and not the copies. A container without immutability would only move the problem.
 */
export class ReplicaCopies extends pulumi.ComponentResource {
  readonly jobId: pulumi.Output<string>;

  constructor(name: string, args: ReplicaCopiesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("landscape:storage:ReplicaCopies", name, {}, opts);
    refuseNoDatabases(`ReplicaCopies "${name}"`, args.databases);
    const job = replicaJob(this, name, args, {
      job: "programs/jobs/copy-replicas.ts",
      env: { DATABASES: JSON.stringify([...args.databases].sort()), COPIES_URL: args.copies.url },
      roles: [...readerRoles(args), { on: "copies", role: "Storage Blob Data Contributor", scope: args.copies.id }],
    });
    this.jobId = job.id;
    this.registerOutputs({ jobId: this.jobId });
  }
}

/** What the jobs of a store are told beyond what the store knows: see {@link scheduleRestoreTest}. */
export interface StoreJobArgs extends Omit<ScriptPlacement, "identity"> {
  /** The container that Litestream writes. */
  readonly replicas: string;
  readonly lease: { readonly container: string; readonly blob: string };
  readonly databases: readonly TestedDatabase[];
  /** A PostgreSQL server whose backups the restore test looks at. Default: none. */
  readonly postgres?: TestedServer | undefined;
  readonly slackWebhook: SecretReference;
  readonly channel?: string | undefined;
  /** When, in UTC, five cron fields. */
  readonly cron: string;
}

/** Makes the job that restores every replica of a store each day and says what is missing, stale or broken. */
export function scheduleRestoreTest(store: BackupStore, name: string, args: StoreJobArgs): RestoreTest {
  return new RestoreTest(name, { ...args, ...placesIn(store, args) }, { parent: store });
}

/**
 * Makes the job that copies the replicas to the container that is declared for it (`copiesOf`).
 *
 * @throws when no container is
 */
export function scheduleCopies(store: BackupStore, name: string, args: StoreJobArgs): ReplicaCopies {
  const copies = store.container(store.copiesOf(args.replicas));
  const databases = args.databases.map((database) => database.name);
  return new ReplicaCopies(name, { ...args, ...placesIn(store, args), copies, databases }, { parent: store });
}

function placesIn(store: BackupStore, { replicas, lease }: StoreJobArgs) {
  return { replicas: store.container(replicas), lease: { ...store.container(lease.container), blob: lease.blob } };
}

/** A run may restore all databases, the largest too. */
const timeoutSeconds = 7200;

function replicaJob(
  parent: pulumi.Resource,
  name: string,
  args: ReplicaJobArgs,
  what: {
    readonly job: JobPath;
    /** A whole one brings 4 GiB of disk, on which one database after the other is restored. Default: 0.25, with 1 GiB. */
    readonly cpu?: number;
    readonly env: Readonly<Record<string, pulumi.Input<string>>>;
    readonly roles: readonly RoleGrant[];
  },
): ContainerJob {
  const { replicas, lease, slackWebhook, channel = "#infra-alerts", cron, transform } = args;
  return new ContainerJob(
    name,
    {
      ...placementOf(args),
      ...nodeCommand(what.job),
      cpu: what.cpu,
      trigger: { by: "schedule", cron },
      timeoutSeconds,
      retries: 0,
      env: {
        ...what.env,
        CONTAINER_URL: replicas.url,
        LEASE_URL: pulumi.interpolate`${lease.url}/${lease.blob}`,
        CHANNEL: channel,
      },
      secrets: { SLACK_WEBHOOK: slackWebhook },
      roles: what.roles,
      ...(transform === undefined ? {} : { transform }),
    },
    { parent },
  );
}

function readerRoles({ replicas, lease }: ReplicaJobArgs): RoleGrant[] {
  return [
    { on: "replicas", role: "Storage Blob Data Reader", scope: replicas.id },
    { on: "lease", role: "Storage Blob Data Reader", scope: lease.id },
  ];
}

function serverEnv({ postgres }: RestoreTestArgs): Record<string, pulumi.Input<string>> {
  if (postgres === undefined) return {};
  const { id, staleAfterSeconds = 129_600 } = postgres;
  return { POSTGRES_SERVER_ID: id, POSTGRES_STALE_AFTER_SECONDS: String(staleAfterSeconds) };
}

function serverRoles({ postgres }: RestoreTestArgs): RoleGrant[] {
  return postgres === undefined ? [] : [{ on: "postgres", role: "Reader", scope: postgres.id }];
}

/** @throws because a job without databases would always succeed */
function refuseNoDatabases(who: string, databases: readonly unknown[]): void {
  refuse(who, databases.length === 0 ? ["databases is empty: a job about nothing always succeeds"] : []);
}

function byName(one: TestedDatabase, other: TestedDatabase): number {
  return one.name < other.name ? -1 : 1;
}
