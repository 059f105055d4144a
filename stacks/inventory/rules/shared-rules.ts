import { appRules } from "./app-rules";
import {
  dashboardsShowAlerts,
  nothingBeside,
  type RunsBeside,
  ruleGroupsAskWhatIsMeasured,
  rulesOverThings,
  slosAreMeasured,
} from "./monitoring-rules";
import { networksAreInTheirBlock, networksDoNotOverlap } from "./network-rules";
import { secretsDiffer, servicesHaveSecrets } from "./secret-rules";
import {
  appsReceiveWhatTheyGrowWith,
  cachesDiffer,
  copiesHaveTheirPlaces,
  dumpsHaveTheirPlaces,
  jobsRunWhileDatabasesDo,
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
 * @param beside what runs there beside services and what belongs to these
 */
export function sharedRules(block: string, beside: RunsBeside = nothingBeside) {
  return [
    zonesDiffer,
    rulesAreForTheirZone,
    networksDoNotOverlap,
    networksAreInTheirBlock(block),
    servicesDiffer,
    releasesNameServices,
    cachesDiffer,
    servicesHaveWhatTheyUse,
    copiesHaveTheirPlaces,
    dumpsHaveTheirPlaces,
    jobsRunWhileDatabasesDo,
    settingsFitServices,
    appsReceiveWhatTheyGrowWith,
    secretsDiffer,
    servicesHaveSecrets,
    ...rulesOverThings(beside),
    ruleGroupsAskWhatIsMeasured,
    dashboardsShowAlerts,
    slosAreMeasured,
    ...appRules,
  ];
}
