import type { StackContext } from "../../../components/context/stack-context";
import { loadInventory } from "../../../lib/located-yaml/load-inventory";
import { refusal } from "../../../lib/refusal";
import { removeDeparted } from "../../../lib/retirement";
import { type InventoryContents, inventoryFiles } from "./files";
import {
  databasesDiffer,
  devicesDiffer,
  hostsAreDevices,
  hostsDiffer,
  leaseHasAContainer,
  redirectionsAreOfHosts,
  rolesAreFilled,
} from "./rules/host-rules";
import { networksDoNotOverlap, privateNamesHaveZones, routesLeadSomewhere } from "./rules/network-rules";
import { nothingUsesWhatLeaves } from "./rules/retirement-rules";
import { programsHaveSecrets, secretsDiffer, servicesHaveSecrets } from "./rules/secret-rules";
import {
  appsReceiveWhatTheyGrowWith,
  cachesDiffer,
  quietDatabasesExist,
  replicasHaveAContainer,
  servicesDiffer,
  servicesHaveWhatTheyUse,
} from "./rules/service-rules";
import {
  exceptionsAreInTheirZone,
  recordsDoNotClash,
  sitesDiffer,
  sitesHaveZones,
  zonesDiffer,
} from "./rules/zone-rules";

export type AlaiInventory = InventoryContents;

const rules = [
  sitesDiffer,
  sitesHaveZones,
  zonesDiffer,
  exceptionsAreInTheirZone,
  recordsDoNotClash,
  hostsDiffer,
  devicesDiffer,
  hostsAreDevices,
  rolesAreFilled,
  databasesDiffer,
  leaseHasAContainer,
  redirectionsAreOfHosts,
  networksDoNotOverlap,
  privateNamesHaveZones,
  routesLeadSomewhere,
  servicesDiffer,
  cachesDiffer,
  servicesHaveWhatTheyUse,
  appsReceiveWhatTheyGrowWith,
  secretsDiffer,
  servicesHaveSecrets,
  programsHaveSecrets,
  replicasHaveAContainer,
  quietDatabasesExist,
  nothingUsesWhatLeaves,
];

/**
 * ALAI's inventory: what exists, in every environment. What is retired is in it until its days are over; a site's entry stays, because
 * it says where the name points then.
 *
 * @param directory where the files are
 * @throws {LocatedError} with every problem in them
 */
export function loadAlaiInventory(directory: string = __dirname): AlaiInventory {
  const inventory = loadInventory({ files: inventoryFiles, rules, directory });
  const { sites: _, ...leaving } = inventory;
  removeDeparted(leaving);
  return inventory;
}

/**
 * An environment's part of an inventory file.
 *
 * @throws when the file says nothing of the environment
 */
export function entryOf<Entry>(
  entries: Readonly<Record<string, Entry>>,
  { environment }: Pick<StackContext, "environment">,
  file: string,
): Entry {
  const entry = entries[environment];
  if (entry === undefined) {
    throw refusal(
      `environment "${environment}"`,
      [`${file} has nothing for it; it has ${Object.keys(entries).join(", ")}`],
      entries,
    );
  }
  return entry;
}

/** Sites' repositories that `repositories.yaml` does not list. */
export function unlistedRepositories({ repositories, sites }: AlaiInventory): readonly string[] {
  const listed = new Set(repositories.repositories.map((entry) => entry.name.toLowerCase()));
  const names = sites.sites.flatMap((site) => ("repository" in site ? [site.repository] : []));
  return names.filter((name) => !listed.has(name.toLowerCase()));
}
