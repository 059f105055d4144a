import { getStack, type Inputs, RunError } from "@pulumi/pulumi";
import { InventoryError } from "./lib/located-yaml/inventory-error";
import { deployAlai } from "./stacks/alai";
import { stackDefinition } from "./stacks/registry";
import { readStackConfiguration } from "./stacks/stack-configuration";

/** The program: the composition of the stack that is being deployed. What it returns are the stack's outputs. */
export = function program(): Inputs | Promise<Inputs> {
  try {
    return deployAlai(stackDefinition(getStack()).composition, readStackConfiguration());
  } catch (error) {
    // Its message says where each mistake is; a stack trace of the program would only hide it.
    if (error instanceof InventoryError) throw new RunError(error.message);
    throw error;
  }
};
