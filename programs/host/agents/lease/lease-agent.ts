import { pause } from "../../../../lib/retry";
import type { HostSettings } from "../../host-settings";
import { fence, firstLease, type LeaseRead, type LeaseWrite, type RoleFile } from "../../lease/lease";
import { readRole, writeRole } from "../../lease/role-file";
import type { Agent } from "../agents";
import { hasOwn } from "../database-files";
import { readPromotion } from "../follow/promotion-file";
import { startAgent, stopAgent } from "../launchd-control";
import { databasesOf } from "../litestream";
import { mayReplicate, readReplication } from "../replicate/replication-file";
import { type Store, StoreConnection } from "../store-connection";
import { type Action, decide, type Facts, wantsPrimaryAgents } from "./decision";
import { reconcilePredecessors } from "./predecessors";
import { quarantineDatabases } from "./quarantine";

/** How long a deposed host waits for the new primary to say what it took over, before it judges without that. */
const takeoverPatienceMs = 30_000;
/** How often the programs of the primary are looked at although nothing changed. */
const repeatMs = 60_000;

/** Reads the lease again and again, decides what this host is, and says so in `state/role.json`. */
export const leaseAgent: Agent = async ({ settings, signal, say }) => {
  const agent = new LeaseAgent(settings, say);
  while (!signal.aborted) {
    await agent.tick();
    await pause(settings.timing.leaseSeconds * 1000, signal);
  }
};

/** One host's side of the lease. */
export class LeaseAgent {
  private readonly connection: StoreConnection;
  private saidProblem: string | undefined;
  private lastAsked: { readonly runs: boolean; readonly at: number } | undefined;

  constructor(
    private readonly settings: HostSettings,
    private readonly say: (line: string) => void,
  ) {
    this.connection = new StoreConnection(settings, say);
  }

  /** Reads, decides and acts, once. Never throws for what may be better the next time. */
  async tick(): Promise<void> {
    const { settings } = this;
    const before = readRole(settings.root);
    const store = await this.store();
    const read: LeaseRead = "positions" in store ? await store.lease.read() : store;
    const self = { host: settings.host, intendedRole: this.intendedRole() };
    const facts = factsOf(settings, before, read);
    const heldBack = await reconcilePredecessors(settings, {
      role: before,
      read,
      self,
      replicating: facts.replicating,
    });
    const { memory, action } = decide(before, { ...facts, heldBack }, self, new Date().toISOString());
    // All writing ends before the other agents see the end of a role; all else comes after it is written down, so that after a
    // crash the next tick knows what this one meant to do.
    const wants = (role: RoleFile["role"]) => wantsPrimaryAgents(role, self.intendedRole);
    const ends = wants(memory.role) === false && wants(before.role) !== false;
    if (ends && !(await this.setPrograms(memory)) && memory.role === "fenced") return;
    writeRole(settings.root, memory);
    this.tell(before, memory);
    await this.setPrograms(memory);
    if (action !== undefined && "positions" in store) await this.act(action, memory, store);
  }

  private async store(): Promise<Store | LeaseRead> {
    try {
      return await this.connection.open();
    } catch (error) {
      return { kind: "unreachable", reason: error instanceof Error ? error.message : String(error) };
    }
  }

  private async act(action: Action, memory: RoleFile, store: Store): Promise<void> {
    const now = new Date().toISOString();
    switch (action.kind) {
      case "create-lease":
        return this.report("first lease", await store.lease.create(firstLease(this.settings.host, now)));
      case "fence":
        return this.report(
          "handover",
          await store.lease.replace(fence(action.lease, action.to, action.sent, now), action.etag),
        );
      case "set-aside":
        return this.quarantineDeposed(memory, store);
    }
  }

  private async quarantineDeposed(memory: RoleFile, store: Store): Promise<void> {
    const { term, deposed } = memory;
    const isSaid = (await store.takeovers.read(term)) !== undefined;
    const waited = Date.now() - Date.parse(memory.since);
    if (!isSaid && waited >= 0 && waited < takeoverPatienceMs && memory.primary !== this.settings.host) return;
    const report = quarantineDatabases(this.settings, memory, await store.takeovers.since(deposed?.term ?? 0, term));
    for (const [name, { unsent, why }] of Object.entries(report.databases)) {
      if (unsent !== "none") this.say(`set aside ${name}: ${unsent} of it is nowhere else (${why})`);
    }
    this.say(`term ${report.term} is over: ${Object.keys(report.databases).length} databases set aside`);
  }

  /** @returns whether the programs of the primary run, or do not, as the role wants it */
  private async setPrograms(memory: RoleFile): Promise<boolean> {
    const runs = wantsPrimaryAgents(memory.role, this.intendedRole());
    if (runs === undefined) return true;
    const isDue = this.lastAsked?.runs !== runs || Date.now() - this.lastAsked.at > repeatMs;
    if (!isDue) return true;
    const problems = await setPrimaryAgents(this.settings, runs);
    for (const problem of problems) this.say(problem);
    // What failed is tried again at the next tick.
    this.lastAsked = problems.length === 0 ? { runs, at: Date.now() } : undefined;
    return problems.length === 0;
  }

  private report(what: string, write: LeaseWrite): void {
    if (write.kind === "won") this.say(`${what}: written`);
    else if (write.kind === "lost") this.say(`${what}: somebody else was faster`);
    else this.say(`${what}: ${write.reason}`);
  }

  private tell(before: RoleFile, after: RoleFile): void {
    if (before.role !== after.role || before.term !== after.term) {
      this.say(`${before.role} in term ${before.term} → ${after.role} in term ${after.term}`);
    }
    if (after.problem !== this.saidProblem && after.problem !== undefined) this.say(after.problem);
    this.saidProblem = after.problem;
  }

  private intendedRole(): "primary" | "standby" {
    const { hosts, host } = this.settings;
    return hosts.find(({ name }) => name === host)?.intendedRole ?? "standby";
  }
}

/** What the host's files say at this moment, for the lease agent to decide from. */
function factsOf(settings: HostSettings, role: RoleFile, read: LeaseRead): Facts {
  const { root, replication } = settings;
  const states = replication.map(({ policy }) => readReplication(root, policy));
  const promotion = readPromotion(root);
  const everythingSent = states.every(
    (state) => state?.sent !== undefined && state.term === role.term && state.role === "fenced",
  );
  return {
    read,
    ownDatabases: databasesOf(settings).some(({ database }) => hasOwn(database)),
    replicating: states.some((state) => mayReplicate(state, role)),
    promotedTerm: promotion?.done ? promotion.term : undefined,
    sent: everythingSent ? Object.assign({}, ...states.map((state) => state?.sent ?? {})) : undefined,
  };
}

/**
 * Starts or stops the programs that only the primary runs.
 *
 * @returns what did not work; empty when everything did
 */
export async function setPrimaryAgents(settings: HostSettings, runs: boolean): Promise<readonly string[]> {
  const set = runs ? startAgent : stopAgent;
  const problems = await Promise.all(settings.primaryOnlyAgents.map((label) => set(settings, label)));
  return problems.flatMap((problem) => (problem === undefined ? [] : [`of the primary alone: ${problem}`]));
}
