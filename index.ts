import { getStack, type Inputs } from "@pulumi/pulumi";
import { deployAlai } from "./stacks/alai";
import { readStackConfiguration } from "./stacks/stack-configuration";
import { stackDefinition } from "./stacks/stack-registry";

/** The program: the composition of the stack that is being deployed. What it returns are the stack's outputs. */
export = function program(): Inputs | Promise<Inputs> {
  return deployAlai(stackDefinition(getStack()).composition, readStackConfiguration());
};
