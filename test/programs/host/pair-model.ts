import type { HostStatus } from "../../../programs/host/agents/health/host-status";
import { decide } from "../../../programs/host/agents/lease/decision";
import { acceptedRisks, type FailoverRequest } from "../../../programs/host/failover/failover-options";
import type { HostAnswer } from "../../../programs/host/failover/host-answer";
import type { FailoverEnvironment } from "../../../programs/host/failover/observation";
import type { HostSettings } from "../../../programs/host/host-settings";
import {
  fence,
  firstLease,
  type Lease,
  type LeaseRead,
  type LeaseWrite,
  type RoleFile,
} from "../../../programs/host/lease/lease";

/** The process was killed: nothing after this call happened. */
export class Killed extends Error {}

export interface ModelHost {
  role: RoleFile;
  /** The machine runs. */
  isUp: boolean;
  /** The health endpoint can be reached from where the failover runs. */
  isReachable: boolean;
  /** The host reaches the store. */
  reachesStore: boolean;
  ownDatabases: boolean;
  /** The follower's last transaction. */
  txid: number;
  /** Transactions that the follower applies in one tick. */
  speed: number;
  lagSeconds: number;
}

const pad = (txid: number): string => Math.floor(txid).toString(16).padStart(16, "0");

/** Two hosts whose lease agents decide as the real ones do, a store and a record: all in memory. One call is one tick of their clocks. */
export class PairModel {
  lease: Lease | undefined = firstLease("anvil", "2026-11-21T11:00:00.000Z");
  etag = 1;
  storeAnswers = true;
  name = "100.64.0.1";
  nameSwitches = 0;
  /** Of the primary's database. */
  written = 7;
  sent = 7;
  inferenceAnswers = true;
  /** Databases that the promotion of forge could not bring along. */
  notRecovered: string[] = [];
  calls = 0;
  /** The process ends at this call, before or after its effect. */
  kill: { readonly at: number; readonly when: "before" | "after" } | undefined;
  /** Every moment in which something was wrong. */
  readonly violations: string[] = [];
  readonly hosts: Record<"anvil" | "forge", ModelHost>;

  constructor(readonly settings: HostSettings) {
    const role = { term: 1, path: this.lease?.path, primary: "anvil", since: "2026-11-21T11:00:00.000Z" };
    const host = { isUp: true, isReachable: true, reachesStore: true, lagSeconds: 1, txid: 7, speed: 0.25 };
    this.hosts = {
      anvil: { ...host, role: { ...role, role: "primary" }, ownDatabases: true },
      forge: { ...host, role: { ...role, role: "standby" }, ownDatabases: false },
    };
  }

  request(changes: Partial<FailoverRequest> = {}): FailoverRequest {
    return { to: "forge", planned: false, reason: "test", accepted: acceptedRisks({}), timeoutSeconds: 2, ...changes };
  }

  environment(signal = new AbortController().signal): FailoverEnvironment {
    return {
      settings: this.settings,
      lease: {
        read: () => this.call(() => this.read()),
        create: () => this.call((): LeaseWrite => ({ kind: "lost", to: this.read() })),
        replace: (lease, etag) => this.call(() => this.replace(lease, etag)),
      },
      name: {
        read: () => this.call(() => ({ kind: "read" as const, address: this.name, ttlSeconds: 60 })),
        point: (address) =>
          this.call(() => {
            this.name = address;
            this.nameSwitches += 1;
            return undefined;
          }),
      },
      ask: ({ name }) => this.call(() => this.answer(name)),
      signal,
      now: () => new Date(),
    };
  }

  /** Both lease agents look once. */
  tick(): void {
    for (const name of ["anvil", "forge"] as const) {
      if (this.hosts[name].isUp) this.look(name);
    }
    const primaries = Object.values(this.hosts).filter(({ isUp, role }) => isUp && role.role === "primary");
    const terms = new Set(primaries.map(({ role }) => role.term));
    if (terms.size < primaries.length) this.violations.push(`two primaries in one term at call ${this.calls}`);
  }

  private look(name: "anvil" | "forge"): void {
    const host = this.hosts[name];
    const read: LeaseRead = host.reachesStore ? this.read() : { kind: "unreachable", reason: "test" };
    const { role } = host;
    const facts = {
      read,
      ownDatabases: host.ownDatabases,
      replicating: false,
      promotedTerm: role.role === "promoting" ? role.term : undefined,
      sent: role.role === "fenced" ? { tasks: pad(this.written) } : undefined,
    };
    const self = { host: name, intendedRole: name === "anvil" ? "primary" : "standby" } as const;
    const { memory, action } = decide(role, facts, self, new Date().toISOString());
    host.role = memory;
    if (memory.role === "standby") host.txid = Math.min(host.txid + host.speed, this.sent);
    if (memory.role === "primary") host.ownDatabases = true;
    if (action?.kind === "fence") {
      this.sent = this.written;
      this.replace(fence(action.lease, action.to, action.sent, new Date().toISOString()), action.etag);
    }
    if (action?.kind === "set-aside") host.ownDatabases = false;
  }

  private read(): LeaseRead {
    if (!this.storeAnswers) return { kind: "unreachable", reason: "test" };
    return this.lease === undefined
      ? { kind: "missing" }
      : { kind: "found", lease: this.lease, etag: String(this.etag) };
  }

  private replace(lease: Lease, etag: string): LeaseWrite {
    if (!this.storeAnswers) return { kind: "unreachable", reason: "test" };
    if (etag !== String(this.etag)) return { kind: "lost", to: this.read() };
    if (this.lease !== undefined && lease.term < this.lease.term) this.violations.push("the term went down");
    this.lease = lease;
    this.etag += 1;
    return { kind: "won", etag: String(this.etag) };
  }

  private async call<T>(effect: () => T): Promise<T> {
    this.calls += 1;
    const dies = this.kill !== undefined && this.calls >= this.kill.at;
    if (dies && (this.kill?.when === "before" || this.calls > (this.kill?.at ?? 0))) throw new Killed();
    const result = effect();
    this.tick();
    if (dies) throw new Killed();
    return result;
  }

  private answer(name: string): HostAnswer {
    const host = name === "anvil" ? this.hosts.anvil : this.hosts.forge;
    if (!host.isUp || !host.isReachable) return { kind: "silent", why: "ECONNREFUSED" };
    const { role } = host;
    const isStandby = role.role === "standby";
    const status: HostStatus = {
      host: name,
      ts: new Date().toISOString(),
      status: "ok",
      problems: [],
      role,
      databases: [
        {
          name: "tasks",
          tier: "P0-critical",
          state: isStandby ? "following" : "replicating",
          lagSeconds: isStandby ? host.lagSeconds : 0,
          ...(isStandby ? { txid: pad(host.txid) } : {}),
        },
      ],
      agents: [],
      aside: [],
      promotion: { term: role.term, notRecovered: this.notRecovered, incomplete: [] },
      inference: this.inferenceAnswers
        ? { checkedAt: new Date().toISOString(), term: role.term, servers: {}, redirects: [], problems: [] }
        : undefined,
    };
    return { kind: "answers", status };
  }
}
