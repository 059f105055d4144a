import { loadInventory } from "../../../lib/located-yaml/load-inventory";
import { removeDeparted } from "../../../lib/retirement";
import { type InventoryContents, inventoryFiles } from "../../inventory/files";
import { sharedRules } from "../../inventory/rules/shared-rules";
import { addressBlockOf } from "../../registry";
import { programApps, programJobs } from "./program-jobs";
import { applicationsDiffer, applicationsHaveEnvironments, applicationsHaveSystems } from "./rules/application-rules";
import {
  databasesDiffer,
  devicesDiffer,
  hostsAreDevices,
  hostsDiffer,
  leaseHasAContainer,
  predecessorsAreOfHosts,
  quietDatabasesExist,
  redirectionsAreOfHosts,
  replicasHaveAContainer,
  rolesAreFilled,
  routesLeadSomewhere,
} from "./rules/host-rules";
import { rightsAreGivenOnce, rightsAreOfStacks } from "./rules/people-rules";
import { nothingUsesWhatLeaves } from "./rules/retirement-rules";
import { programsHaveSecrets } from "./rules/secret-rules";
import { recordsDoNotClash, sitesDiffer, sitesHaveZones } from "./rules/zone-rules";

export type AlaiInventory = InventoryContents;

const rules = [
  ...sharedRules(addressBlockOf("alai"), { jobs: Object.values(programJobs), apps: Object.values(programApps) }),
  sitesDiffer,
  sitesHaveZones,
  recordsDoNotClash,
  hostsDiffer,
  devicesDiffer,
  hostsAreDevices,
  rolesAreFilled,
  databasesDiffer,
  leaseHasAContainer,
  predecessorsAreOfHosts,
  redirectionsAreOfHosts,
  routesLeadSomewhere,
  programsHaveSecrets,
  replicasHaveAContainer,
  quietDatabasesExist,
  applicationsDiffer,
  applicationsHaveSystems,
  applicationsHaveEnvironments,
  rightsAreOfStacks,
  rightsAreGivenOnce,
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
