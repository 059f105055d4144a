/**
 * The regions of Azure's public cloud in their short form, by geography: what configuration may name and what the emulated Resource
 * Manager takes. No installed package declares them. Source: `az account list-locations`, `metadata.regionType` Physical, without the
 * regions for staging and early access (EUAP, STG); the public list as of November 2026.
 */
export const azureRegions: readonly string[] = [
  // Africa and the Middle East
  ...["southafricanorth", "southafricawest", "israelcentral", "qatarcentral", "uaecentral", "uaenorth"],
  // America
  ...["brazilsouth", "brazilsoutheast", "canadacentral", "canadaeast", "chilecentral", "mexicocentral"],
  ...["centralus", "eastus", "eastus2", "northcentralus", "southcentralus", "westcentralus"],
  ...["westus", "westus2", "westus3"],
  // Asia and the Pacific
  ...["australiacentral", "australiacentral2", "australiaeast", "australiasoutheast", "newzealandnorth"],
  ...["centralindia", "jioindiacentral", "jioindiawest", "southindia", "westindia"],
  ...["eastasia", "indonesiacentral", "japaneast", "japanwest", "koreacentral", "koreasouth"],
  ...["malaysiawest", "southeastasia"],
  // Europe
  ...["austriaeast", "belgiumcentral", "denmarkeast", "francecentral", "francesouth", "germanynorth"],
  ...["germanywestcentral", "italynorth", "northeurope", "norwayeast", "norwaywest", "polandcentral"],
  ...["spaincentral", "swedencentral", "swedensouth", "switzerlandnorth", "switzerlandwest", "uksouth"],
  ...["ukwest", "westeurope"],
];

const regions: ReadonlySet<string> = new Set(azureRegions);

/**
 * A region in Azure's short form, whichever way it is written; undefined when there is none of that name. `global` is no region: it is
 * where resources without one say they are.
 *
 * @example azureRegion("Sweden Central") // "swedencentral"
 */
export function azureRegion(location: string): string | undefined {
  const short = location.replaceAll(" ", "").toLowerCase();
  return regions.has(short) ? short : undefined;
}
