import type { FollowerState } from "../../followers-file";
import type { HostDatabase, HostSettings, ReplicationProcess } from "../../host-settings";
import type { ReplicaPositions } from "../../lease/replica-positions";
import type { Secrets } from "../../secrets/secrets-file";
import { transactionText } from "../litestream";
import { Copies, type Copy } from "./copies";
import { endLeftovers, type FollowProcess, FollowProcesses, isApplied, startFollowProcess } from "./follow-processes";
import { FollowerLag } from "./follower-lag";

/** What the agent lets a follower do in one tick. */
interface FollowerTick {
  readonly path: string;
  readonly secrets: Secrets;
  /** Whether the store has anything of this database. Undefined: not known yet. */
  readonly isInStore: boolean | undefined;
  /** Whether a full restore is not too much just now. */
  readonly mayRestore: boolean;
  /** Whether it is its turn to change to these credentials, when it runs with others. */
  readonly mayReplace: boolean;
}

/**
 * Follows one database: `litestream restore -f`, started again when it ends, and in a new copy when it stands still while the store moves.
 *
 * Litestream resumes a copy only when no snapshot was made before its last transaction, which is nearly never; so each start makes a
 * new copy, and the old one stays until the new one is complete. For new credentials the old process, too, goes on until then.
 */
export class Follower {
  private readonly copies: Copies;
  private readonly processes: FollowProcesses;
  private isStalled = false;
  private used: number | undefined;
  private readonly lag: FollowerLag;
  /** Whose progress the lag is about. */
  private measured: FollowProcess | undefined;
  private current: number | undefined;
  private head: number | undefined;
  private isInStore: boolean | undefined;

  constructor(
    private readonly settings: HostSettings,
    private readonly policy: ReplicationProcess,
    private readonly database: HostDatabase,
    private readonly say: (line: string) => void,
  ) {
    this.copies = new Copies(settings.root, database.name);
    this.lag = new FollowerLag(settings.timing.stalledSeconds);
    this.processes = new FollowProcesses((line) => say(`${database.name}: ${line}`));
    endLeftovers(settings, database.name);
  }

  get name(): string {
    return this.database.name;
  }

  get state(): FollowerState {
    return {
      state: this.stateNow(),
      txid: this.current === undefined ? undefined : transactionText(this.current),
      lagSeconds: this.lag.seconds(),
    };
  }

  /** The last transaction of the copy that is used. */
  get transaction(): number | undefined {
    return this.current;
  }

  /** Whether a full restore runs, and nothing moves meanwhile. */
  get restores(): boolean {
    return this.running !== undefined && !this.moves;
  }

  /** Whether it comes nearer by itself: it runs, in the copy that is used. */
  get moves(): boolean {
    return this.running !== undefined && this.running.copy.number === this.used;
  }

  /** Whether another process is on its way to take over. */
  get isReplacing(): boolean {
    return this.processes.successor !== undefined;
  }

  /** Whether it runs with other credentials than these. */
  isOutdated(secrets: Secrets): boolean {
    return this.running !== undefined && !this.running.secrets.opensLike(secrets);
  }

  /** Starts, restarts and replaces. */
  tick({ path, secrets, isInStore, mayRestore, mayReplace }: FollowerTick): void {
    const { processes } = this;
    this.isInStore = isInStore;
    processes.check();
    if (processes.mayStart && isInStore === true && mayRestore) processes.start(this.process(path, secrets));
    if (this.running !== this.measured) this.lag.begin();
    this.measured = this.running;
    if (processes.mayReplace && mayReplace && this.moves && this.isOutdated(secrets)) {
      processes.replace(this.process(path, secrets));
    }
    this.notice();
    this.rest();
  }

  /**
   * Wakes, or lets sleep.
   *
   * @param head the newest transaction in the store, if the primary has said it lately
   */
  expect(head: number | undefined): void {
    this.head = head;
    this.rest();
  }

  /** The watchdog: asks the store how far it is ahead, and starts anew when the copy does not come nearer. */
  async watch(path: string, positions: ReplicaPositions, now = Date.now()): Promise<void> {
    const transaction = this.current;
    if (this.running === undefined || transaction === undefined) return;
    if (!this.lag.isToAsk(this.running.child.isAsleep, now)) return;
    const { newest, seconds } = await positions.beyond(path, this.name, transaction);
    this.lag.observe(seconds, now);
    if (newest > transaction) this.running?.child.wake();
    if (this.running !== undefined && this.lag.isStuck(this.moves, now)) await this.startAnew(seconds);
  }

  /** Looks at the copy, without starting anything. */
  refresh(): void {
    this.running?.child.wake();
    this.notice();
  }

  /** Removes all copies: another path's transactions are numbered anew. To be called when it is stopped. */
  forget(): void {
    this.copies.removeAll();
    this.used = undefined;
    this.current = undefined;
    this.isStalled = false;
    this.processes.succeeded();
  }

  /** Stays with the process that runs: this is no time for another one. */
  async keep(): Promise<void> {
    await this.processes.keep();
  }

  /** Ends Litestream. The copy stays. */
  async stop(): Promise<void> {
    await this.processes.stop();
  }

  private get running(): FollowProcess | undefined {
    return this.processes.running;
  }

  private process(path: string, secrets: Secrets): FollowProcess {
    const { settings, policy, database } = this;
    const copy = this.copies.next();
    return startFollowProcess({ settings, policy, database, copy, path, secrets, onLine: (line) => this.log(line) });
  }

  /** Sees how far the copies are. */
  private notice(): void {
    this.noticeRunning();
    const { successor } = this.processes;
    if (successor === undefined || !this.isAsFar(successor.copy)) return;
    this.processes.succeed();
    // It is as far as the one before: so is what is known of the lag.
    this.measured = this.running;
    this.noticeRunning();
  }

  /** A successor that is complete may still be behind one that has moved on meanwhile. */
  private isAsFar({ number }: Copy): boolean {
    const { transaction } = this.copies.copy(number);
    return transaction !== undefined && transaction >= (this.current ?? 0);
  }

  /** Sees how far the copy is, and uses it once it is complete. */
  private noticeRunning(): void {
    const { running } = this;
    if (running === undefined) return;
    const { transaction } = this.copies.copy(running.copy.number);
    if (transaction === undefined) return;
    if (this.used !== running.copy.number) this.use(running.copy);
    this.current = transaction;
    this.lag.moved(transaction);
  }

  private use(copy: Copy): void {
    this.copies.use(copy);
    this.processes.afterwards(() => this.copies.removeBefore(copy));
    this.used = copy.number;
    this.isStalled = false;
    this.processes.succeeded();
    this.lag.askNow();
  }

  /** There is nothing to fetch: the process is suspended until there is. */
  private rest(): void {
    const { head, current } = this;
    if (head !== undefined && this.moves && current !== undefined && current >= head) {
      this.lag.observe(0);
      this.running?.child.sleep();
    } else {
      this.running?.child.wake();
    }
  }

  private async startAnew(seconds: number): Promise<void> {
    this.say(`${this.name}: stalled, ${Math.round(seconds)} s behind and not moving; restored again`);
    this.isStalled = true;
    await this.processes.endRunning();
  }

  private stateNow(): FollowerState["state"] {
    if (this.isStalled) return "stalled";
    if (this.used !== undefined) return "following";
    return this.running === undefined && this.isInStore === false ? "waiting" : "restoring";
  }

  private log(line: string): void {
    if (!isApplied(line)) {
      this.say(`${this.name}: ${line}`);
      return;
    }
    // Suspending it at once saves the ten requests of its next poll.
    this.notice();
    this.rest();
  }
}
