import { BlobLeaseStore } from "../../../programs/host/lease/blob-lease-store";
import type { DrillSite, UpResult } from "../drill-site";
import { storeClient } from "../store/blob-store";
import type { Timeline } from "../evidence/evidence";
import { waitFor } from "../wait";
import { type BackgroundProgram, startInBackground } from "./background-program";
import type { DeployedHosts } from "./deployed-hosts";
import { observerSettings, programsDirectory, writeHostFile } from "./drill-agents";
import { databasesOf } from "./host-databases";
import type { LocalPlan } from "./local-plan";
import type { LocalSite } from "./local-site";
import { OwnFollowers, unfollowedDatabases } from "./own-followers";

export interface LocalDrillSiteParts {
  readonly local: LocalSite;
  readonly plan: LocalPlan;
  readonly deployed: DeployedHosts;
  readonly timeline: Timeline;
  readonly seed: number;
  readonly signal: AbortSignal;
}

const leaseAttempts = 5;

/** What scenarios work with, of hosts that were made on this machine. */
export function localDrillSite({ local, plan, deployed, timeline, seed, signal }: LocalDrillSiteParts): DrillSite {
  const started: BackgroundProgram[] = [];
  const followers: OwnFollowers[] = [];
  const { forge, anvil } = local;
  const { leaseContainer, leaseBlob } = forge.settings.store;
  const leases = new BlobLeaseStore(
    storeClient(plan.account, local.store.port).getContainerClient(leaseContainer),
    leaseBlob,
  );
  const lease = async () => {
    for (let attempt = 1; ; attempt += 1) {
      const read = await leases.read();
      if (read.kind === "found") return read.lease;
      // A busy machine makes a slow store; it is no answer to what is asked here.
      if (read.kind !== "unreachable" || attempt === leaseAttempts) return undefined;
    }
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
        LITESTREAM_AZURE_ACCOUNT_KEY: plan.account.key,
        REPLICA_PATH: found.path,
        HOME: plan.directory,
      };
      const own = new OwnFollowers(plan.programs.litestream, environment, plan.started);
      followers.push(own);
      for (const unfollowed of unfollowedDatabases(forge, (database) => local.copyPath(database)))
        own.follow(unfollowed);
      const databases = databasesOf(forge.settings).map((one) => ({ name: one.name, path: local.copyPath(one) }));
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
