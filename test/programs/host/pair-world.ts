import { type Action, decide } from "../../../programs/host/agents/lease/decision";
import {
  askForHandover,
  fence,
  firstLease,
  type Lease,
  type LeaseRead,
  nextTerm,
} from "../../../programs/host/lease/lease";
import {
  beginPath,
  capture,
  type DatabaseName,
  databaseNames,
  freshRole,
  type Host,
  mayReplicate,
  type Name,
  newHost,
  setAside,
} from "./pair-host";
import { promoteOne } from "./pair-promotion";
import { PairStore } from "./pair-store";

/**
 * Two hosts with two databases, and their store. The decisions, the choice of where a database comes from and the judgement on what is
 * set aside are the real ones; files, Litestream and the other agents are modelled, each step of theirs on its own, so that they
 * interleave in every order.
 */
export class PairWorld {
  lease: Lease | undefined;
  private etag = 0;
  /** Every row that was ever written. */
  readonly written: number[] = [];
  /** Rows that the store had before another term was taken. */
  readonly sent = new Set<number>();
  private time = Date.parse("2026-11-21T11:00:00Z");
  readonly store = new PairStore();
  readonly hosts: Record<Name, Host> = { anvil: newHost(), forge: newHost() };
  readonly violations: string[] = [];

  look(name: Name, isKilledBeforeActing = false): void {
    const host = this.hosts[name];
    if (host.isDown) return;
    const before = host.memory;
    const facts = {
      read: this.read(host),
      ownDatabases: host.own.size > 0,
      replicating: mayReplicate(host),
      promotedTerm: host.promotion?.done ? host.promotion.lease.term : undefined,
      sent: host.sentTerm === before.term && before.role === "fenced" ? { tasks: "0000000000000001" } : undefined,
    };
    const self = { host: name, intendedRole: name === "anvil" ? "primary" : "standby" } as const;
    const { memory, action } = decide(before, facts, self, this.now(host));
    if (memory.term < before.term) this.violations.push(`${name}'s term went from ${before.term} to ${memory.term}`);
    host.memory = memory;
    if (action !== undefined && !isKilledBeforeActing) this.act(host, name, action);
  }

  /** One look of the replicate agent. */
  replicate(name: Name, isConfirmed = true): void {
    const host = this.hosts[name];
    if (host.isDown) return;
    const { role, term, path } = host.memory;
    host.seen = { role, term };
    if (role === "primary" && isConfirmed && path !== undefined) this.startLitestream(host, path);
    else if (role === "fenced" && path !== undefined) this.finish(host, name, path);
    else host.replicatesTo = undefined;
  }

  /** One look of Litestream at a database, which knows nothing of roles. Cut off, it goes on capturing. */
  send(name: Name, database: DatabaseName): void {
    const host = this.hosts[name];
    if (host.replicatesTo === undefined || host.isDown) return;
    const replica = capture(host, database);
    if (replica === undefined || host.isCutOff) return;
    if (host.replicatesTo === this.lease?.path) for (const row of replica.rows) this.sent.add(row);
    if (!this.store.put(host.replicatesTo, name, database, replica))
      this.violations.push(`two hosts wrote to ${host.replicatesTo}`);
  }

  /** One look of the follow agent: at a copy, or at a database that is to be put in place. */
  follow(name: Name, database: DatabaseName): void {
    const host = this.hosts[name];
    if (host.isDown || host.isCutOff) return;
    const { role, path, term } = host.memory;
    if (role === "standby" && path !== undefined) this.followPath(host, path, database);
    const { lease } = this;
    if (role !== "promoting" || lease?.primary !== name || lease.term !== term) return;
    promoteOne(host, lease, this.store, database);
  }

  /** A database that a promotion was about to put in place when its term ended. */
  placeLate(name: Name, database: DatabaseName): void {
    const { isDown, promotion, memory } = this.hosts[name];
    const isOver = memory.role === "demoting" || memory.role === "standby";
    if (isDown || promotion === undefined || promotion.done || !isOver || promotion.databases.has(database)) return;
    promoteOne(this.hosts[name], promotion.lease, this.store, database);
  }

