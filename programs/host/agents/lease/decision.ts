import type { Lease, LeaseRead, RoleFile } from "../../lease/lease";

/** What a host sees when it decides. */
export interface Facts {
  readonly read: LeaseRead;
  /** Whether a database is on this host that no follower restored, so that only this host may have what is in it. */
  readonly ownDatabases: boolean;
  /** Whether a Litestream process still runs, or might start before its agent sees the role. */
  readonly replicating: boolean;
  /** The term for which the follow agent has put the databases in place. */
  readonly promotedTerm?: number | undefined;
  /** Where each replica ends, once replication has stopped and everything was sent. */
  readonly sent?: Readonly<Record<string, string>> | undefined;
  /** Why this host takes no role: what replicated before there was this program does so now. */
  readonly heldBack?: string | undefined;
}

export interface Self {
  readonly host: string;
  readonly intendedRole: "primary" | "standby";
}

/** What is to be done now. Each can be repeated. */
export type Action =
  | { readonly kind: "create-lease" }
  | {
      readonly kind: "fence";
      readonly lease: Lease;
      readonly etag: string;
      readonly to: string;
      readonly sent: Readonly<Record<string, string>>;
    }
  | { readonly kind: "set-aside"; readonly term: number; readonly path?: string | undefined };

export interface LeaseDecision {
  readonly memory: RoleFile;
  readonly action?: Action | undefined;
}

/**
 * What a host makes of the lease. A pure function: everything it has to remember is in the role file, so that an agent that was killed
 * anywhere goes on from there.
 *
 * @param now ISO 8601, UTC
 */
export function decide(memory: RoleFile, facts: Facts, self: Self, now: string): LeaseDecision {
  const { read } = facts;
  if (facts.heldBack !== undefined) return stay(become(memory, "undecided", now), facts.heldBack);
  switch (read.kind) {
    case "unreachable":
      // Whoever serves goes on serving; only replication waits for the next confirmation.
      return stay(memory, `the lease cannot be read: ${read.reason}`);
    case "corrupt":
      return stay(memory, read.problem);
    case "missing":
      return withoutLease(memory, self);
    case "found":
      return withLease(memory, read.lease, read.etag, facts, self, now);
  }
}

/**
 * Whether the programs that only the primary runs are to run. `undefined`: leave them as they are, which is what the intended primary
 * does until it has seen a lease: it may have served before there was one.
 */
export function wantsPrimaryAgents(role: RoleFile["role"], intendedRole: Self["intendedRole"]): boolean | undefined {
  if (role === "undecided") return intendedRole === "primary" ? undefined : false;
  return role === "primary";
}

function withoutLease(memory: RoleFile, self: Self): LeaseDecision {
  // A lease that was there and is gone was deleted. Writing it anew would let this host win against one that promoted meanwhile.
  if (memory.term > 0) {
    return stay(
      memory,
      `the lease is gone; its last term was ${memory.term}. Restore the blob, or its earlier version`,
    );
  }
  if (self.intendedRole === "standby") return stay(memory, "no lease yet: the primary has not started");
  return { memory, action: { kind: "create-lease" } };
}

function withLease(memory: RoleFile, lease: Lease, etag: string, facts: Facts, self: Self, now: string): LeaseDecision {
  if (lease.term < memory.term) {
    return stay(memory, `the lease went back from term ${memory.term} to ${lease.term}: somebody restored an old one`);
  }
  const isKnown = lease.term === memory.term;
  if (isKnown && (lease.path !== memory.path || lease.primary !== memory.primary)) {
    return stay(
      memory,
      `the lease of term ${lease.term} names ${lease.primary} and ${lease.path}, and named ${memory.primary} and ${memory.path}`,
    );
  }
  const seen: RoleFile = {
    ...withoutProblem(memory),
    term: lease.term,
    path: lease.path,
    primary: lease.primary,
    confirmedAt: now,
  };
  if (lease.primary !== self.host) return asStandby(memory, seen, facts, now);
  return isKnown ? inOwnTerm(seen, lease, etag, facts, now) : atNewOwnTerm(memory, seen, lease, now);
}

/** Another host is the primary: what this one has of its own goes aside, and then it follows. */
function asStandby(memory: RoleFile, seen: RoleFile, facts: Facts, now: string): LeaseDecision {
  const hasMore = facts.ownDatabases || facts.replicating;
  if (!hasMore) return { memory: become(seen, "standby", now) };
  return demoting(memory, seen, facts, now);
}

function demoting(memory: RoleFile, seen: RoleFile, facts: Facts, now: string): LeaseDecision {
  const deposed =
    memory.role === "demoting" && memory.deposed ? memory.deposed : { term: memory.term, path: memory.path };
  const next = { ...become(seen, "demoting", now), deposed };
  // One tick later: the other agents must have read the role and its term before files are moved.
  if (memory.role !== "demoting" || memory.term !== seen.term) return { memory: next };
  if (facts.replicating) return stay(next, "waits for Litestream to stop, to set the databases aside");
  return { memory: next, action: { kind: "set-aside", ...deposed } };
}

function atNewOwnTerm(memory: RoleFile, seen: RoleFile, lease: Lease, now: string): LeaseDecision {
  const served = memory.role === "primary" || memory.role === "fenced";
  const continues = served && lease.previous?.primary === lease.primary && lease.previous.term === memory.term;
  if (continues) return { memory: become(seen, "primary", now) };
  // Another host served in between: what is here is an older history.
  if (served || memory.role === "demoting") {
    const deposed = memory.deposed ?? { term: memory.term, path: memory.path };
    return { memory: { ...become(seen, "demoting", now), deposed } };
  }
  return { memory: become(seen, "promoting", now) };
}

function inOwnTerm(seen: RoleFile, lease: Lease, etag: string, facts: Facts, now: string): LeaseDecision {
  switch (seen.role) {
    case "standby":
    case "undecided":
      return { memory: become(seen, "promoting", now) };
    case "promoting":
      return { memory: facts.promotedTerm === lease.term ? become(seen, "primary", now) : seen };
    case "demoting":
      return facts.ownDatabases || facts.replicating
        ? demoting(seen, seen, facts, now)
        : { memory: become(seen, "promoting", now) };
    case "primary":
      return { memory: lease.phase.kind === "serving" ? seen : become(seen, "fenced", now) };
    case "fenced":
      return whenFenced(seen, lease, etag, facts, now);
  }
}

function whenFenced(seen: RoleFile, lease: Lease, etag: string, facts: Facts, now: string): LeaseDecision {
  switch (lease.phase.kind) {
    case "serving":
      return { memory: become(seen, "primary", now) };
    case "fenced":
      return { memory: seen };
    case "handover":
      return facts.replicating || facts.sent === undefined
        ? stay(seen, "waits until Litestream has sent everything, to hand over")
        : { memory: seen, action: { kind: "fence", lease, etag, to: lease.phase.to, sent: facts.sent } };
  }
}

function stay(memory: RoleFile, problem: string): LeaseDecision {
  return { memory: { ...memory, problem } };
}

function withoutProblem({ problem: _, ...memory }: RoleFile): RoleFile {
  return memory;
}

function become({ deposed: _, ...memory }: RoleFile, role: RoleFile["role"], now: string): RoleFile {
  return memory.role === role ? memory : { ...memory, role, since: now };
}
