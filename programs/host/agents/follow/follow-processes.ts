import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { HostDatabase, HostSettings, ReplicationProcess } from "../../host-settings";
import type { Secrets } from "../../secrets/secrets-file";
import { Backoff } from "../backoff";
import { Child, endLeftover } from "../child";
import { removeCopy } from "../database-files";
import { followArguments, litestreamEnvironment } from "../litestream";
import { stateFile } from "../state-file";
import type { Copy } from "./copies";

/** Longer than a full restore takes; a successor that is not done by then would keep the other followers from their turn. */
const longestMs = 300_000;

/** A follower's process, and for a time its successor: the successor writes a copy of its own beside the one in use, so that nothing is lost if it fails. */
export class FollowProcesses {
  private current: FollowProcess | undefined;
  private next: FollowProcess | undefined;
  private readonly backoff = new Backoff();
  private readonly nextBackoff = new Backoff(5000, 300_000);
  private ending: Promise<unknown> = Promise.resolve();

  constructor(private readonly say: (line: string) => void) {}

  get running(): FollowProcess | undefined {
    return this.current;
  }

  get successor(): FollowProcess | undefined {
    return this.next;
  }

  get mayStart(): boolean {
    return this.current === undefined && this.backoff.isReady();
  }

  get mayReplace(): boolean {
    return this.next === undefined && this.nextBackoff.isReady();
  }

  start(process: FollowProcess): void {
    this.current = process;
  }

  replace(successor: FollowProcess): void {
    this.next = successor;
  }

  /** What runs has done what it is for: its next failure is the first. */
  succeeded(): void {
    this.backoff.succeeded();
  }

  /** Lets go of what has ended, and of a successor that takes too long: the next attempt comes later and later. */
  check(now = Date.now()): void {
    const { current, next } = this;
    if (next !== undefined && (!next.child.running || now - next.startedAt > longestMs)) {
      const why = next.child.running ? Promise.resolve("it takes too long") : next.child.ended;
      why.then((how) => this.say(`no follower with the new credentials: ${how}; the one from before goes on`));
      this.nextBackoff.failed();
      void this.keep();
    }
    if (current !== undefined && !current.child.running) {
      current.child.ended.then((how) => this.say(`the follower ended, ${how}`));
      this.current = this.taken();
      this.backoff.failed();
    }
  }

  /** The successor takes the place of what runs. */
  succeed(): void {
    if (this.next === undefined) return;
    const { current } = this;
    this.current = this.taken();
    this.nextBackoff.succeeded();
    // Its copy is not needed any more.
    if (current !== undefined) this.await(current.child.stop(0));
  }

  /** Ends what runs; a successor goes on in its place. */
  async endRunning(): Promise<void> {
    const { current } = this;
    this.current = this.taken();
    await current?.child.stop(3000);
  }

  /** Stays with what runs: ends the successor and removes its copy. */
  async keep(): Promise<void> {
    const { next } = this;
    this.next = undefined;
    if (next !== undefined) this.await(next.child.stop(0).then(() => removeCopy(next.copy.file)));
    await this.ending;
  }

  /** Ends all. The copy that is used stays. */
  async stop(): Promise<void> {
    const kept = this.keep();
    await Promise.all([kept, this.endRunning()]);
  }

  /** Does it when what was replaced has ended, and before `stop` returns. */
  afterwards(act: () => void): void {
    this.await(this.ending.then(act));
  }

  private taken(): FollowProcess | undefined {
    const { next } = this;
    this.next = undefined;
    return next;
  }

  private await(end: Promise<unknown>): void {
    this.ending = Promise.all([this.ending, end]).catch((error: unknown) => this.say(String(error)));
  }
}

/** A running `litestream restore -f`: it keeps the credentials it was started with, and writes a copy of its own. */
export interface FollowProcess {
  readonly child: Child;
  readonly copy: Copy;
  readonly secrets: Secrets;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

interface FollowProcessOptions {
  readonly settings: HostSettings;
  readonly policy: ReplicationProcess;
  readonly database: HostDatabase;
  readonly copy: Copy;
  readonly path: string;
  readonly secrets: Secrets;
  /** A line of its log that is out of the ordinary, or `isApplied`. */
  readonly onLine: (line: string) => void;
}

export function startFollowProcess(options: FollowProcessOptions): FollowProcess {
  const { settings, policy, database, copy, path, secrets, onLine } = options;
  const child = new Child({
    program: settings.programs.litestream,
    args: followArguments(policy, database, copy.file),
    environment: litestreamEnvironment(secrets, path),
    // One for each copy: for a time two processes follow the same database.
    idFile: stateFile(settings.root, `pids/follow-${database.name}.${copy.number}.pid`),
    onLine: (line) => {
      if (!isInformation(line) || isApplied(line)) onLine(line);
    },
  });
  return { child, copy, secrets, startedAt: Date.now() };
}

/** What an agent that was killed has left of this database's followers. */
export function endLeftovers({ root, programs }: HostSettings, database: string): void {
  const directory = stateFile(root, "pids");
  const files = existsSync(directory) ? readdirSync(directory) : [];
  for (const file of files.filter((name) => name.startsWith(`follow-${database}.`))) {
    endLeftover(join(directory, file), programs.litestream);
  }
}

/** Litestream tells of what it applies. */
export function isApplied(line: string): boolean {
  return isInformation(line) && line.includes("follow: applied updates");
}

function isInformation(line: string): boolean {
  return / level=INFO /.test(line) || line.includes('"level":"INFO"');
}
