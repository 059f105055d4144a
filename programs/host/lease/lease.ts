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
  /** What keeps the agent from deciding, as text for the operator. Absent when nothing does. */
  readonly problem?: string | undefined;
}

/** Where the lease is kept. Every write is conditional, so that of two hosts one wins. */
export interface LeaseStore {
  read(): Promise<LeaseRead>;
  /** Writes the first lease, if there is none. */
  create(lease: Lease): Promise<LeaseWrite>;
  /** Replaces the lease that was read with this ETag, if it is still there. */
  replace(lease: Lease, etag: string): Promise<LeaseWrite>;
}

export type LeaseRead =
  | { readonly kind: "found"; readonly lease: Lease; readonly etag: string }
  | { readonly kind: "missing" }
  | { readonly kind: "corrupt"; readonly problem: string }
  /** The store did not answer in time, or refused. Says nothing about the lease. */
  | { readonly kind: "unreachable"; readonly reason: string };

export type LeaseWrite =
  | { readonly kind: "won"; readonly etag: string }
  /** Somebody else wrote first. */
  | { readonly kind: "lost"; readonly to: LeaseRead }
  /** Whether it was written is unknown: read again. */
  | { readonly kind: "unreachable"; readonly reason: string };

/**
 * The lease of a pair that never had one.
 *
 * @param now ISO 8601, UTC
 */
export function firstLease(host: string, now: string): Lease {
  return {
    version: 1,
    term: 1,
    primary: host,
    path: termPath(1, host, now),
    takenAt: now,
    reason: "first start",
    phase: { kind: "serving" },
  };
}

/** The next term, for `host`. It replicates into a path of its own: what an earlier primary still sends changes nothing there. */
export function nextTerm(lease: Lease, host: string, reason: string, now: string): Lease {
  const term = lease.term + 1;
  return {
    version: 1,
    term,
    primary: host,
    path: termPath(term, host, now),
    takenAt: now,
    reason,
    phase: { kind: "serving" },
    previous: { term: lease.term, primary: lease.primary, path: lease.path },
  };
}

/** Asks the primary to stop writing, to send what it has, and to say so. */
export function askForHandover(lease: Lease, to: string, now: string): Lease {
  return { ...lease, phase: { kind: "handover", to, askedAt: now } };
}

/** The primary's answer to a handover: it writes nothing more in this term. */
export function fence(lease: Lease, to: string, positions: Readonly<Record<string, string>>, now: string): Lease {
  return { ...lease, phase: { kind: "fenced", to, at: now, positions } };
}

/** Calls a handover off, also a fenced one: the primary serves on in its term. */
export function cancelHandover(lease: Lease): Lease {
  return { ...lease, phase: { kind: "serving" } };
}

/** @example "litestream/term-3-forge-20261121T110405Z" */
function termPath(term: number, host: string, now: string): string {
  const time = `${now.slice(0, 19).replaceAll(/[-:]/g, "")}Z`;
  return `litestream/term-${term}-${host}-${time}`;
}
