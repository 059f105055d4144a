import { type BundledProgram, type HostPackage, hostPackages } from "../../../components/host-replication/host-package";
import { type HostPair, hostPair } from "../../../components/host-replication/host-pair";
import { replicatedDatabases } from "../../../components/host-replication/schema";
import { type HostPlaces, readHostPlaces } from "../../../components/hosts/host-places";
import type { HostSoftware } from "../../../components/hosts/schema";
import { type AlaiInventory, loadAlaiInventory } from "../../../stacks/alai/inventory";
import { frozenInventory } from "../../frozen-inventory";

export const inventory = loadAlaiInventory(frozenInventory);

export const record = { hostname: "primary.net.alai.no", zoneId: "zone-1", recordId: "record-1", ttlSeconds: 60 };
export const bundle: BundledProgram = { text: "console.log(1)\n", sha256: "0".repeat(64) };

/** The inventory's hosts, at other places or with other databases. */
export function samplePair(
  places?: HostPlaces,
  databases: AlaiInventory["databases"] = inventory.databases,
  predecessors: HostSoftware["predecessors"] = inventory.hosts.software.predecessors ?? [],
): HostPair {
  const { hosts, software } = inventory.hosts;
  return hostPair({
    hosts,
    software: { ...software, predecessors },
    addresses: new Map(inventory.tailnet.tailnet.devices.map(({ name, address }) => [name, address])),
    databases: replicatedDatabases(databases),
    store: {
      account: "alaibackups0ebb",
      endpoint: "https://alaibackups0ebb.blob.core.windows.net",
      container: databases.container,
    },
    places: readHostPlaces(
      places,
      hosts.map(({ name }) => name),
    ),
  });
}

export function samplePackages(
  pair: HostPair,
  program = bundle,
  vaultUri = "https://vault.example/",
): Promise<ReadonlyMap<string, HostPackage>> {
  return hostPackages({ pair, record, bundle: program, vaultUri });
}

/** A file of a host's package. */
export function fileOf(packages: ReadonlyMap<string, HostPackage>, host: string, path: string): string {
  const text = packages.get(host)?.files.get(path);
  if (text === undefined) throw new Error(`the package of ${host} has no ${path}`);
  return text;
}
