import { pause } from "../../../../lib/retry";
import type { FollowersFile } from "../../followers-file";
import type { HostSettings } from "../../host-settings";
import { storeProblem } from "../../lease/blob-lease-store";
import type { RoleFile } from "../../lease/lease";
import { headNumbers, headsEveryMs, type ReplicaHeads, type ReplicaHeadsBlob } from "../../lease/replica-heads";
import { readRole } from "../../lease/role-file";
import type { Agent } from "../agents";
import { inTurn } from "../in-turn";
import { databasesOf } from "../litestream";
import { readState, stateFile, writeState } from "../state-file";
import { type Store, StoreConnection } from "../store-connection";
import { catchUp } from "./catch-up";
import { Follower } from "./follower";
import { promote } from "./promotion";
import { readPromotion } from "./promotion-file";

const everySeconds = 0.25;
/** How often the store is asked for databases that the primary does not report. The request lists every replica. */
const inStoreEveryMs = 30_000;
/** And after a failure. */
const inStoreAgainMs = 5000;
const watchEveryMs = 1000;
const restoresAtOnce = 12;
/** New credentials: so many followers at once make a copy with them, while all others, and theirs, go on. */
const replacedAtOnce = 2;

/** Follows the primary's databases while this host is the standby, and puts them in place when it is promoted. */
export const followAgent: Agent = async ({ settings, signal, say }) => {
  const agent = new FollowAgent(settings, say);
  const beside = Promise.all([agent.watch(signal), agent.listen(signal)]);
  while (!signal.aborted) {
    await agent.tick();
    await pause(everySeconds * 1000, signal);
  }
  await beside;
  await agent.stop();
};

/** All followers of a host. */
export class FollowAgent {
  private readonly connection: StoreConnection;
  private readonly followers: readonly Follower[];
  private readonly report: FollowersReport;
  private store: Store | undefined;
  private primary: PrimaryHeads | undefined;
  private heads: ReadonlyMap<string, number> = new Map();
  private path: string | undefined;
  /** True during a promotion: the primary's last reported positions may be stale, so no follower is suspended. */
  private isPromoting = false;
  private isRotating = false;
  /** Undefined until the store has said it. */
  private inStore: ReadonlySet<string> | undefined;
  private inStoreAt = 0;
  private said: string | undefined;

  constructor(
    private readonly settings: HostSettings,
    private readonly say: (line: string) => void,
  ) {
    this.connection = new StoreConnection(settings, say);
    this.report = new FollowersReport(settings.root);
    this.followers = databasesOf(settings)
      .filter(({ database }) => database.followedByStandby)
      .map(({ database, process }) => new Follower(settings, process, database, say));
  }

  /** Brings the followers in line with the role, once. */
  async tick(): Promise<void> {
    try {
      const role = readRole(this.settings.root);
      if (role.role === "standby" && role.path !== undefined) await this.follow(role, role.path);
      else await this.leave(role);
      this.said = undefined;
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      if (problem !== this.said) this.say(problem);
      this.said = problem;
      await pause(1000, AbortSignal.timeout(2000));
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.followers.map((follower) => follower.stop()));
  }

