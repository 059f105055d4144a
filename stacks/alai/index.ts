import { type Inputs, RunError, runtime } from "@pulumi/pulumi";
import { tagTransformation } from "../../components/tags/tag-transformation";
import { InventoryError } from "../../lib/located-yaml/inventory-error";
import type { StackDefinition } from "../registry";
import type { StackConfiguration } from "../stack-configuration";
import { type AlaiInventory, loadAlaiInventory } from "./inventory";

/** Deploys one of ALAI's stacks and returns its outputs. */
export type Composition = (configuration: StackConfiguration, inventory: AlaiInventory) => Inputs | Promise<Inputs>;

/**
 * ALAI: who owns what is in docs/architecture.md. Every stack reads the same inventory and takes its part of it.
 *
 * @throws before anything is made, when the inventory is wrong
 */
export function deployAlai(
  stack: StackDefinition["composition"],
  configuration: StackConfiguration,
): Inputs | Promise<Inputs> {
  const inventory = readInventory();
  runtime.registerStackTransformation(tagTransformation(configuration.context));
  return composition(stack)(configuration, inventory);
}

/** The engines show a run error without the stack of a program that is not at fault. */
function readInventory(): AlaiInventory {
  try {
    return loadAlaiInventory();
  } catch (error) {
    if (error instanceof InventoryError) throw new RunError(error.message);
    throw error;
  }
}

/** Loads only the composition that is asked for: each brings its own providers' packages, which take long to load. */
function composition(stack: StackDefinition["composition"]): Composition {
  switch (stack) {
    case "bootstrap":
      return (require("./bootstrap") as typeof import("./bootstrap")).bootstrap;
    case "prod":
      return (require("./prod") as typeof import("./prod")).prod;
    case "dev":
      return (require("./dev") as typeof import("./dev")).dev;
    case "hosts":
      return (require("./hosts") as typeof import("./hosts")).hosts;
    case "preview":
      return (require("./preview") as typeof import("./preview")).preview;
  }
}
