import { stringify } from "yaml";
import type { StoreSettings } from "../host-runtime/host-settings";
import { goDuration } from "./duration";
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
    throw new Error(`host "${host.name}": its home directory "${host.home}" must not contain $`);
  const configuration = {
    // Every statement of a sync is at info: 69 databases would log gigabytes.
    logging: { level: "warn", type: "json", stderr: true },
    socket: { enabled: true, path: controlSocket, permissions: 0o600 },
    snapshot: {
      interval: goDuration(snapshotSeconds(policy.retentionSeconds)),
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

/** Often enough that there are always several to begin a restore from, and never more than once in six hours. */
export function snapshotSeconds(retentionSeconds: number): number {
  return Math.min(24 * hour, Math.max(6 * hour, Math.floor(retentionSeconds / 4 / hour) * hour));
}
