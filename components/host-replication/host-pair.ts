import { z } from "zod";
import { argumentProblems } from "../../lib/located-yaml/schema-problems";
import { refusal, refuse } from "../../lib/refusal";
import type { StoreSettings, TimingSettings } from "../../programs/host/host-settings";
import type { HostPlaces } from "../hosts/host-places";
import { type Host, type HostSoftware, hostSoftwareSchema, hostsSchema } from "../hosts/schema";
import { type ReplicatedDatabase, replicatedDatabaseSchema } from "./schema";

/** A host with everything that is known of it. */
export interface PlacedHost {
  readonly name: string;
  readonly role: Host["role"];
  readonly home: string;
  /** Where everything lies. Absolute. @example "/Users/operator/system" */
  readonly root: string;
  /** The tailnet address. */
  readonly address: string;
  readonly directAddress: string | undefined;
  readonly healthPort: number;
  readonly inferenceUrl: string | undefined;
  /** Where this host reaches the store, if not where all do. */
  readonly storeEndpoint: string | undefined;
  readonly ssh: { readonly user: string | undefined; readonly port: number; readonly hostKey: string | undefined };
}

/** The two hosts, what runs on them, and what they replicate: all that their files are made of, but for the failover name. */
export interface HostPair {
  readonly primary: PlacedHost;
  readonly standby: PlacedHost;
  /** Clients that can order a failover. */
  readonly laptops: readonly PlacedHost[];
  readonly software: HostSoftware;
  readonly timing: TimingSettings;
  readonly store: StoreSettings;
  readonly databases: readonly ReplicatedDatabase[];
  /** Base of Cloudflare's API. */
  readonly cloudflareApi: string;
  /** Where identities of Entra get their tokens. */
  readonly loginUri: string;
}

export interface HostPairParts {
  readonly hosts: readonly Host[];
  readonly software: HostSoftware;
  /** Tailnet addresses by device name. */
  readonly addresses: ReadonlyMap<string, string>;
  readonly databases: readonly ReplicatedDatabase[];
  readonly store: Pick<StoreSettings, "account" | "endpoint" | "container">;
  /** What differs from the inventory. Default: nothing. */
  readonly places?: HostPlaces;
}

const loginUri = "https://login.microsoftonline.com";
const cloudflareApi = "https://api.cloudflare.com/client/v4";

const pairParts = z.object({
  hosts: hostsSchema,
  software: hostSoftwareSchema,
  databases: z.array(replicatedDatabaseSchema),
});

/** @throws when hosts or software are none that an inventory can say, or there is no primary or no standby */
export function hostPair(parts: HostPairParts): HostPair {
  const { hosts, software, addresses, databases, store, places = {} } = parts;
  refuse(`HostPair "${hosts.map(({ name }) => name).join(", ")}"`, argumentProblems(pairParts, parts), parts);
  const placed = hosts
    .filter((host) => host.home !== undefined)
    .map((host) => placedHost(host, software, addresses, places));
  const ofRole = (role: Host["role"]): PlacedHost => {
    const found = placed.find((host) => host.role === role);
    if (found === undefined)
      throw refusal(`HostPair "${role}"`, ["hosts.yaml has no host with this role and a home directory"]);
    return found;
  };
  const { programs, inference, timing, primaryOnlyAgents } = software;
  return {
    primary: ofRole("primary"),
    standby: ofRole("standby"),
    laptops: placed.filter(({ role }) => role === "client"),
    software: {
      ...software,
      programs: { ...programs, ...places.programs },
      inference: { ...inference, ...places.inference },
      primaryOnlyAgents: places.primaryOnlyAgents ?? primaryOnlyAgents,
    },
    timing: { ...timing, ...places.timing },
    store: { ...store, ...places.store, leaseContainer: software.lease.container, leaseBlob: software.lease.blob },
    databases,
    cloudflareApi: places.cloudflareApi ?? cloudflareApi,
    loginUri: places.loginUri ?? loginUri,
  };
}

function placedHost(
  host: Host,
  software: HostSoftware,
  addresses: ReadonlyMap<string, string>,
  places: HostPlaces,
): PlacedHost {
  const place = places.hosts?.[host.name] ?? {};
  const home = place.home ?? host.home ?? "";
  const address = place.address ?? addresses.get(host.name);
  if (address === undefined)
    throw refusal(`host "${host.name}"`, ["it has no address; add it to the devices of tailnet.yaml"], host);
  return {
    name: host.name,
    role: host.role,
    home,
    root: `${home}/${software.directory}`,
    address,
    // An address that is given stands for all ways to the host.
    directAddress: place.address === undefined ? host.directAddress : undefined,
    healthPort: place.healthPort ?? software.healthPort,
    inferenceUrl: place.inferenceUrl,
    storeEndpoint: place.storeEndpoint,
    ssh: { user: place.sshUser, port: place.sshPort ?? 22, hostKey: host.sshHostKey },
  };
}

/** The store as a host reaches it. */
export function storeOf({ store }: HostPair, { storeEndpoint }: PlacedHost): StoreSettings {
  return storeEndpoint === undefined ? store : { ...store, endpoint: storeEndpoint };
}

/** Both hosts of the pair. */
export function bothHosts({ primary, standby }: HostPair): readonly [PlacedHost, PlacedHost] {
  return [primary, standby];
}
