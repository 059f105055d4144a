/**
 * The only source of who is primary: one blob, changed by conditional writes. A term belongs to one host for good; a host that finds
 * a newer one demotes itself.
 */
export interface Lease {
  readonly version: 1;
  /** Counts up with each change of the primary, never down. */
  readonly term: number;
  /** The host that may replicate. */
  readonly primary: string;
  /**
   * Prefix of this term's replicas in the container; unique for all time, so that two primaries never write to one path.
   * @example "litestream/term-3-forge-20261121T110405Z"
   */
  readonly path: string;
  /** When the term began. ISO 8601, UTC. */
  readonly takenAt: string;
  /** Why. @example "anvil is gone" */
  readonly reason: string;
  /** `handover`: the primary is asked to stop writing and to send what it has. `fenced`: it has, and writes nothing more. */
  readonly phase: LeasePhase;
  /**
   * The term before. Absent in the first term. Nobody may have served in it: its path is empty then, and the new primary begins with
   * what an earlier one sent.
   */
  readonly previous?: { readonly term: number; readonly primary: string; readonly path: string } | undefined;
}

export type LeasePhase =
  | { readonly kind: "serving" }
  | { readonly kind: "handover"; readonly to: string; readonly askedAt: string }
  | {
      readonly kind: "fenced";
      readonly to: string;
      readonly at: string;
      /** The last transaction of each database that was replicated, as Litestream writes it. */
      readonly positions: Readonly<Record<string, string>>;
    };

/** What a host's lease agent last decided: `<root>/state/role.json`, read by its other agents. */
export interface RoleFile {
  readonly role: "primary" | "standby" | "promoting" | "demoting" | "fenced" | "undecided";
  /** The newest term this host has seen. 0: none yet. */
  readonly term: number;
  /** The replica path of that term; the follow agent restores from it, the replicate agents write to it. Absent in term 0. */
  readonly path?: string | undefined;
  readonly primary?: string | undefined;
  /** When the store last confirmed it. ISO 8601, UTC. */
  readonly confirmedAt?: string | undefined;
  /** When the role last changed. ISO 8601, UTC. */
  readonly since: string;
  /** The term that this host has lost, as long as its databases are not set aside. Only when demoting. */
  readonly deposed?: { readonly term: number; readonly path?: string | undefined } | undefined;
  /** What keeps the agent from deciding, in words for whoever looks after the host. Absent when nothing does. */
  readonly problem?: string | undefined;
}
