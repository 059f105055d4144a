import { type Inventory, loadInventory } from "../../lib/located-yaml/load-inventory";
import { removeDeparted } from "../../lib/retirement";
import { inventoryFiles } from "./files";
import { appRules } from "./rules/app-rules";
import { networksAreInTheirBlock, networksDoNotOverlap, privateNamesHaveZones } from "./rules/network-rules";
import { secretsDiffer, servicesHaveSecrets } from "./rules/secret-rules";
import {
  appsReceiveWhatTheyGrowWith,
  cachesDiffer,
  servicesDiffer,
  servicesHaveWhatTheyUse,
  settingsFitServices,
} from "./rules/service-rules";
import { exceptionsAreInTheirZone, recordsOfZonesDoNotClash, zonesDiffer } from "./rules/zone-rules";

const { environments, network, secrets, services, zones } = inventoryFiles;
const files = { environments, network, secrets, services, zones } as const;

/** The inventory of a system that is services, what they use, and the zones they are reached by. */
export type ApplicationInventory = Inventory<typeof files>;

/**
 * Such a system's inventory. What is retired is in it until its days are over.
 *
 * @param directory where the files are
 * @param block the addresses that the system's networks may have
 * @throws {LocatedError} with every problem in them
 */
export function loadApplicationInventory(directory: string, block: string): ApplicationInventory {
  const rules = [
    zonesDiffer,
    exceptionsAreInTheirZone,
    recordsOfZonesDoNotClash,
    networksDoNotOverlap,
    networksAreInTheirBlock(block),
    privateNamesHaveZones,
    servicesDiffer,
    cachesDiffer,
    servicesHaveWhatTheyUse,
    settingsFitServices,
    appsReceiveWhatTheyGrowWith,
    secretsDiffer,
    servicesHaveSecrets,
    ...appRules,
  ];
  const inventory = loadInventory({ files, rules, directory });
  removeDeparted(inventory);
  return inventory;
}
