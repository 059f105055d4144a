import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { BlobServiceClient, StorageSharedKeyCredential } from "@azure/storage-blob";
import { stringify } from "yaml";
import { FollowAgent } from "../../../programs/host/agents/follow/follow-agent";
import { LeaseAgent } from "../../../programs/host/agents/lease/lease-agent";
import { ReplicateAgent } from "../../../programs/host/agents/replicate/replicate-agent";
import { StoreConnection } from "../../../programs/host/agents/store-connection";
import type { HostSettings } from "../../../programs/host/host-settings";
import type { Lease, RoleFile } from "../../../programs/host/lease/lease";
import { readRole } from "../../../programs/host/lease/role-file";
import { realPrograms } from "../../real-programs";
import { pairSettings } from "./pair-settings";

/** Litestream and the emulated blob store, where this machine has them. */
export const { litestream, azurite, sqlite3 } = realPrograms;

export type Name = "anvil" | "forge";

/** The emulated store's account has two keys, as a real one has. They open nothing else. */
export const keys = [
  Buffer.from("first key of a test").toString("base64"),
  Buffer.from("second key").toString("base64"),
] as const;

/** Two hosts with real agents, real Litestream and a real blob store, in a directory of this machine. */
export class RealPair {
  readonly said: string[] = [];
  readonly container: (name?: "replicas" | "failover") => ReturnType<BlobServiceClient["getContainerClient"]>;
  private readonly running = new Map<Name, AbortController>();
  private readonly ends = new Map<Name, Promise<unknown>>();

  private constructor(
    readonly directory: string,
    private readonly store: ChildProcess,
    private readonly endpoint: string,
    private readonly databases: readonly string[],
    private readonly changes: Partial<HostSettings>,
  ) {
    const client = new BlobServiceClient(endpoint, new StorageSharedKeyCredential("pair", keys[1]));
    this.container = (name = "replicas") => client.getContainerClient(name);
  }

  /** @param databases names that begin with "p2" are not followed @param changes of the settings of both hosts */
  static async begin(
    directory: string,
    databases: readonly string[],
    changes: Partial<HostSettings> = {},
  ): Promise<RealPair> {
    const port = await freePort();
    const store = spawn(
      process.execPath,
      [
        azurite ?? "",
        "--blobPort",
        String(port),
        "--silent",
        "--skipApiVersionCheck",
        "--disableTelemetry",
        "--inMemoryPersistence",
      ],
      { cwd: directory, stdio: "ignore", env: { ...process.env, AZURITE_ACCOUNTS: `pair:${keys.join(":")}` } },
    );
    process.once("exit", () => store.kill("SIGKILL"));
    const pair = new RealPair(directory, store, `http://127.0.0.1:${port}/pair`, databases, changes);
    await until("the store answers", () =>
      fetch(`http://127.0.0.1:${port}/`).then(
        () => true,
        () => false,
      ),
    );
    const client = new BlobServiceClient(pair.endpoint, new StorageSharedKeyCredential("pair", keys[0]));
    for (const name of ["replicas", "failover"]) await client.getContainerClient(name).create();
    for (const name of ["anvil", "forge"] as const) pair.install(name);
    return pair;
  }

  root(name: Name): string {
    return join(this.directory, name);
  }

  path(name: Name, database: string): string {
    return join(this.root(name), "databases", `${database}.db`);
  }

  settings(name: Name): HostSettings {
    const { root } = { root: this.root(name) };
    const base = pairSettings({ root, host: name });
    return {
      ...base,
      store: { ...base.store, account: "pair", endpoint: this.endpoint },
      replication: [
        {
          policy: "p0",
          configuration: join(root, "etc", "litestream-p0.yml"),
          databases: this.databases.map((database) => ({
            name: database,
            tier: database.startsWith("p2") ? "P2" : "P0-critical",
            path: this.path(name, database),
            syncSeconds: 1,
            followedByStandby: !database.startsWith("p2"),
          })),
        },
      ],
      primaryOnlyAgents: [],
      programs: { ...base.programs, litestream: litestream ?? "", sqlite3: sqlite3 ?? "", launchctl: "/bin/true" },
      timing: { leaseSeconds: 1, confirmationSeconds: 20, stalledSeconds: 60 },
      ...this.changes,
    };
  }

