import type { Inputs } from "@pulumi/pulumi";
import { deployEnvironment, deployZones } from "../application-system";
import type { ApplicationInventory } from "../inventory/application-inventory";
import type { StackConfiguration } from "../stack-configuration";
import { zoneOutputs } from "../zones";

/** LatticeForge's production, with the zone that its other environments have names in. */
export function prod(configuration: StackConfiguration, inventory: ApplicationInventory): Inputs {
  const zones = deployZones(configuration, inventory);
  return { ...deployEnvironment(configuration, inventory, { ownZones: zones }), ...zoneOutputs(zones) };
}
