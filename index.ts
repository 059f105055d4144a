import { getStack, type Inputs, RunError } from "@pulumi/pulumi";
import { adoptResources } from "./components/adoption/adopt-resources";
import type { AdoptedResource } from "./lib/adopted-resource";
import { LocatedError } from "./lib/located-yaml/located-error";
import { stackDefinition, systemProgram } from "./stacks/registry";
import { readStackConfiguration } from "./stacks/stack-configuration";

/** The program: the composition of the stack that is being deployed. What it returns are the stack's outputs. */
export = function program(): Inputs | Promise<Inputs> {
  const stack = stackDefinition(getStack());
  const system = systemProgram(stack);
  try {
    const configuration = readStackConfiguration(stack, system.settings[stack.composition] ?? {});
    adoptResources(configuration.settings.getObject<AdoptedResource[]>("adopted") ?? []);
    return system.deploy(stack.composition, configuration);
  } catch (error) {
    // Its message says where each mistake is; a stack trace of the program would only hide it.
    if (error instanceof LocatedError) throw new RunError(error.message);
    throw error;
  }
};
