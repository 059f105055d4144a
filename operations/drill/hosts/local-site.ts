import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { followedCopy } from "../../../programs/host/agents/follow/copies";
import { type HostDatabase, type HostSettings, readSettings } from "../../../programs/host/host-settings";
import { type ProgramOptions, type ProgramResult, runProgram } from "../../programs/external-program";
import { DnsRecordServer, inferenceServer, type LocalServer } from "../fakes/http-servers";
import { LaunchctlServer, writeLaunchctl } from "../launchd/launchctl-server";
import { Launchd } from "../launchd/launchd";
import { BlobStore, listTerms, type StoredTerm, storeClient } from "../store/azurite-store";
import { StoreAttacks, StoreCopies } from "../store/store-attacks";
import { StoreLink } from "../store/store-link";
import { installWriters, programsDirectory } from "./drill-agents";
import type { DrillHost } from "./drill-host";
import { createDatabases } from "./host-databases";
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
    for (const name of [plan.anvil.name, plan.forge.name, "records", "copies"])
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

interface LocalHostParts {
  readonly settings: HostSettings;
  readonly home: string;
  readonly recordDirectory: string;
  readonly launchd: Launchd;
  readonly launchctl: LaunchctlServer;
  readonly inference: LocalServer;
  /** Its way to the store. */
  readonly link: StoreLink;
  /** Is told each process that is started on it otherwise than by launchd. */
  readonly started: (pid: number) => void;
}

/** A host made on this machine: a home directory, a fake launchd, an inference server, a way to the store. */
class LocalHost implements DrillHost {
  private environment: Readonly<Record<string, string>> = {};

  constructor(private readonly parts: LocalHostParts) {}

  get name(): string {
    return this.parts.settings.host;
  }

  get settings(): HostSettings {
    return this.parts.settings;
  }

  get recordDirectory(): string {
    return this.parts.recordDirectory;
  }

  get launchd(): Launchd {
    return this.parts.launchd;
  }

  get link(): StoreLink {
    return this.parts.link;
  }

  get inference(): LocalServer {
    return this.parts.inference;
  }

  shell(script: string, options: Pick<ProgramOptions, "input" | "timeoutSeconds"> = {}): Promise<ProgramResult> {
    return runProgram("/bin/sh", ["-c", script], {
      ...options,
      onStart: this.parts.started,
      environment: {
        PATH: "/usr/bin:/bin:/usr/sbin:/sbin",
        HOME: this.parts.home,
        TMPDIR: "/tmp",
        LANG: "C",
        ...this.environment,
      },
    });
  }

  async lose(): Promise<number> {
    await Promise.all([this.launchd.crash(), this.inference.off()]);
    return Date.now();
  }

  async comeBack(): Promise<void> {
    await this.inference.on();
    await this.launchd.start();
  }

  /** Lets everything that is started on it from now on believe that it is later. */
  skewClock(aheadSeconds: number): void {
    const program = join(programsDirectory, "clock-ahead.cjs");
    this.environment = { NODE_OPTIONS: `--require ${program}`, DRILL_CLOCK_AHEAD: String(aheadSeconds) };
    this.launchd.environment = this.environment;
  }

  /** Ends everything for good. */
  async remove(): Promise<void> {
    await this.lose();
    await this.parts.launchctl.close();
    await this.link.close();
  }
}
