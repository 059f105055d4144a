import type { Inputs } from "@pulumi/pulumi";
import { deployEnvironment } from "../application-system";
import type { ApplicationInventory } from "../inventory/application-inventory";
import type { StackConfiguration } from "../stack-configuration";

/**
 * LatticeForge in another region, warm, for the day on which production's is lost: its database is a replica of production's, and at
 * the edge its apps come after production's.
 */
export function dr(configuration: StackConfiguration, inventory: ApplicationInventory): Inputs {
  return deployEnvironment(configuration, inventory, { primary: "latticeforge-prod" });
}
