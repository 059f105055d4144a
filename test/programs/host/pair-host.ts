import { type Holding, unsentOf } from "../../../programs/host/agents/lease/quarantine";
import type { Lease, RoleFile } from "../../../programs/host/lease/lease";
import type { Takeover } from "../../../programs/host/lease/takeover-record";

export type Name = "anvil" | "forge";
export const names = ["anvil", "forge"] as const;

export type DatabaseName = "tasks" | "mail";
export const databaseNames = ["tasks", "mail"] as const;

/** What a path has of a database, or a follower's copy of that. */
export interface Replica {
  readonly transaction: number;
  readonly rows: readonly number[];
}

export interface OwnDatabase {
  readonly rows: readonly number[];
  /** What Litestream has captured of it, in the numbers of the path that the host has begun. */
  readonly captured?: { readonly transaction: number; readonly count: number } | undefined;
  /** Whether a program has opened it on this host. */
  readonly isOpened?: boolean | undefined;
}

export interface Promotion {
  readonly lease: Lease;
  done: boolean;
  readonly databases: Map<DatabaseName, { readonly path?: string; readonly transaction?: number }>;
}

export interface Aside extends OwnDatabase {
  readonly database: DatabaseName;
  /** The term that was lost. */
  readonly term: number;
  readonly unsent: "none" | "some" | "unknown";
}

export interface Host {
  memory: RoleFile;
  readonly own: Map<DatabaseName, OwnDatabase>;
  followed: string | undefined;
  readonly copies: Map<DatabaseName, Replica>;
  readonly aside: Aside[];
  /** The path that Litestream has begun on this host last. */
  begun: string | undefined;
  /** The path that it writes to, while it runs. */
  replicatesTo: string | undefined;
  /** What the replicate agent has seen, while it runs. */
  seen: { readonly role: RoleFile["role"]; readonly term: number } | undefined;
  promotion: Promotion | undefined;
  sentTerm: number | undefined;
  isCutOff: boolean;
  isDown: boolean;
  clock: number;
}

/** Of a host that never decided anything, or whose role file was damaged and deleted. */
export const freshRole: RoleFile = { role: "undecided", term: 0, since: new Date(0).toISOString() };

export function newHost(): Host {
  return {
    memory: freshRole,
    own: new Map(),
    followed: undefined,
    copies: new Map(),
    aside: [],
    begun: undefined,
    replicatesTo: undefined,
    seen: undefined,
    promotion: undefined,
    sentTerm: undefined,
    isCutOff: false,
    isDown: false,
    clock: 0,
  };
}

export function mayReplicate({ memory, replicatesTo, seen }: Host): boolean {
  if (replicatesTo !== undefined) return true;
  if (memory.role !== "demoting" && memory.role !== "fenced") return false;
  return seen !== undefined && (seen.role !== memory.role || seen.term !== memory.term);
}

/** Litestream begins a path: what it captured for another one is gone. */
export function beginPath(host: Host, path: string): void {
  if (host.begun !== path) {
    for (const [database, { rows }] of host.own) host.own.set(database, { rows, isOpened: true });
  }
  host.begun = path;
}

/** Litestream's look at a database. */
export function capture(host: Host, database: DatabaseName): Replica | undefined {
  const own = host.own.get(database);
  if (own === undefined) return undefined;
  const { rows, captured } = own;
  const isNew = captured === undefined || captured.count < rows.length;
  const transaction = (captured?.transaction ?? 0) + (isNew ? 1 : 0);
  host.own.set(database, { ...own, captured: { transaction, count: rows.length } });
  return { transaction, rows };
}

/**
 * Sets one database aside, with the real judgement on what nobody else has of it.
 *
 * @param term that was lost
 * @param brokenOff a promotion that never came to serving
 */
export function setAside(
  host: Host,
  database: DatabaseName,
  term: number,
  brokenOff: Promotion | undefined,
  records: readonly Takeover[],
): void {
  const own = host.own.get(database);
  if (own === undefined) return;
  const isAgain = host.aside.some((each) => each.database === database && each.term === term);
  const { unsent } = unsentOf(database, holdingOf(host, database, own, isAgain ? undefined : brokenOff), records);
  host.aside.push({ ...own, database, term, unsent });
  host.own.delete(database);
}

function holdingOf(
  { begun }: Host,
  database: DatabaseName,
  { rows, captured, isOpened }: OwnDatabase,
  brokenOff: Promotion | undefined,
): Holding | undefined {
  if (captured !== undefined && begun !== undefined) {
    return { path: begun, transaction: captured.transaction, rest: captured.count < rows.length ? "some" : "none" };
  }
  const { path, transaction } = brokenOff?.databases.get(database) ?? {};
  if (path === undefined || transaction === undefined) return undefined;
  return { path, transaction, rest: isOpened ? "unknown" : "none" };
}
