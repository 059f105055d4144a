import { join } from "node:path";
import { DrillError, freePort } from "../../programs/external-program";
import { executableOnPath } from "../../programs/litestream-program";
import type { StoreAccount } from "../store/azurite-store";
import type { LocalDirectory } from "./local-directory";

/** One of the hosts that a drill makes on this machine. */
export interface LocalHostPlan {
  readonly name: "anvil" | "forge";
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

/** @throws {DrillError} when this machine lacks sqlite3, or has no second loopback address */
export async function makeLocalPlan(
  { path: directory, started }: Pick<LocalDirectory, "path" | "started">,
  litestream: string,
): Promise<LocalPlan> {
  const sqlite3 = executableOnPath("sqlite3");
  if (sqlite3 === undefined)
    throw new DrillError("the program sqlite3 is not on the PATH; install it (apt install sqlite3)");
  return {
    directory,
    started,
    anvil: await makeHostPlan("anvil", directory, "127.0.0.2"),
    forge: await makeHostPlan("forge", directory, "127.0.0.3"),
    dnsPort: await freePort(),
    makeAccount: account("drillbackups"),
    copies: account("drillcopies"),
    programs: { litestream, sqlite3, node: process.execPath, launchctl: join(directory, "bin", "launchctl") },
  };
}

async function makeHostPlan(name: LocalHostPlan["name"], directory: string, address: string): Promise<LocalHostPlan> {
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
export function hostPlaces({ anvil, forge, makeAccount: { name }, dnsPort, programs }: LocalPlan): object {
  const place = (host: LocalHostPlan) => ({
    home: host.home,
    address: host.address,
    sshUser: "drill",
    healthPort: host.healthPort,
    inferenceUrl: `http://${host.address}:${host.inferencePort}`,
    storeEndpoint: `http://127.0.0.1:${host.storePort}/${name}`,
  });
  return {
    hosts: { anvil: place(anvil), forge: place(forge) },
    store: { account: name, endpoint: `http://127.0.0.1:${forge.storePort}/${name}` },
    programs,
    primaryOnlyAgents: ["no.alai.drill-writers"],
    cloudflareApi: `http://127.0.0.1:${dnsPort}/client/v4`,
  };
}
