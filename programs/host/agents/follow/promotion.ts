import { existsSync } from "node:fs";
import type { HostDatabase, HostSettings, ReplicationProcess } from "../../host-settings";
import type { Lease } from "../../lease/lease";
import type { ReplicaPositions } from "../../lease/replica-positions";
import { readRole } from "../../lease/role-file";
import type { Takeover } from "../../lease/takeover-record";
import { inTurn } from "../in-turn";
import { databasesOf } from "../litestream";
import type { Store } from "../store-connection";
import { Adoption, type AdoptionOptions } from "./adoption";
import { type PromotedDatabase, readPromotion, writePromotion } from "./promotion-file";

/** Restores and checks run at once on so many; the store's answers are what they wait for. */
const atOnce = 6;

const tiers = ["P0-critical", "P0-financial", "P1", "P2"] as const;

/**
 * Puts every database of a new term in place, the most important first, and says so in `state/promotion.json`. Done again after an
 * interruption, it goes on.
 *
 * @param followed the path that this host's copies follow
 */
export async function promote(
  settings: HostSettings,
  store: Store,
  lease: Lease,
  followed: string | undefined,
  say: (line: string) => void,
): Promise<void> {
  const known = readPromotion(settings.root);
  const databases: Record<string, PromotedDatabase> = known?.term === lease.term ? { ...known.databases } : {};
  const write = (done: boolean): void =>
    writePromotion(settings.root, { term: lease.term, done, at: new Date().toISOString(), databases });
  const note = (database: HostDatabase, result: PromotedDatabase): void => {
    databases[database.name] = result;
    write(false);
  };
  const replicas = await replicasOf(lease, store.positions);
  const brokenOff = known?.done === false && known.term === lease.previous?.term ? known : undefined;
  const stillOurs = (): void => {
    const { role, term } = readRole(settings.root);
    if (role !== "promoting" || term !== lease.term) throw new Error(`term ${lease.term} is over: no promotion`);
  };
  const options = { settings, store, lease, replicas, followed, brokenOff, stillOurs, note, say };
  const adoption = new Adoption(options);
  await inTurn(inOrder(settings), atOnce, async ({ process, database }) => {
    if (!isDone(databases[database.name], database)) await adoption.adopt(process, database);
  });
  stillOurs();
  await store.takeovers.write(lease.term, takenOver(databases), lease.previous?.path);
  stillOurs();
  write(true);
  say(`term ${lease.term}: ${summary(databases)}`);
}

/** The result is noted before the file is in place. */
function isDone(result: PromotedDatabase | undefined, database: HostDatabase): boolean {
  const puts = result?.from === "adopted" || result?.from === "restored";
  return result !== undefined && (!puts || existsSync(database.path));
}

async function replicasOf(lease: Lease, positions: ReplicaPositions): Promise<AdoptionOptions["replicas"]> {
  const terms = sourceTerms(lease, await positions.terms());
  return Promise.all(terms.map(async ({ path }) => ({ path, databases: await positions.databases(path) })));
}

/**
 * Where the databases of a term may come from: from itself, when the host has served in it before, then from the earlier ones. The term
 * before may never have come to serving, or to sending: its path is empty then, and the one before it is the newest that has data.
 *
 * @param terms the newest first
 */
export function sourceTerms<Term extends { readonly term: number; readonly path: string }>(
  lease: Lease,
  terms: readonly Term[],
): readonly Term[] {
  return terms.filter(
    ({ term, path }) => path === lease.path || path === lease.previous?.path || term < (lease.previous?.term ?? 0),
  );
}

function inOrder(settings: HostSettings): readonly { process: ReplicationProcess; database: HostDatabase }[] {
  return [...databasesOf(settings)].sort(
    (one, other) => tiers.indexOf(one.database.tier) - tiers.indexOf(other.database.tier),
  );
}

/** What the deposed primary compares with: nothing is said of a database that was here already. */
function takenOver(databases: Readonly<Record<string, PromotedDatabase>>): Takeover {
  return Object.fromEntries(
    Object.entries(databases).flatMap(([name, { txid, path }]) =>
      txid === undefined ? [] : [[name, { txid, path }] as const],
    ),
  );
}

function summary(databases: Readonly<Record<string, PromotedDatabase>>): string {
  const counts = new Map<string, number>();
  for (const { from } of Object.values(databases)) counts.set(from, (counts.get(from) ?? 0) + 1);
  return [...counts].map(([from, count]) => `${count} ${from}`).join(", ");
}
