import { existsSync, statSync } from "node:fs";
import { pause } from "../../../../lib/retry";
import type { HostDatabase, HostSettings, ReplicationProcess } from "../../host-settings";
import type { RoleFile } from "../../lease/lease";
import type { ReplicaPositions } from "../../lease/replica-positions";
import { isConfirmed, readRole } from "../../lease/role-file";
import type { Agent } from "../agents";
import { Backoff } from "../backoff";
import { Child, endLeftover, lives } from "../child";
import { lastCaptured, litestreamEnvironment, transactionText, uncaptured } from "../litestream";
import { stateFile } from "../state-file";
import { type Store, StoreConnection } from "../store-connection";
import { beginPath } from "./replica-path";
import { type ReplicationFile, readReplication, writeReplication } from "./replication-file";
import { SentHeads } from "./sent-heads";

const everySeconds = 0.25;
/** How long Litestream may take to send the rest: at a handover, and otherwise. It survives being killed. */
const handoverGraceMs = 45_000;
const graceMs = 5000;

/** Runs Litestream for one policy while this host is the confirmed primary. */
export const replicateAgent: Agent = async ({ settings, args, signal, say }) => {
  const process = settings.replication.find(({ policy }) => policy === args[0]);
  if (process === undefined) {
    const known = settings.replication.map(({ policy }) => policy).join(", ");
    throw new Error(`replicate: expected one of ${known}, got ${args.join(" ") || "nothing"}`);
  }
  const agent = new ReplicateAgent(settings, process, say);
  while (!signal.aborted) {
    await agent.tick();
    await pause(everySeconds * 1000, signal);
  }
  await agent.stop();
};

/** One Litestream process and the role that allows it. */
export class ReplicateAgent {
  private readonly connection: StoreConnection;
  private readonly backoff = new Backoff();
  private readonly idFile: string;
  private running:
    | {
        readonly child: Child;
        readonly path: string;
        readonly store: Store;
        readonly since: number;
      }
    | undefined;
  private readonly confirmedBefore: string | undefined;
  private sawConfirmation = false;
  private written: string | undefined;
  private said: string | undefined;
  private readonly heads: SentHeads;
  private readonly turn: RotationTurn;
  private secretsAt: string | undefined;
  private sent: { readonly term: number; readonly positions: Readonly<Record<string, string>> } | undefined;

  constructor(
    private readonly settings: HostSettings,
    private readonly process: ReplicationProcess,
    private readonly say: (line: string) => void,
  ) {
    this.connection = new StoreConnection(settings);
    this.heads = new SentHeads(process);
    this.turn = new RotationTurn(settings, process.policy);
    this.confirmedBefore = readRole(settings.root).confirmedAt;
    this.idFile = stateFile(settings.root, `pids/replicate-${process.policy}.pid`);
    endLeftover(this.idFile, settings.programs.litestream);
  }

