import type { Inputs } from "@pulumi/pulumi";
import { deployEnvironment } from "../application-system";
import type { ApplicationInventory } from "../inventory/application-inventory";
import type { StackConfiguration } from "../stack-configuration";

/** Kimberly's staging: what production will be, smaller and apart. */
export function staging(configuration: StackConfiguration, inventory: ApplicationInventory): Inputs {
  return deployEnvironment(configuration, inventory);
}
