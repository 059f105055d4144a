import { type Action, decide } from "../../../components/host-runtime/agents/lease/decision";
import type { Lease, RoleFile } from "../../../components/host-runtime/lease/lease";
import { fenced, firstLease, handoverAsked, nextTerm } from "../../../components/host-runtime/lease/lease-changes";
import type { LeaseRead } from "../../../components/host-runtime/lease/lease-store";

export type Name = "anvil" | "forge";
const names = ["anvil", "forge"] as const;

interface Host {
  memory: RoleFile;
  /** Rows in the host's own database; nothing when there is none. */
  own: readonly number[] | undefined;
  copy: { readonly path: string; readonly rows: readonly number[] } | undefined;
  readonly aside: number[][];
  /** The path that Litestream writes to. */
  replicatesTo: string | undefined;
  /** What the replicate agent has seen, while it runs. */
  seen: { readonly role: RoleFile["role"]; readonly term: number } | undefined;
  promotedTerm: number | undefined;
  sentTerm: number | undefined;
  isCutOff: boolean;
  isDown: boolean;
  clock: number;
}

/**
 * Two hosts with one database, and their store. The decisions are the real ones; files, Litestream and the other agents are modelled, each
 * step of theirs on its own, so that they interleave in every order.
 */
export class PairWorld {
  lease: Lease | undefined;
  private etag = 0;
  private rows = 0;
  private time = Date.parse("2026-11-21T11:00:00Z");
  readonly store = new Map<string, { rows: readonly number[]; writers: Set<Name> }>();
  readonly hosts: Record<Name, Host> = { anvil: newHost(), forge: newHost() };
  readonly violations: string[] = [];

  look(name: Name, isKilledBeforeActing = false): void {
    const host = this.hosts[name];
    if (host.isDown) return;
    const before = host.memory;
    const facts = {
      read: this.read(host),
      ownDatabases: host.own !== undefined,
      replicating: mayReplicate(host),
      promotedTerm: host.promotedTerm,
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
    if (role === "primary" && isConfirmed) host.replicatesTo = path;
    else if (role === "fenced") this.finish(host, name);
    else host.replicatesTo = undefined;
  }

  /** One look of Litestream, which knows nothing of roles. */
  send(name: Name): void {
    const { replicatesTo, own, isCutOff, isDown } = this.hosts[name];
    if (replicatesTo === undefined || own === undefined || isCutOff || isDown) return;
    const replica = this.store.get(replicatesTo) ?? { rows: [], writers: new Set() };
    replica.writers.add(name);
    if (replica.writers.size > 1) this.violations.push(`two hosts wrote to ${replicatesTo}`);
    this.store.set(replicatesTo, { ...replica, rows: own });
  }

  /** One look of the follow agent. */
  follow(name: Name): void {
    const host = this.hosts[name];
    if (host.isDown || host.isCutOff) return;
    const { role, path } = host.memory;
    const rows = path === undefined ? undefined : this.store.get(path)?.rows;
    if (role === "standby" && path !== undefined && rows !== undefined) host.copy = { path, rows };
    if (role === "promoting") this.promote(host, name);
  }

  /** A row of whatever writes on this host: the programs of the primary, or one that nobody has stopped. */
  write(name: Name): void {
    const host = this.hosts[name];
    const writes = host.memory.role === "primary" || host.own !== undefined;
    if (host.isDown || !writes) return;
    host.own = [...(host.own ?? []), ++this.rows];
  }

  /** The machine, and all that runs on it, goes; its disk stays. */
  crash(name: Name): void {
    Object.assign(this.hosts[name], { isDown: true, seen: undefined, replicatesTo: undefined });
  }

  /** An agent is killed; Litestream, which it started, runs on. */
  killReplicateAgent(name: Name): void {
    this.hosts[name].seen = undefined;
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
      this.put(handoverAsked(lease, to, new Date(this.time).toISOString()));
  }

  tick(): void {
    this.time += 1000;
  }

  /** Every row that was ever written and is nowhere any more. */
  lostRows(): readonly number[] {
    const kept = new Set([
      ...names.flatMap((name) => [...(this.hosts[name].own ?? []), ...this.hosts[name].aside.flat()]),
      ...[...this.store.values()].flatMap(({ rows }) => rows),
    ]);
    return Array.from({ length: this.rows }, (_, index) => index + 1).filter((row) => !kept.has(row));
  }

  primaries(): readonly { readonly name: Name; readonly term: number }[] {
    return names
      .filter((name) => this.hosts[name].memory.role === "primary")
      .map((name) => ({ name, term: this.hosts[name].memory.term }));
  }

  private act(host: Host, name: Name, action: Action): void {
    switch (action.kind) {
      case "create-lease":
        if (!host.isCutOff && this.lease === undefined) this.put(firstLease(name, this.now(host)));
        return;
      case "fence":
        if (!host.isCutOff && String(this.etag) === action.etag)
          this.put(fenced(action.lease, action.to, action.sent, this.now(host)));
        return;
      case "set-aside":
        if (mayReplicate(host)) this.violations.push(`${name}'s database moved under a Litestream that runs`);
        if (host.own !== undefined) host.aside.push([...host.own]);
        host.own = undefined;
    }
  }

  private finish(host: Host, name: Name): void {
    host.replicatesTo = host.memory.path;
    this.send(name);
    host.replicatesTo = undefined;
    const sent = this.store.get(host.memory.path ?? "")?.rows ?? [];
    host.sentTerm = sent.length === (host.own ?? []).length ? host.memory.term : undefined;
  }

  private promote(host: Host, name: Name): void {
    const { lease } = this;
    if (lease === undefined || lease.primary !== name || lease.term !== host.memory.term) return;
    const mine = this.store.get(lease.path);
    const keeps = host.own !== undefined && (lease.previous === undefined || mine !== undefined);
    if (!keeps) {
      if (host.own !== undefined) host.aside.push([...host.own]);
      host.own = mine?.rows ?? this.store.get(lease.previous?.path ?? "")?.rows;
    }
    host.copy = undefined;
    host.promotedTerm = lease.term;
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

function mayReplicate({ memory, replicatesTo, seen }: Host): boolean {
  if (replicatesTo !== undefined) return true;
  if (memory.role !== "demoting" && memory.role !== "fenced") return false;
  return seen !== undefined && (seen.role !== memory.role || seen.term !== memory.term);
}

function newHost(): Host {
  return {
    memory: { role: "undecided", term: 0, since: new Date(0).toISOString() },
    own: undefined,
    copy: undefined,
    aside: [],
    replicatesTo: undefined,
    seen: undefined,
    promotedTerm: undefined,
    sentTerm: undefined,
    isCutOff: false,
    isDown: false,
    clock: 0,
  };
}
