import type { ServerArgs } from "@pulumi/azure-native/dbforpostgresql";
import type * as pulumi from "@pulumi/pulumi";
import type { NamedEntry, Retirement } from "../../lib/retirement";
import type { StackContext } from "../context/stack-context";
import type { KeyReference } from "../key-vault/key-vault";
import type { PostgresNetwork, PrivateNetwork } from "../network/private-network";
import type { Reach } from "../reach/reach-plan";
import type { Transform } from "../transform/transform";

export interface PostgresServerArgs {
  readonly context: StackContext;
  /** Replacement, refused: another group replaces the server and its data. */
  readonly resourceGroupName: pulumi.Input<string>;
  /** The Entra tenant that signs users in. There are no passwords. */
  readonly tenantId: pulumi.Input<string>;
  /** The workspace that receives the logs. */
  readonly workspaceId: pulumi.Input<string>;
  /** The major version. Goes up in place and never down again: see `allowMajorUpgrade`. @example "16" */
  readonly version: PostgresVersion;
  /** Lets `version` rise above the version that runs. Take it out again afterwards. Default: false. */
  readonly allowMajorUpgrade?: boolean | undefined;
  /** Burstable sizes have no high availability. Changes restart the server. @example "b1ms" */
  readonly size: ServerSize;
  /** Who reaches it, and how. Replacement, refused: `network` and the other two kinds cannot be exchanged after creation. */
  readonly access: PostgresAccess;
  /** Databases, in UTF-8. @example ["mission_control", "hivemind"] */
  readonly databases: readonly NamedEntry[];
  /** Who administers the server: Entra users, groups or identities; at least one. */
  readonly administrators: readonly PostgresAdministrator[];
  /** Extensions that may be created. PGAUDIT is always among them. Default: none more. @example ["vector"] */
  readonly extensions?: readonly string[] | undefined;
  /** Server parameters, over the safe defaults of {@link defaultParameters}. @example { log_statement: "ddl" } */
  readonly parameters?: Readonly<Record<string, string>> | undefined;
  /**
   * Azure's own PgBouncer on port 6432, and when a connection goes back to the pool: after each transaction, or when its client
   * leaves. Not on Burstable. Default: none; clients connect to port 5432. @example "transaction"
   */
  readonly pooler?: Pooler | undefined;
  /** Gigabytes: 32, 64, 128, … 16384. Grows, never shrinks. Default: 32. */
  readonly storageGb?: number | undefined;
  /** Grows the disk before it is full; the size is then the server's own affair. Default: true. */
  readonly autoGrow?: boolean | undefined;
  /** Days that every moment can be restored: 7 to 35. Default: 14 in production, 7 elsewhere. */
  readonly backupDays?: number | undefined;
  /** A second copy of the backups in the paired region. Replacement, refused: fixed at creation. Default: true in production. */
  readonly geoRedundantBackup?: boolean | undefined;
  /** A standby in another zone, or in the same one. Not on Burstable. Default: none. */
  readonly highAvailability?: "zone" | "same-zone" | undefined;
  /** When Azure may restart it, in UTC. Default: Sunday 03:00. @example { day: "Monday", hour: 4 } */
  readonly maintenance?: MaintenanceWindow | undefined;
  /**
   * Read replicas beside it, in the same network. Not on Burstable. Default: none. One in another region, or of another stack, is a
   * {@link PostgresReplica}.
   */
  readonly replicas?: readonly ReplicaEntry[] | undefined;
  /**
   * The replica that reads go to: it gets a writer and a reader name, which follow when the two change places. Default: none.
   * @example "debug"
   */
  readonly reader?: string | undefined;
  /** Servers beside it with what it held at a moment, one of which may serve instead. Default: there are none. */
  readonly restored?: readonly RestoredEntry[] | undefined;
  /**
   * Which server it is: its name in the program, where a restored one has taken the place of the first for good. A server that is there
   * stays as it is; one that is not is made without a backup. Default: the component's name. @example "postgres-before-migration"
   */
  readonly server?: string | undefined;
  /** Servers whose place another one has taken, as long as they are kept. Default: there are none. */
  readonly former?: readonly FormerServer[] | undefined;
  /**
   * `off`: stopped at night and at weekends, by a {@link DatabaseHours} beside it. Not in production, nor with a standby or replicas.
   * Default: it always runs.
   */
  readonly nights?: "off" | undefined;
  /** Encryption with a key of ours, `ownKey`. Replacement, refused: fixed at creation. Default: Azure's key. */
  readonly key?: "own" | undefined;
  /** The key, in a vault of the server's region that cannot be purged. @example vault.key("postgres") */
  readonly ownKey?: KeyReference | undefined;
  readonly transform?: { readonly server?: Transform<ServerArgs>; readonly replica?: Transform<ServerArgs> };
}

