import type { JobArgs } from "@pulumi/azure-native/app";
import * as pulumi from "@pulumi/pulumi";
import type { Problem } from "../../lib/located-yaml/problem";
import { argumentProblems } from "../../lib/located-yaml/schema-problems";
import { refusal, refuse } from "../../lib/refusal";
import { type ScriptPath, shippedProgram } from "../../programs/bundle";
import { ContainerJob, sharedDirectory } from "../container-apps/container-job";
import type { EnvironmentReference, RegistryReference } from "../container-apps/container-spec";
import { publicImages } from "../container-registry/public-images";
import type { StackContext } from "../context/stack-context";
import type { RoleGrant } from "../identity/role-assignment";
import type { KeyVault, SecretReference } from "../key-vault/key-vault";
import { physicalName } from "../naming/physical-name";
import type { ObjectStore } from "../object-store/object-store";
import type { WatchedJob } from "../observability/watch-rules";
import type { BucketAccess, R2Buckets } from "../r2-buckets/r2-buckets";
import { nodeCommand } from "../scheduled-script/scheduled-script";
import type { Transform } from "../transform/transform";
import type { DatabaseRole } from "./database-roles";
import type { DatabaseServer, RoleGiver } from "./database-server";
import { type DumpsInventory, dumpJobNames, dumpsArguments, dumpTimes, scheduledJobs } from "./schema";

/** Where dumps are kept, as one sees it who may write there: a container of blobs by its role, a bucket by its key. */
export type DumpStore =
  | { readonly url: pulumi.Input<string>; readonly role: RoleGrant }
  | (BucketAccess & { readonly role?: undefined });

export interface DatabaseDumpsArgs extends Omit<DumpsInventory, "to" | "key"> {
  readonly context: StackContext;
  /** Replacement: another group replaces the jobs. */
  readonly resourceGroupName: pulumi.Input<string>;
  /** Where the jobs run: in a network from which the server is reached. */
  readonly environment: EnvironmentReference;
  /** Where the images are pulled from. Default: where everybody pulls them from. */
  readonly registry?: RegistryReference | undefined;
  readonly server: Pick<DatabaseServer, "databases" | "roleOf"> & { readonly roleGiver: Pick<RoleGiver, "servers"> };
  readonly store: DumpStore;
  /** The key that they are encrypted with, 32 bytes in base64. Default: they are not, beyond what the store does. */
  readonly key?: SecretReference | undefined;
  readonly transform?: { readonly job?: Transform<JobArgs> };
}

/** A dump has to fit on the disk of the job: 4 GiB with one CPU. Source: Azure documentation, "Use storage mounts in Azure Container Apps". */
const cpu = 1;
const timeoutSeconds = 7200;

/**
 * Dumps of a server's databases, and proof that they restore (docs/decisions/0052):
 *
 * - `database-dumps` dumps each database as a role that reads, counts its rows in the same snapshot, and puts both into the store. It
 *   fails, too, when the dumps were not tested for too long: of what runs each day silence is noticed.
 * - `dump-test` lists the newest dump and reads it to its end; once a month it restores it into a database of its own, as a role that
 *   owns nothing else, and compares the rows.
 * - `dumps-before-migrations`, where it is asked for, is started by releases, before a job that migrates, and by hand.
 */
export class DatabaseDumps extends pulumi.ComponentResource {
  /** The roles that the jobs need in the databases: of {@link DatabaseRoles}. */
  readonly roles: readonly DatabaseRole[];
  readonly watched: readonly WatchedJob[];
  /** The id of the job that a release starts before it migrates. Undefined where there is none. */
  readonly snapshotId: pulumi.Output<string> | undefined;

  constructor(name: string, args: DatabaseDumpsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("landscape:postgresql:DatabaseDumps", name, {}, opts);
    refuse(`DatabaseDumps "${name}"`, [...argumentProblems(dumpsArguments, args), ...databaseProblems(args)], args);
    const { context, server, restoreInto, monthly = false } = args;
    const { schedule, test } = dumpTimes(args);
    const databases = server.databases.filter((database) => database !== restoreInto);
    const ids = new Map<string, pulumi.Output<string>>();
    const make = (job: string, part: JobPart): DatabaseRole => {
      const { principalId, id } = dumpJob(job, part, databases, args, this);
      ids.set(job, id);
      return { role: server.roleOf(job), objectId: principalId, type: "service", access: "read", databases };
    };
    const dump = (folder: string) => ({
      ...({ script: "programs/scripts/dump-databases.sh", after: "store" } as const),
      env: { FOLDER: folder, MONTHLY: String(monthly) },
    });
    const daily = make(dumpJobNames.daily, { ...dump("daily"), cron: schedule });
    const byHand = args.beforeMigrations === true ? [make(dumpJobNames.beforeMigrations, dump("pre-migration"))] : [];
    const restore = { script: "programs/scripts/test-dumps.sh", before: "fetch", after: "record" } as const;
    const tested = make(dumpJobNames.test, { ...restore, env: { RESTORE_INTO: restoreInto }, cron: test });
    this.snapshotId = ids.get(dumpJobNames.beforeMigrations);
    this.roles = [daily, ...byHand, { ...tested, access: "own", databases: [restoreInto] }];
    this.watched = scheduledJobs(args).map(({ name: job, schedule }) => {
      return { name: job, schedule, jobNames: [physicalName(context, "containerApp", job)], container: job };
    });
    this.registerOutputs({});
  }
}

