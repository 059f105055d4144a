import { pause } from "../../../../lib/retry";
import type { HostSettings } from "../../host-settings";
import type { Lease, LeaseStore } from "../../lease/lease";
import type { ReplicaPositions } from "../../lease/replica-positions";
import { isConfirmed, readRole } from "../../lease/role-file";
import type { TakeoverRecord, TakeoverRecords } from "../../lease/takeover-record";
import { sourceTerms } from "../follow/promotion";
import { inOrderOfRemoval, judgeReplica, storedReplica, type TermReplica, unusedRecords } from "./judge-replica";

export interface TermRemovalOptions {
  readonly settings: HostSettings;
  readonly lease: LeaseStore;
  readonly positions: ReplicaPositions;
  readonly takeovers: TakeoverRecords;
  readonly records: readonly TakeoverRecord[];
  /** The store's clock, milliseconds since 1970. */
  readonly now: number;
  /** At most so many deletions a second: replication goes on meanwhile. */
  readonly perSecond: number;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

export interface Unclaimed {
  readonly path: string;
  readonly database: string;
  readonly why: string;
}

interface Term {
  readonly term: number;
  readonly path: string;
  readonly databases: ReadonlySet<string>;
}

/** This host may not go on: it is not the primary, or not any more, or it is asked to stop. */
export class StoppedError extends Error {
  override name = "StoppedError";
}

/** Removes from the store the replicas of earlier terms that are not needed any more. After an interruption the next run goes on. */
export class TermRemoval {
  private readonly unclaimed: Unclaimed[] = [];

  constructor(private readonly options: TermRemovalOptions) {}

  /**
   * @returns what a person has to decide
   * @throws StoppedError; whatever the store throws
   */
  async run(): Promise<{ term: number; replicas: Unclaimed[] }> {
    const lease = await this.own();
    const terms = await this.terms(lease);
    const names = new Set(terms.filter(({ term }) => isEarlier(term, lease)).flatMap((term) => [...term.databases]));
    for (const database of [...names].sort()) await this.ofDatabase(database, terms, lease);
    await this.records(lease);
    return { term: lease.term, replicas: this.unclaimed };
  }

  /** The oldest term first. Paths that the lease's line of terms does not contain are left alone. */
  private async terms(lease: Lease): Promise<readonly Term[]> {
    const { positions } = this.options;
    const found = sourceTerms(lease, await positions.terms()).filter(({ term }) => term > 0);
    const terms: Term[] = [];
    for (const { term, path } of found) terms.unshift({ term, path, databases: await positions.databases(path) });
    return terms;
  }

  private async ofDatabase(database: string, terms: readonly Term[], lease: Lease): Promise<void> {
    const having = terms.filter(({ databases }) => databases.has(database));
    const retentionSeconds = this.retention(database);
    const isDue = having.some(({ term }) => isEarlier(term, lease) && this.isOld(term, retentionSeconds));
    if (!isDue) return;
    const replicas: TermReplica[] = [];
    for (const { term, path } of having) {
      replicas.push({ term, path, ...storedReplica(await this.options.positions.files(path, database)) });
    }
    for (const replica of replicas) {
      const newer = replicas.filter(({ term }) => term > replica.term);
      const { records, now } = this.options;
      const verdict = judgeReplica({ database, retentionSeconds, replica, newer, records, lease, now });
      if (verdict.kind === "goes") await this.remove(replica, database, lease);
      if (verdict.kind === "unclaimed") this.unclaimed.push({ path: replica.path, database, why: verdict.why });
    }
  }

  private async remove(replica: TermReplica, database: string, judged: Lease): Promise<void> {
    const { positions, perSecond, signal, say, settings } = this.options;
    const lease = await this.own();
    if (lease.path !== judged.path) throw new StoppedError("the term has changed");
    const files = inOrderOfRemoval(replica);
    say(`${database}: removes its replica in ${replica.path}, ${files.length} files`);
    for (const { name } of files) {
      if (signal.aborted) throw new StoppedError("asked to stop");
      if (!isConfirmedPrimary(settings)) throw new StoppedError("not the confirmed primary any more");
      await positions.removeFile(name);
      await pause(1000 / perSecond, signal);
    }
  }

  private async records(lease: Lease): Promise<void> {
    const { takeovers, positions, records, say } = this.options;
    const left = (await positions.terms()).map(({ term }) => term).filter((term) => term > 0);
    for (const term of unusedRecords(records, left, lease)) {
      await this.own();
      await takeovers.remove(term);
      say(`nothing is left of term ${term} and before: removed what it took over`);
    }
  }

  private async own(): Promise<Lease> {
    const { settings, lease, signal } = this.options;
    const own = signal.aborted ? undefined : await ownLease(settings, lease);
    if (own === undefined) throw new StoppedError("this host is not the confirmed primary, or hands over");
    return own;
  }

  /** A term is listed only once it may go: the first primary that might have taken it over did so long enough ago. */
  private isOld(term: number, retentionSeconds: number | undefined): boolean {
    const { records, now } = this.options;
    const taken = Math.min(...records.filter((record) => record.term > term).map(({ at }) => at));
    return retentionSeconds !== undefined && now - taken >= retentionSeconds * 1000;
  }

  /** The settings say nothing of a database that is not replicated any more: the longest retention counts then. */
  private retention(database: string): number | undefined {
    const { replication } = this.options.settings;
    const own = replication.find(({ databases }) => databases.some(({ name }) => name === database));
    const seconds = (own === undefined ? replication : [own]).map(({ retentionSeconds }) => retentionSeconds);
    const known = seconds.filter((each) => each !== undefined);
    return known.length === seconds.length && known.length > 0 ? Math.max(...known) : undefined;
  }
}

function isEarlier(term: number, { previous }: Lease): boolean {
  return previous !== undefined && term < previous.term;
}

/** Whether the lease agent says that this host is the primary, and has been told so lately. */
export function isConfirmedPrimary({ root, timing }: HostSettings): boolean {
  const role = readRole(root);
  return role.role === "primary" && isConfirmed(role, timing.confirmationSeconds, Date.now());
}

/** The lease, if this host holds it, its lease agent has confirmed it, and no handover runs. */
export async function ownLease(settings: HostSettings, store: LeaseStore): Promise<Lease | undefined> {
  if (!isConfirmedPrimary(settings)) return undefined;
  const read = await store.read();
  if (read.kind !== "found") return undefined;
  const { term, path } = readRole(settings.root);
  const { lease } = read;
  const isOwn = lease.primary === settings.host && lease.term === term && lease.path === path;
  return isOwn && lease.phase.kind === "serving" ? lease : undefined;
}
