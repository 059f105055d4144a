import type { Inputs } from "@pulumi/pulumi";
import { deployEnvironment } from "../application-system";
import type { ApplicationInventory } from "../inventory/application-inventory";
import type { StackConfiguration } from "../stack-configuration";

/** LatticeForge in another region, warm: for the day on which the primary one is lost. */
export function dr(configuration: StackConfiguration, inventory: ApplicationInventory): Inputs {
  return deployEnvironment(configuration, inventory);
}