  /** The watchdog. It runs in a loop of its own, because it waits for the store. */
  async watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const { path, store } = this;
      if (path !== undefined && store !== undefined) {
        await inTurn(this.followers, 4, (follower) =>
          this.path === path ? follower.watch(path, store.positions).catch(() => undefined) : Promise.resolve(),
        );
      }
      await pause(watchEveryMs, signal);
    }
  }

  /** Polls the primary's reported positions in a loop of its own, so that a slow store does not delay suspending idle followers. */
  async listen(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const { path, primary } = this;
      if (path !== undefined && primary !== undefined && !this.isPromoting) {
        const heads = await primary.read(path);
        this.heads = this.path === path ? heads : new Map();
        if (!this.isPromoting) for (const follower of this.followers) follower.expect(this.heads.get(follower.name));
      }
      await pause(everySeconds * 1000, signal);
    }
  }

  private async follow(role: RoleFile, path: string): Promise<void> {
    this.isPromoting = false;
    const store = await this.connection.open();
    if (store !== this.store) this.reconnect(store);
    if (path !== this.path) await this.begin(path);
    void this.askStore(store, path);
    for (const follower of this.followers) {
      // In the order of the settings, the most important first: a large one must not hold them all up.
      const restoring = this.followers.filter(({ restores }) => restores).length;
      const replacing = this.followers.filter(({ isReplacing }) => isReplacing).length;
      follower.tick({
        path,
        secrets: store.secrets,
        isInStore: this.isInStore(follower),
        mayRestore: restoring < restoresAtOnce,
        mayReplace: replacing < replacedAtOnce,
      });
    }
    const rotation = this.rotation(store);
    this.report.write(role.term, path, this.followers, this.connection.problem ?? rotation);
  }

  private isInStore({ name }: Follower): boolean | undefined {
    return this.heads.has(name) || this.inStore?.has(name);
  }

  private async askStore(store: Store, path: string): Promise<void> {
    const isUseful = this.followers.some((follower) => this.isInStore(follower) !== true);
    if (!isUseful || Date.now() - this.inStoreAt < inStoreEveryMs) return;
    this.inStoreAt = Date.now();
    try {
      const found = await store.positions.databases(path);
      if (this.path === path) this.inStore = found;
    } catch (error) {
      this.say(`the store does not say which databases it has: ${storeProblem(error)}`);
      this.inStoreAt = Date.now() - inStoreEveryMs + inStoreAgainMs;
    }
  }

  /** Takes new credentials: the agent's own requests use them at once, each follower from its next tick. */
  private reconnect(store: Store): void {
    this.primary = new PrimaryHeads(this.settings.replication.map(({ policy }) => store.heads(policy)));
    this.store = store;
  }

  /** Until this has ended, the old credentials are needed. */
  private rotation({ secrets }: Store): string | undefined {
    const outdated = this.followers.filter((follower) => follower.isOutdated(secrets)).length;
    if (this.isRotating !== outdated > 0) {
      this.say(this.isRotating ? "all followers use the new credentials" : "the followers change to new credentials");
    }
    this.isRotating = outdated > 0;
    if (outdated === 0) return undefined;
    return `new credentials: ${outdated} of ${this.followers.length} followers still use those from before`;
  }

  /** Another term's replicas begin anew; copies of the one before cannot be continued with them. */
  private async begin(path: string): Promise<void> {
    await this.stop();
    const file = this.pathFile();
    if (readState(file)?.path !== path) {
      for (const follower of this.followers) follower.forget();
      writeState(file, { path });
      this.say(`follows ${path}`);
    }
    this.heads = new Map();
    this.path = path;
    this.inStore = undefined;
    this.inStoreAt = 0;
  }

  private async leave(role: RoleFile): Promise<void> {
    const promotion = readPromotion(this.settings.root);
    const isToPromote = role.role === "promoting" && !(promotion?.term === role.term && promotion.done);
    await Promise.all(this.followers.map((follower) => follower.keep()));
    this.isPromoting = isToPromote;
    if (!isToPromote) return this.end();
    const store = await this.connection.open();
    const read = await store.lease.read();
    if (read.kind !== "found") throw new Error(`the promotion waits for the lease, which is ${read.kind}`);
    const { lease } = read;
    const isOurs = lease.term === role.term && lease.primary === this.settings.host;
    if (!isOurs) throw new Error("the lease has changed: no promotion");
    if (this.path !== undefined && this.path === lease.previous?.path) {
      for (const follower of this.followers) follower.expect(undefined);
      await catchUp(this.followers, this.path, store.positions);
    }
    await this.end();
    const followed = readState(this.pathFile())?.path;
    await promote(this.settings, store, lease, typeof followed === "string" ? followed : undefined, this.say);
  }

  private async end(): Promise<void> {
    if (this.path !== undefined) await this.stop();
    this.path = undefined;
  }

  private pathFile(): string {
    return stateFile(this.settings.root, "followed-path.json");
  }
}

/** What the primary says it has sent, as long as it goes on saying so. */
class PrimaryHeads {
  private known = new Map<ReplicaHeadsBlob, { readonly heads: ReplicaHeads; readonly changedAt: number }>();

  constructor(private readonly blobs: readonly ReplicaHeadsBlob[]) {}

  /**
   * @param path of the term that is followed; what was said of another one counts for nothing
   * @returns by database. The follower of a database that is missing polls the store itself
   */
  async read(path: string, now = Date.now()): Promise<ReadonlyMap<string, number>> {
    await Promise.all(this.blobs.map(async (blob) => this.note(blob, await blob.read(), now)));
    const fresh = [...this.known.values()].filter(
      // By this host's clock, and not by the time in it: the primary's may be wrong.
      ({ heads, changedAt }) => heads.path === path && now - changedAt < 3 * headsEveryMs,
    );
    return new Map(fresh.flatMap(({ heads }) => [...headNumbers(heads)]));
  }

  private note(blob: ReplicaHeadsBlob, heads: ReplicaHeads | undefined, now: number): void {
    if (heads === undefined) this.known.delete(blob);
    else if (this.known.get(blob)?.heads.at !== heads.at) this.known.set(blob, { heads, changedAt: now });
  }
}

/** A state that changes is told each second, one that does not every five. */
const changedEveryMs = 1000;
const sameEveryMs = 5000;

/** Tells the health agent how the followers are, in `state/followers.json`. */
class FollowersReport {
  private written = { text: "", at: 0 };

  constructor(private readonly root: string) {}

  /** @param problem of all of them */
  write(term: number, path: string, followers: readonly Follower[], problem: string | undefined): void {
    const databases = Object.fromEntries(followers.map((follower) => [follower.name, follower.state]));
    const text = JSON.stringify([databases, problem]);
    const now = Date.now();
    if (now - this.written.at < (text === this.written.text ? sameEveryMs : changedEveryMs)) return;
    this.written = { text, at: now };
    const file: FollowersFile = { term, path, at: new Date(now).toISOString(), problem, databases };
    writeState(stateFile(this.root, "followers.json"), file);
  }
}
