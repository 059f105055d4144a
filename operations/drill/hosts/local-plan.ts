import { join } from "node:path";
import type { SystemHosts } from "../../../stacks/system-hosts";
import { DrillError, executableOnPath, freePort } from "../../programs/external-program";
import type { StoreAccount } from "../store/azurite-store";
import type { LocalDirectory } from "./local-directory";

/** One of the hosts that a drill makes on this machine. */
export interface LocalHostPlan {
  /** As the inventory calls it. */
  readonly name: string;
  readonly home: string;
  /** A loopback address of its own, so that the failover name leads to one host and not to the other. */
  readonly address: string;
  readonly healthPort: number;
  readonly inferencePort: number;
  /** Where its way to the store begins. */
  readonly storePort: number;
}

/** What a drill uses of this machine: decided before the stack is deployed, because its artifacts say it. */
export interface LocalPlan {
  /** Short: sockets below it may have 104 bytes. */
  readonly directory: string;
  /** Is told each process that is started on this machine, so that none outlives the drill. */
  readonly started: (pid: number) => void;
  readonly anvil: LocalHostPlan;
  readonly forge: LocalHostPlan;
  /** Below a host's home directory: where everything lies. */
  readonly hostDirectory: string;
  /** The launchd label of the drill's programs that write, which run on the primary only. */
  readonly writersLabel: string;
  /** Where the fake of Cloudflare's API listens. */
  readonly dnsPort: number;
  /** The account that the hosts have the key of. */
  readonly makeAccount: StoreAccount;
  /** The account that they have not. */
  readonly copies: StoreAccount;
  readonly programs: {
    readonly litestream: string;
    readonly sqlite3: string;
    readonly node: string;
    readonly launchctl: string;
  };
}

/** Keys that the drill makes up; they open an emulated store on this machine, for as long as the drill lasts. */
function account(name: string): StoreAccount {
  return { name, key: Buffer.from(crypto.getRandomValues(new Uint8Array(64))).toString("base64") };
}

/** @throws {DrillError} when there are not two hosts to make, or this machine lacks sqlite3 or a second loopback address */
export async function makeLocalPlan(
  { path: directory, started }: Pick<LocalDirectory, "path" | "started">,
  litestream: string,
  { hosts, labelPrefix, directory: hostDirectory }: SystemHosts,
): Promise<LocalPlan> {
  const sqlite3 = executableOnPath("sqlite3");
  if (sqlite3 === undefined)
    throw new DrillError("the program sqlite3 is not on the PATH; install it (apt install sqlite3)");
  const nameOf = (role: "primary" | "standby"): string => {
    const name = hosts.find((host) => host.role === role)?.name;
    if (name === undefined) throw new DrillError(`hosts.yaml has no ${role}`);
    return name;
  };
  return {
    directory,
    started,
    anvil: await makeHostPlan(nameOf("primary"), directory, "127.0.0.2"),
    forge: await makeHostPlan(nameOf("standby"), directory, "127.0.0.3"),
    hostDirectory,
    writersLabel: `${labelPrefix}.drill-writers`,
    dnsPort: await freePort(),
    makeAccount: account("drillbackups"),
    copies: account("drillcopies"),
    programs: { litestream, sqlite3, node: process.execPath, launchctl: join(directory, "bin", "launchctl") },
  };
}

async function makeHostPlan(name: string, directory: string, address: string): Promise<LocalHostPlan> {
  const ports = [await findPort(address), await findPort(address), await freePort()] as const;
  const [healthPort, inferencePort, storePort] = ports;
  return { name, home: join(directory, name), address, healthPort, inferencePort, storePort };
}

function findPort(address: string): Promise<number> {
  return freePort(address).catch(() => {
    throw new DrillError(
      `nothing can listen on ${address}, which one of the drill's hosts needs. On macOS: sudo ifconfig lo0 alias ${address} up`,
    );
  });
}

/** What the stack is told of all this: `landscape:hostPlaces`. */
export function hostPlaces({
  directory,
  anvil,
  forge,
  writersLabel,
  makeAccount: { name },
  dnsPort,
  programs,
}: LocalPlan): object {
  const place = (host: LocalHostPlan) => ({
    home: host.home,
    address: host.address,
    sshUser: "drill",
    healthPort: host.healthPort,
    inferenceUrl: `http://${host.address}:${host.inferencePort}`,
    storeEndpoint: `http://127.0.0.1:${host.storePort}/${name}`,
  });
  return {
    hosts: { [anvil.name]: place(anvil), [forge.name]: place(forge) },
    store: { account: name, endpoint: `http://127.0.0.1:${forge.storePort}/${name}` },
    programs,
    primaryOnlyAgents: [writersLabel],
    // Both hosts are on this machine, which may have a router of its own.
    inference: { healthFile: join(directory, "inference-health.json") },
    cloudflareApi: `http://127.0.0.1:${dnsPort}/client/v4`,
  };
}
