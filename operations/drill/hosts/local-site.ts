import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { followedCopy } from "../../../programs/host/agents/follow/copies";
import { type HostDatabase, readSettings } from "../../../programs/host/host-settings";
import { DnsRecordServer, inferenceServer } from "../fakes/http-servers";
import { LaunchctlServer, writeLaunchctl } from "../launchd/launchctl-server";
import { Launchd } from "../launchd/launchd";
import { BlobStore, listTerms, type StoredTerm, storeClient } from "../store/azurite-store";
import { StoreAttacks, StoreCopies } from "../store/store-attacks";
import { StoreLink } from "../store/store-link";
import { installWriters } from "./drill-agents";
import { createDatabases } from "./host-databases";
import { LocalHost } from "./local-host";
import type { LocalHostPlan, LocalPlan } from "./local-plan";
import type { DeployedHosts } from "./sandbox-deployment";

export interface LocalSiteOptions {
  readonly plan: LocalPlan;
  readonly deployed: DeployedHosts;
  /** Azurite's main module. */
  readonly azurite: string;
  readonly seed: number;
  /** By how much smaller databases are than on the real hosts. */
  readonly scale: number;
  /** What a scenario needs before anything is installed. */
  readonly prepare?: ((plan: LocalPlan) => void) | undefined;
}

/** Seconds until databases that are empty at first are written. */
const lateSeconds = 8;

/** Two hosts made on this machine for one run, and everything they use: the store, the name, inference. Made anew for each run. */
export class LocalSite {
  private constructor(
    readonly anvil: LocalHost,
    readonly forge: LocalHost,
    readonly store: BlobStore,
    readonly dns: DnsRecordServer,
    readonly copies: StoreCopies,
    readonly attacks: StoreAttacks,
    private readonly plan: LocalPlan,
    /** Where the deployment keeps its state. */
    readonly stateDirectory: string,
  ) {}

  /** Makes the hosts from the generated artifacts. Nothing is started yet. */
  static async create(options: LocalSiteOptions): Promise<LocalSite> {
    const { plan, deployed, azurite } = options;
    const { makeAccount: account, directory, dnsPort } = plan;
    for (const name of ["anvil", "forge", "records", "copies"])
      rmSync(join(directory, name), { recursive: true, force: true });
    writeLaunchctl(plan.programs.launchctl);
    options.prepare?.(plan);
    const store = await BlobStore.start(azurite, directory, [account, plan.copies], plan.started);
    const hosts = [];
    for (const host of [plan.anvil, plan.forge]) hosts.push(await createHost(host, store, options));
    const [anvil, forge] = hosts;
    if (anvil === undefined || forge === undefined) throw new Error("a drill has two hosts");
    const { container, leaseContainer } = anvil.settings.store;
    for (const name of [container, leaseContainer]) {
      await storeClient(account, store.port).getContainerClient(name).createIfNotExists();
    }
    await createDatabases(anvil, options.scale);
    const { failoverName } = anvil.settings;
    const record = {
      id: failoverName.recordId,
      zoneId: failoverName.zoneId,
      name: failoverName.hostname,
      ttl: failoverName.ttlSeconds,
    };
    const dns = new DnsRecordServer(
      { ...record, content: plan.anvil.address },
      deployed.dnsToken,
      "127.0.0.1",
      dnsPort,
    );
    await dns.server.on();
    const copies = new StoreCopies(storeClient(account, store.port), storeClient(plan.copies, store.port), container);
    const attacks = new StoreAttacks(account, plan.copies, store.port, container);
    return new LocalSite(anvil, forge, store, dns, copies, attacks, plan, deployed.stateDirectory);
  }

  /** Switches both hosts on. */
  async start(): Promise<void> {
    await Promise.all([this.anvil, this.forge].map((host) => host.comeBack()));
  }

  /** Where the drill finds the copy of a database on the standby; those that it does not follow are followed by the drill itself. */
  copyPath(database: HostDatabase): string {
    return database.followedByStandby
      ? followedCopy(this.forge.settings.root, database.name)
      : join(this.plan.directory, "copies", `${database.name}.db`);
  }

  /** All terms that have replicas in the store. */
  terms(): Promise<readonly StoredTerm[]> {
    const { makeAccount: account } = this.plan;
    const { container } = this.forge.settings.store;
    return listTerms(storeClient(account, this.store.port).getContainerClient(container));
  }

  async remove(): Promise<void> {
    await Promise.all([this.anvil, this.forge].map((host) => host.remove()));
    await this.dns.server.off();
    await this.store.stop();
  }
}

async function createHost(host: LocalHostPlan, store: BlobStore, options: LocalSiteOptions): Promise<LocalHost> {
  const { plan, deployed, seed } = options;
  const { home, name } = host;
  const agentsDirectory = join(home, "Library", "LaunchAgents");
  mkdirSync(agentsDirectory, { recursive: true });
  const launchd = new Launchd({ agentsDirectory, home, started: plan.started });
  const launchctl = await LaunchctlServer.open(launchd, home);
  await deployed.install(host);
  const settings = readSettings(join(deployed.rootOf(home), "etc", "host.json"));
  writeSecrets(join(settings.root, "etc", "secrets.env"), {
    LITESTREAM_AZURE_ACCOUNT_KEY: plan.makeAccount.key,
    CLOUDFLARE_API_TOKEN: deployed.dnsToken,
  });
  // The installation loads the agents at once; they begin when the drill does.
  await launchd.stop();
  const recordDirectory = join(plan.directory, "records", name);
  mkdirSync(recordDirectory, { recursive: true });
  const inference = inferenceServer(name, host.address, host.inferencePort);
  const link = await StoreLink.open(store.port, host.storePort);
  const local = new LocalHost({
    settings,
    home,
    recordDirectory,
    launchd,
    launchctl,
    inference,
    link,
    started: plan.started,
  });
  await installWriters(local, { seed, lateFrom: Date.now() + lateSeconds * 1000 });
  return local;
}

/** What the documented bootstrap writes on a real host. */
function writeSecrets(path: string, secrets: Readonly<Record<string, string>>): void {
  const lines = Object.entries(secrets).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(path, lines.join(""), { mode: 0o600 });
  chmodSync(path, 0o600);
}