  /** Brings what runs in line with the role, once. */
  async tick(): Promise<void> {
    const role = readRole(this.settings.root);
    let problem: string | undefined;
    try {
      await this.follow(role);
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
    this.write(role, problem);
  }

  async stop(grace = graceMs): Promise<void> {
    const { running } = this;
    this.running = undefined;
    this.turn.over();
    await running?.child.stop(grace);
  }

  private async follow(role: RoleFile): Promise<void> {
    if (role.role !== "fenced") this.sent = undefined;
    if (role.role === "fenced" && role.path !== undefined) return this.finish(role, role.path);
    if (!this.isAllowed(role) || role.path === undefined) return this.stop();
    await this.run(role.path);
  }

  /** A confirmation from before this agent started may be from before the host was away. */
  private isAllowed(role: RoleFile): boolean {
    const { confirmationSeconds } = this.settings.timing;
    const isFresh = isConfirmed(role, confirmationSeconds, Date.now());
    this.sawConfirmation ||= isFresh && role.confirmedAt !== this.confirmedBefore;
    return role.role === "primary" && isFresh && this.sawConfirmation;
  }

  private async run(path: string): Promise<void> {
    const store = await this.connection.open();
    const { running } = this;
    // Litestream reads its credentials once: new ones, like a new path, take a new process.
    if (running?.child.running && running.path === path && !this.isToChange(running.store, store)) {
      void this.heads.tell(store.heads(this.process.policy), path);
      if (Date.now() - running.since > 60_000) this.backoff.succeeded();
      return;
    }
    if (running !== undefined && !running.child.running) {
      this.running = undefined;
      this.backoff.failed();
      this.say(`Litestream ended: ${await running.child.ended}`);
    }
    await this.stop();
    if (!this.backoff.isReady()) return;
    this.start(path, store);
  }

  /** Whether it is this policy's turn to change to new credentials. */
  private isToChange(from: Store, to: Store): boolean {
    const { secretsAt } = this.connection;
    if (from !== to) return this.turn.hasCome(secretsAt);
    this.turn.over();
    this.secretsAt = secretsAt;
    return false;
  }

  private start(path: string, store: Store): void {
    beginPath(this.settings.root, this.process, path);
    const child = new Child({
      program: this.settings.programs.litestream,
      // At info, it says what it has uploaded; its configuration asks for less.
      args: ["replicate", "-log-level", "info", "-config", this.process.configuration],
      environment: litestreamEnvironment(store.secrets, path),
      idFile: this.idFile,
      onLine: (line) => this.log(line),
    });
    this.heads.reset();
    this.running = { child, path, store, since: Date.now() };
    this.secretsAt = this.connection.secretsAt;
    this.say(`replicates to ${path}`);
  }

  /** The handover: until the store has everything, Litestream runs and is asked to end. */
  private async finish(role: RoleFile, path: string): Promise<void> {
    if (this.sent?.term === role.term) return;
    if (this.running === undefined) {
      const store = await this.connection.open();
      const positions = await sentPositions(this.process, path, store.positions);
      if (positions.kind === "sent") {
        await this.heads.tellLast(store.heads(this.process.policy), path, positions.of);
        this.sent = { term: role.term, positions: positions.of };
        return;
      }
      this.say(`not sent yet: ${positions.missing.join(", ")}`);
      if (this.backoff.isReady()) this.start(path, store);
      this.backoff.failed();
      await pause(2000, AbortSignal.timeout(3000));
    }
    await this.stop(handoverGraceMs);
  }

  private write(role: RoleFile, problem: string | undefined): void {
    const state: ReplicationFile = {
      agent: process.pid,
      litestream: this.running?.child.running ? this.running.child.pid : undefined,
      role: role.role,
      term: role.term,
      secretsAt: this.secretsAt,
      reaches: this.reaches(),
      sent: this.sent?.term === role.term ? this.sent.positions : undefined,
      problem: problem ?? this.connection.problem ?? this.turn.problem,
    };
    const text = JSON.stringify(state);
    if (text === this.written) return;
    if (state.problem !== undefined && state.problem !== this.said) this.say(state.problem);
    this.said = state.problem;
    writeReplication(this.settings.root, this.process.policy, state);
    this.written = text;
  }

  private reaches(): boolean {
    return this.heads.isKnown || this.process.databases.every(({ path }) => !existsSync(path));
  }

  /** Litestream tells of every file it sends; only what is out of the ordinary is worth the disk. */
  private log(line: string): void {
    this.heads.note(line);
    if (!/level"?[=:]"?INFO/.test(line)) this.say(line);
  }
}

type SentPositions =
  | { readonly kind: "sent"; readonly of: Readonly<Record<string, string>> }
  | { readonly kind: "not-sent"; readonly missing: readonly string[] };

/** Where the replicas of a policy end, if the store has everything that is on this host. Asked while Litestream does not run. */
async function sentPositions(
  process: ReplicationProcess,
  path: string,
  positions: ReplicaPositions,
): Promise<SentPositions> {
  const looks = await Promise.all(
    process.databases.map(async (database) => ({ name: database.name, at: await sentOf(database, path, positions) })),
  );
  const missing = looks.filter(({ at }) => at === "not-sent").map(({ name }) => name);
  if (missing.length > 0) return { kind: "not-sent", missing };
  const sent = looks.filter(({ at }) => at !== "absent").map(({ name, at }) => [name, at] as const);
  return { kind: "sent", of: Object.fromEntries(sent) };
}

async function sentOf(database: HostDatabase, path: string, positions: ReplicaPositions): Promise<string> {
  const captured = lastCaptured(database);
  if (captured === undefined) return statSync(database.path, { throwIfNoEntry: false }) ? "not-sent" : "absent";
  if (uncaptured(database, captured) !== "none") return "not-sent";
  const beyond = await positions.beyond(path, database.name, captured.transaction);
  return beyond.newest >= captured.transaction ? transactionText(beyond.newest) : "not-sent";
}

/** How long each policy's process waits for each policy before it, then it goes on. */
const patienceMs = 30_000;

/**
 * When new credentials come, the policies change to them one after the other, the least important first: Litestream cannot run twice on
 * one path, so each has a gap of seconds, and what the others would show to be wrong does not reach the most important.
 */
export class RotationTurn {
  private readonly ahead: readonly string[];
  private waitsFor: readonly string[] = [];
  private asked: { readonly secretsAt: string | undefined; readonly at: number } | undefined;

  constructor(
    private readonly settings: HostSettings,
    policy: string,
  ) {
    const policies = settings.replication.map((process) => process.policy);
    this.ahead = policies.slice(policies.indexOf(policy) + 1);
  }

  /**
   * Whether it is this policy's turn to change.
   *
   * @param secretsAt when the secrets file with the new credentials was written
   * @param now milliseconds on a clock that is never set
   */
  hasCome(secretsAt: string | undefined, now = performance.now()): boolean {
    if (this.asked === undefined || this.asked.secretsAt !== secretsAt) this.asked = { secretsAt, at: now };
    const isPatient = now - this.asked.at <= this.ahead.length * patienceMs;
    this.waitsFor = this.ahead.filter(
      (policy) => isPatient && !isThrough(readReplication(this.settings.root, policy), secretsAt),
    );
    return this.waitsFor.length === 0;
  }

  /** There is nothing to change, or the change is done. */
  over(): void {
    this.waitsFor = [];
  }

  /** Why Litestream does not have the new credentials yet. */
  get problem(): string | undefined {
    if (this.waitsFor.length === 0) return undefined;
    return `new credentials: those from before are used until ${this.waitsFor.join(" and ")} sends with the new ones`;
  }
}

function isThrough(state: ReplicationFile | undefined, secretsAt: string | undefined): boolean {
  if (state === undefined || !lives(state.agent)) return true;
  return state.secretsAt === secretsAt && state.reaches === true;
}
