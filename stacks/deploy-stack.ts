import { getStack, type Inputs } from "@pulumi/pulumi";
import { adoptResources } from "../components/adoption/adopt-resources";
import type { AdoptedResource } from "../lib/adopted-resource";
import { stackDefinition, systemProgram } from "./registry";
import { readStackConfiguration } from "./stack-configuration";

/**
 * Deploys the stack that the engine names and returns its outputs.
 *
 * @throws {LocatedError} before anything is made, when the list of systems, the configuration or the inventory is wrong
 */
export function deployStack(): Inputs | Promise<Inputs> {
  const stack = stackDefinition(getStack());
  const system = systemProgram(stack);
  const configuration = readStackConfiguration(stack, system.settings[stack.environment] ?? {});
  adoptResources(configuration.settings.getObject<AdoptedResource[]>("adopted") ?? []);
  return system.deploy(stack.environment, configuration);
}
