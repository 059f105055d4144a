import { sourceTerms } from "../../../programs/host/agents/follow/promotion";
import type { Lease } from "../../../programs/host/lease/lease";
import { type DatabaseName, databaseNames, type Host, type Promotion, type Replica, setAside } from "./pair-host";
import type { PairStore } from "./pair-store";

/** One step of a promotion: a database is put in place, or the end is told. */
export function promoteOne(host: Host, lease: Lease, store: PairStore, database: DatabaseName): void {
  const known = host.promotion;
  const isSame = known?.lease.term === lease.term;
  if (isSame && known.done) return;
  const promotion = isSame ? known : { lease, done: false, databases: new Map() };
  const brokenOff = known?.done === false && known.lease.term === lease.previous?.term ? known : undefined;
  // As the real one, it is written with the first database.
  if (!promotion.databases.has(database)) {
    adopt(host, lease, store, database, promotion, brokenOff);
    host.promotion = promotion;
    return;
  }
  if (databaseNames.some((name) => !promotion.databases.has(name))) return;
  const taken = [...promotion.databases].flatMap(([name, { path, transaction }]) =>
    path === undefined ? [] : [[name, { path, txid: textOf(transaction ?? 0) }] as const],
  );
  store.takeovers.set(lease.term, Object.fromEntries(taken));
  promotion.done = true;
}

function adopt(
  host: Host,
  lease: Lease,
  store: PairStore,
  database: DatabaseName,
  { databases }: Promotion,
  brokenOff: Promotion | undefined,
): void {
  const source = sourceOf(lease, store, database);
  const own = host.own.get(database);
  if (own !== undefined) {
    if (lease.previous === undefined || source?.path === lease.path) return void databases.set(database, {});
    const earlier = brokenOff?.databases.get(database);
    const isAsGood = own.captured === undefined && earlier?.path !== undefined && earlier.path === source?.path;
    if (isAsGood && (earlier.transaction ?? 0) >= source.replica.transaction)
      return void databases.set(database, earlier);
    setAside(host, database, (lease.previous ?? lease).term, brokenOff, store.takeoversSince(0, lease.term - 1));
  }
  if (source === undefined) return void databases.set(database, {});
  const { path, replica } = source;
  const copy = host.followed === path ? host.copies.get(database) : undefined;
  const used = copy !== undefined && copy.transaction >= replica.transaction ? copy : replica;
  databases.set(database, { path, transaction: used.transaction });
  host.own.set(database, { rows: used.rows });
  host.copies.delete(database);
}

/** The newest term that has the database. */
function sourceOf(
  lease: Lease,
  store: PairStore,
  database: DatabaseName,
): { readonly path: string; readonly replica: Replica } | undefined {
  for (const { path } of sourceTerms(lease, store.terms())) {
    const replica = store.replica(path, database);
    if (replica !== undefined) return { path, replica };
  }
  return undefined;
}

function textOf(transaction: number): string {
  return transaction.toString(16).padStart(16, "0");
}