export type PostgresVersion = "14" | "15" | "16" | "17" | "18";

/**
 * - `network`: the server lives in the network; what is there reaches it, and with a router the tailnet.
 * - `private-endpoint`: closed to the public, with an address in the network.
 * - `addresses`: open to listed public addresses.
 */
export type PostgresAccess =
  | { readonly kind: "network"; readonly network: PostgresNetwork }
  | {
      readonly kind: "private-endpoint";
      readonly network: PrivateNetwork;
      readonly reachedBy: readonly Exclude<Reach, { via: "addresses" }>[];
    }
  | { readonly kind: "addresses"; readonly reachedBy: readonly Extract<Reach, { via: "addresses" }>[] };

export interface PostgresAdministrator {
  /** How Entra calls it; the name to sign in with. Replacement: an administrator cannot change. @example "alai-dev-deploy" */
  readonly name: string;
  readonly objectId: pulumi.Input<string>;
  readonly type: "User" | "Group" | "ServicePrincipal";
}

/** In Azure's order: it counts from Sunday. */
export const maintenanceDays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"] as const;

export interface MaintenanceWindow {
  readonly day: (typeof maintenanceDays)[number];
  /** 0 to 23, UTC. */
  readonly hour: number;
}

export const poolers = ["transaction", "session"] as const;

export type Pooler = (typeof poolers)[number];

/** A server that is the environment's no more. */
export interface FormerServer {
  /** Its name in the program. @example "postgres" */
  readonly name: string;
  readonly retired: Retirement;
}

/** A server that is made from the backup of another one. */
export interface RestoredEntry {
  /** Unique within the server; part of its name. @example "before-migration" */
  readonly name: string;
  /** The moment, UTC, within the days of the server's backups. Fixed: another moment is another entry. @example "2026-11-30T10:00:00Z" */
  readonly to: string;
  /** Whether services use it, instead of the one that it was made from. Default: false: it stands beside it, to be looked at. */
  readonly serves?: boolean | undefined;
  /** The databases that came with the backup; those of the server that are not among them are made on it, too. Default: all of them. */
  readonly holds?: readonly string[] | undefined;
  readonly retired?: Retirement | undefined;
}

/** A read replica beside its server. */
export interface ReplicaEntry {
  /** Unique within the server; part of its name. @example "debug" */
  readonly name: string;
  /** At least the server's. Default: the server's. */
  readonly size?: ServerSize | undefined;
}

/**
 * Sizes by name; what they cost is in operations/cost/prices.yaml.
 * Source: Azure documentation, "Compute options in Azure Database for PostgreSQL flexible server".
 */
export const serverSizes = {
  b1ms: { name: "Standard_B1ms", tier: "Burstable", cores: 1, memoryGb: 2, connections: 50 },
  b2s: { name: "Standard_B2s", tier: "Burstable", cores: 2, memoryGb: 4, connections: 429 },
  b2ms: { name: "Standard_B2ms", tier: "Burstable", cores: 2, memoryGb: 8, connections: 859 },
  d2: { name: "Standard_D2ds_v5", tier: "GeneralPurpose", cores: 2, memoryGb: 8, connections: 859 },
  d4: { name: "Standard_D4ds_v5", tier: "GeneralPurpose", cores: 4, memoryGb: 16, connections: 1718 },
  d8: { name: "Standard_D8ds_v5", tier: "GeneralPurpose", cores: 8, memoryGb: 32, connections: 3437 },
  d16: { name: "Standard_D16ds_v5", tier: "GeneralPurpose", cores: 16, memoryGb: 64, connections: 5000 },
  e2: { name: "Standard_E2ds_v5", tier: "MemoryOptimized", cores: 2, memoryGb: 16, connections: 1718 },
  e4: { name: "Standard_E4ds_v5", tier: "MemoryOptimized", cores: 4, memoryGb: 32, connections: 3437 },
  e8: { name: "Standard_E8ds_v5", tier: "MemoryOptimized", cores: 8, memoryGb: 64, connections: 5000 },
  e16: { name: "Standard_E16ds_v5", tier: "MemoryOptimized", cores: 16, memoryGb: 128, connections: 5000 },
} as const satisfies Record<
  string,
  { name: string; tier: string; cores: number; memoryGb: number; connections: number }
>;

/** The name of a size in {@link serverSizes}. */
export type ServerSize = keyof typeof serverSizes;

export function isBurstable(size: ServerSize): boolean {
  return serverSizes[size].tier === "Burstable";
}

/** Whether a server of one size keeps up with one of another: a replica has at least the CPUs of its source. */
export function keepsUp(replica: ServerSize, source: ServerSize): boolean {
  return !isBurstable(replica) && serverSizes[replica].cores >= serverSizes[source].cores;
}
