import type { FollowerState } from "../../followers-file";
import type { HostDatabase, HostSettings, ReplicationProcess } from "../../host-settings";
import type { ReplicaPositions } from "../../lease/replica-positions";
import type { Secrets } from "../../secrets/secrets-file";
import { Backoff } from "../backoff";
import { Child, endLeftover } from "../child";
import { followArguments, litestreamEnvironment, transactionText } from "../litestream";
import { stateFile } from "../state-file";
import { Copies, type Copy } from "./copies";
import { FollowerLag } from "./follower-lag";

/** How often the watchdog asks the store for a follower that runs, and for one that sleeps. */
const watchEveryMs = 10_000;
const watchAsleepEveryMs = 60_000;

/**
 * Follows one database: `litestream restore -f`, started again when it ends, and in a new copy when it stands still while the store moves.
 *
 * Litestream resumes a copy only when no snapshot was made before its last transaction, which is nearly never; so each start makes a
 * new copy, and the old one stays until the new one is complete.
 */
export class Follower {
  private readonly copies: Copies;
  private readonly idFile: string;
  private readonly backoff = new Backoff();
  private running: { readonly child: Child; readonly copy: Copy } | undefined;
  private isStalled = false;
  private used: number | undefined;
  private watchedAt = 0;
  private readonly lag: FollowerLag;
  private current: number | undefined;
  private head: number | undefined;

  constructor(
    private readonly settings: HostSettings,
    private readonly process: ReplicationProcess,
    private readonly database: HostDatabase,
    private readonly say: (line: string) => void,
  ) {
    this.copies = new Copies(settings.root, database.name);
    this.lag = new FollowerLag(settings.timing.stalledSeconds);
    this.idFile = stateFile(settings.root, `pids/follow-${database.name}.pid`);
    endLeftover(this.idFile, settings.programs.litestream);
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

  /** Whether a full restore runs. */
  get restores(): boolean {
    return this.running !== undefined && !this.moves;
  }

  /** Whether it comes nearer by itself: it runs, in the copy that is used. */
  get moves(): boolean {
    return this.running !== undefined && this.running.copy.number === this.used;
  }

  /**
   * Starts and restarts.
   *
   * @param mayStart whether the store has anything of this database, and a full restore is not too much just now
   */
  look(path: string, secrets: Secrets, mayStart: boolean): void {
    const { running } = this;
    if (running !== undefined && !running.child.running) this.ended(running);
    if (this.running === undefined && mayStart && this.backoff.isReady()) this.start(path, secrets);
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
    if (now - this.watchedAt < (this.running.child.isAsleep ? watchAsleepEveryMs : watchEveryMs)) return;
    this.watchedAt = now;
    const { newest, seconds } = await positions.beyond(path, this.name, transaction);
    this.lag.observe(seconds, now);
    if (newest > transaction) this.running?.child.wake();
    if (this.lag.isStuck(now)) await this.startAnew(seconds);
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
    this.backoff.succeeded();
  }

  /** Ends Litestream. The copy stays. */
  async stop(): Promise<void> {
    const { running } = this;
    this.running = undefined;
    await running?.child.stop(3000);
  }

  private start(path: string, secrets: Secrets): void {
    const copy = this.copies.next();
    const { programs } = this.settings;
    const child = new Child({
      program: programs.litestream,
      args: followArguments(this.process, this.database, copy.file),
      environment: litestreamEnvironment(secrets, path),
      idFile: this.idFile,
      onLine: (line) => this.log(line),
    });
    this.running = { child, copy };
    this.lag.begin();
    this.watchedAt = Date.now();
  }

  private ended(running: { readonly child: Child; readonly copy: Copy }): void {
    this.running = undefined;
    this.backoff.failed();
    running.child.ended.then((how) => this.say(`${this.name}: the follower ended, ${how}`));
  }

  /** Sees how far the copy is, and uses it once it is complete. */
  private notice(): void {
    const { running } = this;
    if (running === undefined) return;
    const { transaction } = this.copies.copy(running.copy.number);
    if (transaction === undefined) return;
    if (this.used !== running.copy.number) {
      this.copies.use(running.copy);
      this.used = running.copy.number;
      this.isStalled = false;
      this.backoff.succeeded();
      this.watchedAt = 0;
    }
    this.current = transaction;
    this.lag.moved(transaction);
  }

  /** Nothing to fetch: the process sleeps until there is. */
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
    await this.stop();
  }

  private stateNow(): FollowerState["state"] {
    if (this.isStalled) return "stalled";
    if (this.used !== undefined) return "following";
    return this.running === undefined ? "waiting" : "restoring";
  }

  /** Litestream tells of what it applies. To sleep at once saves the ten requests of its next look. */
  private log(line: string): void {
    if (/ level=INFO /.test(line) || line.includes('"level":"INFO"')) {
      if (line.includes("follow: applied updates")) {
        this.notice();
        this.rest();
      }
      return;
    }
    this.say(`${this.name}: ${line}`);
  }
}
