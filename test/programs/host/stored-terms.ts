import { transactionText } from "../../../programs/host/agents/litestream";
import type { StoredFile, TermReplica } from "../../../programs/host/agents/tidy/judge-replica";
import type { Lease } from "../../../programs/host/lease/lease";
import type { TakeoverRecord } from "../../../programs/host/lease/takeover-record";

export const hour = 3_600_000;
export const day = 24 * hour;
/** The store's clock at the first term's beginning. */
export const dawn = Date.parse("2026-01-01T00:00:00Z");

export function termPath(term: number): string {
  return `litestream/term-${term}-${hostOf(term)}-20260101T00000${term}Z`;
}

export function hostOf(term: number): string {
  return term % 2 === 1 ? "anvil" : "forge";
}

/** The lease of a term that took over from the one before. */
export function leaseOf(term: number): Lease {
  const previous = term === 1 ? undefined : { term: term - 1, primary: hostOf(term - 1), path: termPath(term - 1) };
  return {
    version: 1,
    term,
    primary: hostOf(term),
    path: termPath(term),
    takenAt: new Date(dawn).toISOString(),
    reason: "x",
    phase: { kind: "serving" },
    previous,
  };
}

export function ltx(path: string, database: string, level: number, first: number, last: number): string {
  return `${path}/${database}/ltx/${level}/${transactionText(first)}-${transactionText(last)}.ltx`;
}

/** As Litestream leaves it: a snapshot, compacted files and the newest ones. */
export function filesUpTo(path: string, database: string, newest: number, writtenAt: number): readonly StoredFile[] {
  const middle = Math.ceil(newest / 2);
  const ranges = [[9, 1, middle], [1, 1, middle], ...(newest > middle ? [[0, middle + 1, newest]] : [])];
  return ranges.map(([level = 0, first = 1, last = 1]) => ({
    name: ltx(path, database, level, first, last),
    first,
    last,
    writtenAt,
  }));
}

export function replicaOf(term: number, newest: number, writtenAt: number, database = "tasks"): TermReplica {
  const path = termPath(term);
  return { term, path, files: newest === 0 ? [] : filesUpTo(path, database, newest, writtenAt), strange: [] };
}

/** A term's word that it took a database over from another one. */
export function record(term: number, at: number, from: number, newest: number, database = "tasks"): TakeoverRecord {
  return { term, at, takeover: { [database]: { path: termPath(from), txid: transactionText(newest) } } };
}
