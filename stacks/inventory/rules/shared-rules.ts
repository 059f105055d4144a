import { appRules } from "./app-rules";
import {
  missingJobsAreSeen,
  ruleGroupsAskWhatIsMeasured,
  rulesDiffer,
  rulesWatchWhatExists,
  slosAreMeasured,
} from "./monitoring-rules";
import { networksAreInTheirBlock, networksDoNotOverlap, privateNamesHaveZones } from "./network-rules";
import { secretsDiffer, servicesHaveSecrets } from "./secret-rules";
import {
  appsReceiveWhatTheyGrowWith,
  cachesDiffer,
  copiesHaveTheirPlaces,
  dumpsHaveTheirPlaces,
  releasesNameServices,
  servicesDiffer,
  servicesHaveWhatTheyUse,
  settingsFitServices,
} from "./service-rules";
import { rulesAreForTheirZone, zonesDiffer } from "./zone-rules";

/**
 * The rules on what every system has: zones, networks, services and what they use.
 *
 * @param block the addresses that the system's networks may have
 */
export function sharedRules(block: string) {
  return [
    zonesDiffer,
    rulesAreForTheirZone,
    networksDoNotOverlap,
    networksAreInTheirBlock(block),
    privateNamesHaveZones,
    servicesDiffer,
    releasesNameServices,
    cachesDiffer,
    servicesHaveWhatTheyUse,
    copiesHaveTheirPlaces,
    dumpsHaveTheirPlaces,
    settingsFitServices,
    appsReceiveWhatTheyGrowWith,
    secretsDiffer,
    servicesHaveSecrets,
    rulesWatchWhatExists,
    rulesDiffer,
    missingJobsAreSeen,
    ruleGroupsAskWhatIsMeasured,
    slosAreMeasured,
    ...appRules,
  ];
}
