import { stringify } from "yaml";
import { durationSeconds, goDuration } from "../../lib/duration";
import { refusal } from "../../lib/refusal";
import type { StoreSettings } from "../../programs/host/host-settings";
import type { PlacedHost } from "./host-pair";
import { type ReplicationPolicy, replicationProcess } from "./replication-policy";

const hour = 3600;

/**
 * The configuration of one Litestream process, for Litestream 0.5.16 and newer: `replica` is singular, snapshots and their retention
 * are the process's. The same file serves `replicate` and `restore -f`.
 *
 * - `${REPLICA_PATH}` is the path of the lease's term. Litestream takes it from its environment, and an empty one would write to the
 *   container's root: the agents refuse to start without.
 * - A database that does not exist yet is replicated from when it appears (tried with 0.5.16).
 * - The account's name matters only with an account key, which only a drill has; on the hosts the identity is in the environment.
 *
 * @throws when a path holds a `$`, which Litestream would expand
 */
export function litestreamConfiguration(host: PlacedHost, policy: ReplicationPolicy, store: StoreSettings): string {
  const { controlSocket, databases } = replicationProcess(host, policy);
  if (host.root.includes("$"))
    throw refusal(`host "${host.name}"`, [`its home directory "${host.home}" must not contain $`]);
  const configuration = {
    // Every statement of a sync is at info: 69 databases would log gigabytes.
    logging: { level: "warn", type: "json", stderr: true },
    socket: { enabled: true, path: controlSocket, permissions: 0o600 },
    snapshot: {
      interval: goDuration(snapshotSeconds(policy)),
      retention: goDuration(policy.retentionSeconds),
    },
    // The default of 15 s lists every database's files four times a minute, which the store bills.
    "l0-retention-check-interval": "1h",
    "shutdown-sync-timeout": "30s",
    dbs: databases.map(({ name, path, syncSeconds }) => ({
      path,
      replica: {
        type: "abs",
        "account-name": store.account,
        endpoint: store.endpoint,
        bucket: store.container,
        path: `\${REPLICA_PATH}/${name}`,
        "sync-interval": goDuration(syncSeconds),
      },
    })),
  };
  return `# Databases of ${policy.tier}. Generated; changes are overwritten.\n${stringify(configuration, { lineWidth: 0 })}`;
}

/** Files that a restore reads beyond a snapshot, at most: one for each sync since. */
const filesAtMost = 3600;

/**
 * How often a policy's databases are written in full. Seconds.
 *
 * On a blob store Litestream 0.5.16 compacts one file each 30 s and applies one at each look, whatever there is
 * (litestream#1456, #1537; docs/decisions/0026). So it is snapshots that bound what a restore has to read, and that end what a damaged file does:
 * at most 3600 files, never more than once an hour, and several within the retention.
 *
 * @example one sync a second → 3600; one in ten seconds, kept for a day → 21600
 */
export function snapshotSeconds({ databases, retentionSeconds }: ReplicationPolicy): number {
  const shortest = Math.min(...databases.map(({ syncInterval }) => durationSeconds(syncInterval)));
  const several = Math.floor(retentionSeconds / 4 / hour) * hour;
  return Math.max(hour, Math.min(24 * hour, several, Math.floor((shortest * filesAtMost) / hour) * hour));
}
