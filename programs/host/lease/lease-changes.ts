import type { Lease } from "./lease";

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
export function handoverAsked(lease: Lease, to: string, now: string): Lease {
  return { ...lease, phase: { kind: "handover", to, askedAt: now } };
}

/** The primary's answer to a handover: it writes nothing more in this term. */
export function fenced(lease: Lease, to: string, positions: Readonly<Record<string, string>>, now: string): Lease {
  return { ...lease, phase: { kind: "fenced", to, at: now, positions } };
}

/** Calls a handover off, also a fenced one: the primary serves on in its term. */
export function handoverCancelled(lease: Lease): Lease {
  return { ...lease, phase: { kind: "serving" } };
}

/** @example "litestream/term-3-forge-20261121T110405Z" */
function termPath(term: number, host: string, now: string): string {
  const time = `${now.slice(0, 19).replaceAll(/[-:]/g, "")}Z`;
  return `litestream/term-${term}-${host}-${time}`;
}
