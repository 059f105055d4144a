import { type Inventory, loadInventory } from "../../lib/located-yaml/load-inventory";
import { removeDeparted } from "../../lib/retirement";
import { inventoryFiles } from "./files";
import { sharedRules } from "./rules/shared-rules";
import { recordsOfZonesDoNotClash } from "./rules/zone-rules";

const { environments, monitoring, network, secrets, services, zones } = inventoryFiles;
const files = { environments, monitoring, network, secrets, services, zones } as const;

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
  const rules = [...sharedRules(block), recordsOfZonesDoNotClash];
  const inventory = loadInventory({ files, rules, directory });
  removeDeparted(inventory);
  return inventory;
}
