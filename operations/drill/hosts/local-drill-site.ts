import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { askAgain } from "../../../lib/retry";
import type { HostDatabase } from "../../../programs/host/host-settings";
import { BlobLeaseStore } from "../../../programs/host/lease/blob-lease-store";
import type { DrillSite, UpResult } from "../drill-site";
import type { Timeline } from "../evidence/drill-evidence";
import { storeClient } from "../store/azurite-store";
import { waitFor } from "../wait";
import {
  type BackgroundProgram,
  observerSettings,
  programsDirectory,
  startInBackground,
  writeHostFile,
} from "./drill-agents";
import type { DrillHost } from "./drill-host";
import { listDatabases } from "./host-databases";
import type { LocalPlan } from "./local-plan";
import type { LocalSite } from "./local-site";
import type { DeployedHosts } from "./sandbox-deployment";

export interface LocalDrillSiteParts {
  readonly local: LocalSite;
  readonly plan: LocalPlan;
  readonly deployed: DeployedHosts;
  readonly timeline: Timeline;
  readonly seed: number;
  readonly signal: AbortSignal;
}

/** What scenarios work with, of hosts that were made on this machine. */
export function makeLocalDrillSite({ local, plan, deployed, timeline, seed, signal }: LocalDrillSiteParts): DrillSite {
  const started: BackgroundProgram[] = [];
  const followers: OwnFollowers[] = [];
  const { forge, anvil } = local;
  const { leaseContainer, leaseBlob } = forge.settings.store;
  const leases = new BlobLeaseStore(
    storeClient(plan.makeAccount, local.store.port).getContainerClient(leaseContainer),
    leaseBlob,
  );
  const lease = async () => {
    // A busy machine makes a slow store; it is no answer to what is asked here.
    const plan = { tries: 5, firstWaitMs: 0, signal };
    const read = await askAgain(
      () => leases.read(),
      plan,
      ({ kind }) => kind !== "unreachable",
    );
    return read.kind === "found" ? read.lease : undefined;
  };
  return {
    kind: "local",
    anvil,
    forge,
    timeline,
    seed,
    signal,
    local,
    start: async () => {
      await local.start();
      timeline.note("both", "switched on");
      const found = await waitFor("there is a lease", 120, lease, { signal });
      const environment = {
        LITESTREAM_AZURE_ACCOUNT_KEY: plan.makeAccount.key,
        REPLICA_PATH: found.path,
        HOME: plan.directory,
      };
      const own = new OwnFollowers(plan.programs.litestream, environment, plan.started);
      followers.push(own);
      for (const unfollowed of listUnfollowedDatabases(forge, (database) => local.copyPath(database)))
        own.follow(unfollowed);
      const databases = listDatabases(forge.settings).map((one) => ({ name: one.name, path: local.copyPath(one) }));
      const settings = `${forge.recordDirectory}/observer.json`;
      await writeHostFile(forge, settings, JSON.stringify(observerSettings(forge, databases)));
      started.push(await startInBackground(forge, "observer", [`${programsDirectory}/observer.mjs`, settings]));
    },
    copyPath: (database) => local.copyPath(database),
    isObserved: () => true,
    lease,
    nameContent: async () => local.dns.record.content,
    up: async (): Promise<UpResult> => deployed.up(),
    startWriters: async () => {},
    stopWriters: async () => {},
    beforeInterruption: async () => {},
    stop: async () => {
      for (const own of followers) own.stop();
      for (const program of started) await program.stop();
    },
  };
}

/** A database that the standby does not follow, and the Litestream configuration that has it. */
interface UnfollowedDatabase {
  readonly database: HostDatabase;
  readonly configuration: string;
  /** Where the drill's own copy goes. */
  readonly copy: string;
}

function listUnfollowedDatabases(
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
class OwnFollowers {
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
