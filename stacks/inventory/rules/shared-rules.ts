import { appRules } from "./app-rules";
import {
  dashboardsShowAlerts,
  ruleGroupsAskWhatIsMeasured,
  rulesOverThings,
  type ScheduledJob,
  slosAreMeasured,
} from "./monitoring-rules";
import { networksAreInTheirBlock, networksDoNotOverlap, privateNamesHaveZones } from "./network-rules";
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
 * @param jobs what runs there by the clock beside services and what belongs to these
 */
export function sharedRules(block: string, jobs: readonly ScheduledJob[] = []) {
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
    jobsRunWhileDatabasesDo,
    settingsFitServices,
    appsReceiveWhatTheyGrowWith,
    secretsDiffer,
    servicesHaveSecrets,
    ...rulesOverThings(jobs),
    ruleGroupsAskWhatIsMeasured,
    dashboardsShowAlerts,
    slosAreMeasured,
    ...appRules,
  ];
}