  /** Starts the agents of a host, as launchd would, but quicker. */
  start(name: Name): void {
    const settings = this.settings(name);
    const ending = new AbortController();
    const { signal } = ending;
    const say = (line: string): number => this.said.push(`${name}: ${line}`);
    const [process] = settings.replication;
    if (process === undefined) throw new Error("no policy");
    const follow = new FollowAgent(settings, say);
    const agents = [new LeaseAgent(settings, say), new ReplicateAgent(settings, process, say), follow];
    const loops = agents.map(async (agent) => {
      while (!signal.aborted) {
        await agent.tick();
        await sleep(100);
      }
      if ("stop" in agent) await agent.stop();
    });
    this.running.set(name, ending);
    this.ends.set(name, Promise.all([...loops, follow.watch(signal), follow.listen(signal)]));
  }

  /** Ends everything that runs on the host at once. */
  async crash(name: Name): Promise<void> {
    this.running.get(name)?.abort();
    for (const pid of this.litestreams(name)) process.kill(pid, "SIGKILL");
    await this.ends.get(name);
  }

  /** The Litestream processes of a host. */
  litestreams(name: Name): readonly number[] {
    return commandLines()
      .filter((line) => line.includes(this.root(name)) && line.includes(litestream ?? ""))
      .map((line) => Number.parseInt(line, 10));
  }

  role(name: Name): RoleFile {
    return readRole(this.root(name));
  }

  /** What failover does to the lease. */
  async change(of: (lease: Lease) => Lease): Promise<Lease> {
    const { lease } = await new StoreConnection(this.settings("forge")).open();
    const read = await lease.read();
    if (read.kind !== "found") throw new Error(read.kind);
    const next = of(read.lease);
    if (next !== read.lease && (await lease.replace(next, read.etag)).kind !== "won") throw new Error("lost");
    return next;
  }

  writeSecrets(name: Name, key: string): void {
    const file = join(this.root(name), "etc", "secrets.env");
    writeFileSync(file, `LITESTREAM_AZURE_ACCOUNT_KEY=${key}\n`);
    chmodSync(file, 0o600);
  }

  sql(file: string, statement: string): string {
    return execFileSync(sqlite3 ?? "", ["-cmd", ".timeout 5000", file, statement], { encoding: "utf8" }).trim();
  }

  async end(): Promise<void> {
    for (const name of this.running.keys()) await this.crash(name);
    this.store.kill("SIGKILL");
  }

  private install(name: Name): void {
    const settings = this.settings(name);
    for (const part of ["databases", "etc", "state"]) mkdirSync(join(settings.root, part), { recursive: true });
    this.writeSecrets(name, keys[0]);
    for (const { configuration, databases } of settings.replication) {
      writeFileSync(configuration, this.litestreamConfiguration(databases, `\${REPLICA_PATH}`));
    }
  }

  /** What Litestream is told of databases that it sends below a path of the store. */
  litestreamConfiguration(
    databases: readonly { readonly name: string; readonly path: string }[],
    below: string,
  ): string {
    const dbs = databases.map(({ name, path }) => ({
      path,
      replica: {
        type: "abs",
        "account-name": "pair",
        endpoint: this.endpoint,
        bucket: "replicas",
        path: `${below}/${name}`,
        "sync-interval": "200ms",
      },
    }));
    return stringify({ logging: { level: "warn", type: "json", stderr: true }, dbs });
  }
}

export async function until(what: string, holds: () => boolean | Promise<boolean>, seconds = 20): Promise<void> {
  for (const deadline = Date.now() + seconds * 1000; Date.now() < deadline; await sleep(120)) {
    if (await holds()) return;
  }
  throw new Error(`not within ${seconds} s: ${what}`);
}

export function commandLines(): readonly string[] {
  return execFileSync("ps", ["-eo", "pid=,args="], { encoding: "utf8" }).split("\n");
}

export function readJson(file: string): Record<string, unknown> {
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}
