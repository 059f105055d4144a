import { type InventoryContents, inventoryFiles } from "../../inventory/inventory-files";
import { loadInventory } from "../../inventory/load-inventory";
import { copiesHaveAnOriginal, quietDatabasesExist } from "../../inventory/rules/backup-rules";
import {
  databasesDiffer,
  devicesDiffer,
  hostsAreDevices,
  hostsDiffer,
  leaseHasAContainer,
  redirectionsAreOfHosts,
  rolesAreFilled,
} from "../../inventory/rules/host-rules";
import { networksDoNotOverlap, routesLeadSomewhere, subnetsFit } from "../../inventory/rules/network-rules";
import {
  containersDiffer,
  replicasHaveAContainer,
  servicesDiffer,
  servicesHaveDatabases,
} from "../../inventory/rules/service-rules";
import { sitesDiffer, sitesHaveZones } from "../../inventory/rules/site-rules";
import { exceptionsAreInTheirZone, recordsDoNotClash, zonesDiffer } from "../../inventory/rules/zone-rules";

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
  subnetsFit,
  routesLeadSomewhere,
  servicesDiffer,
  servicesHaveDatabases,
  containersDiffer,
  replicasHaveAContainer,
  copiesHaveAnOriginal,
  quietDatabasesExist,
];

/**
 * ALAI's inventory: what exists, in every environment.
 *
 * @param directory where the files are
 * @throws {InventoryError} with every problem in them
 */
export function loadAlaiInventory(directory: string = __dirname): AlaiInventory {
  return loadInventory({ files: inventoryFiles, rules, directory });
}