/** What one of the jobs does: the script, in PostgreSQL's image, and the steps of keep-dumps.ts around it. */
interface JobPart {
  readonly script: ScriptPath;
  readonly before?: "fetch";
  readonly after: "store" | "record";
  readonly env: Readonly<Record<string, string>>;
  /** Default: it is started by hand. */
  readonly cron?: string;
}

function dumpJob(
  name: string,
  { script, before, after, env, cron }: JobPart,
  databases: readonly string[],
  { context, resourceGroupName, environment, registry, server, store, key, transform }: DatabaseDumpsArgs,
  parent: pulumi.Resource,
): ContainerJob {
  const secrets = {
    ...("accessKeyId" in store ? { SECRET_ACCESS_KEY: store.secretAccessKey } : {}),
    ...(key === undefined ? {} : { DUMPS_KEY: key }),
  };
  const keep = (step: string) => ({
    secrets,
    image: publicImages.node,
    ...nodeCommand("programs/jobs/keep-dumps.ts"),
    env: {
      ...{ STEP: step, DATABASES: JSON.stringify(databases), WORK: sharedDirectory, STORE_URL: store.url },
      ...("accessKeyId" in store ? { ACCESS_KEY_ID: store.accessKeyId } : {}),
      ...env,
    },
  });
  const work = {
    ...{ name: "postgres", image: publicImages.postgres, command: ["/bin/sh"] },
    args: ["-ec", shippedProgram(script).text],
    env: {
      SERVER: pulumi.interpolate`postgresql://${server.roleOf(name)}@${server.roleGiver.servers}`,
      ...{ DATABASES: databases.join(" "), WORK: sharedDirectory, ...env },
    },
  };
  return new ContainerJob(
    name,
    {
      ...{ context, resourceGroupName, environment, registry, cpu, timeoutSeconds },
      ...keep(after),
      before: [...(before === undefined ? [] : [{ ...keep(before), name: before }]), work],
      trigger: cron === undefined ? { by: "hand" } : { by: "schedule", cron },
      // A run that failed is for somebody to look at: the next one is tomorrow's.
      retries: 0,
      ...(store.role === undefined ? {} : { roles: [store.role] }),
      ...(transform === undefined ? {} : { transform }),
    },
    { parent },
  );
}

/** What an environment's inventory says of dumps, made. */
export function deployDumps(
  { to, key, ...entry }: DumpsInventory,
  {
    objects,
    buckets,
    vault,
    ...place
  }: Omit<DatabaseDumpsArgs, keyof DumpsInventory | "store"> & {
    readonly vault: Pick<KeyVault, "secret">;
    readonly objects?: Pick<ObjectStore, "access" | "blobEndpoint"> | undefined;
    readonly buckets?: R2Buckets | undefined;
  },
): DatabaseDumps {
  const inAccount = () => {
    if (objects === undefined)
      throw refusal(dumpJobNames.daily, [`the environment has nothing of the name "${to}" to keep them in`]);
    return { url: pulumi.interpolate`${objects.blobEndpoint}${to}`, role: objects.access(to, "write") };
  };
  const store = buckets?.has(to) === true ? buckets.access(to, "write") : inAccount();
  return new DatabaseDumps("dumps", {
    ...place,
    ...entry,
    store,
    key: key === undefined ? undefined : vault.secret(key),
  });
}

function databaseProblems({ server, restoreInto }: DatabaseDumpsArgs): readonly Problem[] {
  const path = ["restoreInto"];
  if (!server.databases.includes(restoreInto))
    return [{ path, message: `the server has no database "${restoreInto}"` }];
  return server.databases.length > 1 ? [] : [{ path, message: "is the only database: there is nothing to dump" }];
}
