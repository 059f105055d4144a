import { durationSeconds } from "../../lib/duration";
import type { HostDatabase, ReplicationProcess } from "../../programs/host/host-settings";
import type { PlacedHost } from "./host-pair";
import type { DatabaseTier, ReplicatedDatabase } from "./schema";

/** A retention with the databases that share it: one Litestream process, because retention is global in one. */
export interface ReplicationPolicy {
  /** @example "p0-critical" */
  readonly name: string;
  readonly tier: DatabaseTier;
  /** How far back a database can be restored, in seconds. */
  readonly retentionSeconds: number;
  readonly databases: readonly ReplicatedDatabase[];
}

/** The inventory's databases by policy, policies and databases by name. */
export function replicationPolicies(databases: readonly ReplicatedDatabase[]): readonly ReplicationPolicy[] {
  const tiers = [...new Set(databases.map(({ tier }) => tier))].sort();
  return tiers.flatMap((tier) => {
    const members = databases.filter((database) => database.tier === tier).sort(byName);
    const [first] = members;
    if (first === undefined) return [];
    return [{ name: tier.toLowerCase(), tier, retentionSeconds: durationSeconds(first.retention), databases: members }];
  });
}

function byName(left: { readonly name: string }, right: { readonly name: string }): number {
  return left.name < right.name ? -1 : 1;
}

/** The policy's process on a host, as its agents see it. */
export function replicationProcess({ root }: PlacedHost, policy: ReplicationPolicy): ReplicationProcess {
  return {
    policy: policy.name,
    configuration: `${root}/${configurationPath(policy)}`,
    retentionSeconds: policy.retentionSeconds,
    controlSocket: `${root}/state/litestream-${policy.name}.sock`,
    databases: policy.databases.map((database) => hostDatabase(root, database)),
  };
}

/** Where a policy's Litestream configuration lies, below the root. */
export function configurationPath({ name }: ReplicationPolicy): string {
  return `etc/litestream-${name}.yml`;
}

function hostDatabase(root: string, { name, tier, syncInterval, followedByStandby }: ReplicatedDatabase): HostDatabase {
  return {
    name,
    tier,
    path: `${root}/databases/${name}.db`,
    syncSeconds: durationSeconds(syncInterval),
    followedByStandby,
  };
}