  /** A row of whatever writes on this host: the programs of the primary, or one that nobody has stopped. */
  write(name: Name, database: DatabaseName): void {
    const host = this.hosts[name];
    const own = host.own.get(database);
    if (host.isDown || (host.memory.role !== "primary" && own === undefined)) return;
    host.own.set(database, { ...own, isOpened: true, rows: [...(own?.rows ?? []), this.newRow()] });
  }

  /** A database that somebody puts on a host where none is. */
  putByHand(name: Name, database: DatabaseName): void {
    const { own, isDown } = this.hosts[name];
    if (!isDown && !own.has(database)) own.set(database, { rows: [this.newRow()] });
  }

  /** The machine, and all that runs on it, goes; its disk stays. */
  crash(name: Name): void {
    Object.assign(this.hosts[name], { isDown: true, seen: undefined, replicatesTo: undefined });
  }

  /** An agent is killed; Litestream, which it started, runs on. */
  killReplicateAgent(name: Name): void {
    this.hosts[name].seen = undefined;
  }

  /** The role file is damaged, and somebody deletes it, as its error message says. */
  loseRole(name: Name): void {
    this.hosts[name].memory = freshRole;
  }

  start(name: Name): void {
    this.hosts[name].isDown = false;
  }

  cut(name: Name, isCutOff: boolean): void {
    this.hosts[name].isCutOff = isCutOff;
  }

  setClock(name: Name, seconds: number): void {
    this.hosts[name].clock = seconds * 1000;
  }

  /** What the failover command writes, seen at different times. It refuses a host that does not know the newest term. */
  takeFor(to: Name, isLate: boolean): void {
    if (this.lease === undefined || (isLate && this.lease.primary === to)) return;
    if (this.hosts[to].memory.term < this.lease.term) return;
    this.put(nextTerm(this.lease, to, "test", new Date(this.time).toISOString()));
  }

  askHandover(to: Name): void {
    const { lease } = this;
    if (lease?.phase.kind === "serving" && lease.primary !== to)
      this.put(askForHandover(lease, to, new Date(this.time).toISOString()));
  }

  tick(): void {
    this.time += 1000;
  }

  private newRow(): number {
    this.written.push(this.written.length + 1);
    return this.written.length;
  }

  private act(host: Host, name: Name, action: Action): void {
    switch (action.kind) {
      case "create-lease":
        if (!host.isCutOff && this.lease === undefined) this.put(firstLease(name, this.now(host)));
        return;
      case "fence":
        if (!host.isCutOff && String(this.etag) === action.etag)
          this.put(fence(action.lease, action.to, action.sent, this.now(host)));
        return;
      case "set-aside": {
        if (mayReplicate(host)) this.violations.push(`${name}'s databases moved under a Litestream that runs`);
        const { promotion } = host;
        const brokenOff = promotion?.lease.term === action.term && !promotion.done ? promotion : undefined;
        const records = this.store.takeoversSince(action.term, host.memory.term);
        for (const database of databaseNames) setAside(host, database, action.term, brokenOff, records);
      }
    }
  }

  private startLitestream(host: Host, path: string): void {
    beginPath(host, path);
    host.replicatesTo = path;
  }

  private finish(host: Host, name: Name, path: string): void {
    this.startLitestream(host, path);
    for (const database of databaseNames) this.send(name, database);
    host.replicatesTo = undefined;
    const isSent = [...host.own].every(
      ([database, { rows }]) => this.store.replica(path, database)?.rows.length === rows.length,
    );
    host.sentTerm = isSent ? host.memory.term : undefined;
  }

  /** Copies of another path cannot be continued: its transactions are numbered anew. */
  private followPath(host: Host, path: string, database: DatabaseName): void {
    if (host.followed !== path) host.copies.clear();
    host.followed = path;
    const replica = this.store.replica(path, database);
    if (replica !== undefined) host.copies.set(database, replica);
  }

  private read(host: Host): LeaseRead {
    if (host.isCutOff) return { kind: "unreachable", reason: "cut off" };
    return this.lease === undefined
      ? { kind: "missing" }
      : { kind: "found", lease: this.lease, etag: String(this.etag) };
  }

  private put(lease: Lease): void {
    if (lease.term < (this.lease?.term ?? 0)) this.violations.push("the lease's term went down");
    this.lease = lease;
    this.etag++;
  }

  private now(host: Host): string {
    return new Date(this.time + host.clock).toISOString();
  }
}
