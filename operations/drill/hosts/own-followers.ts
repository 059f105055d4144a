import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import type { HostDatabase } from "../../../programs/host/host-settings";
import type { DrillHost } from "./drill-host";

/** A database that the standby does not follow, and the Litestream configuration that has it. */
export interface UnfollowedDatabase {
  readonly database: HostDatabase;
  readonly configuration: string;
  /** Where the drill's own copy goes. */
  readonly copy: string;
}

export function unfollowedDatabases(
  host: DrillHost,
  copyPath: (database: HostDatabase) => string,
): readonly UnfollowedDatabase[] {
  return host.settings.replication.flatMap(({ configuration, databases }) =>
    databases
      .filter(({ followedByStandby }) => !followedByStandby)
      .map((database) => ({ database, configuration, copy: copyPath(database) })),
  );
}

/** Follows, for the drill, what the standby does not: so that the lag of every database is known. */
export class OwnFollowers {
  private readonly children = new Set<ChildProcess>();
  private readonly timers = new Set<NodeJS.Timeout>();
  private stopped = false;

  constructor(
    private readonly litestream: string,
    private readonly environment: Readonly<Record<string, string>>,
    private readonly started: (pid: number) => void,
  ) {}

  /** Goes on trying where the store has no such database yet. */
  follow(unfollowed: UnfollowedDatabase): void {
    if (this.stopped) return;
    const { configuration, copy, database } = unfollowed;
    mkdirSync(dirname(copy), { recursive: true });
    const args = ["restore", "-f", "-follow-interval", "2s", "-config", configuration, "-o", copy, database.path];
    const child = spawn(this.litestream, args, { stdio: "ignore", env: { ...this.environment } });
    if (child.pid !== undefined) this.started(child.pid);
    this.children.add(child);
    child.on("error", () => {});
    child.on("exit", () => {
      this.children.delete(child);
      if (this.stopped) return;
      // What a broken restore left would be refused the next time.
      for (const rest of ["", "-txid", "-wal", "-shm", ".tmp"]) rmSync(`${copy}${rest}`, { force: true });
      const timer = setTimeout(() => this.follow(unfollowed), 2_000);
      this.timers.add(timer);
    });
  }

  stop(): void {
    this.stopped = true;
    for (const timer of this.timers) clearTimeout(timer);
    for (const child of this.children) child.kill("SIGKILL");
  }
}
