import { type Inputs, runtime } from "@pulumi/pulumi";
import { stackTransformation } from "../../components/context/stack-transformation";
import { refusal } from "../../lib/refusal";
import type { SystemProgram } from "../registry";
import type { StackConfiguration } from "../stack-configuration";
import { type AlaiInventory, loadAlaiInventory } from "./inventory";
import { alaiSettings } from "./settings";

/** Deploys one of ALAI's stacks and returns its outputs. */
type Composition = (configuration: StackConfiguration, inventory: AlaiInventory) => Inputs | Promise<Inputs>;

/** ALAI: who owns what is in docs/architecture.md. Every stack reads the same inventory and takes its part of it. */
export const alai: SystemProgram = { settings: alaiSettings, deploy };

/** @throws {LocatedError} before anything is made, when the inventory is wrong */
function deploy(composition: string, configuration: StackConfiguration): Inputs | Promise<Inputs> {
  const inventory = loadAlaiInventory();
  runtime.registerStackTransformation(stackTransformation(configuration.context));
  return loadComposition(composition)(configuration, inventory);
}

/** Loads only the composition that is asked for: each brings its own providers' packages, which take long to load. */
function loadComposition(name: string): Composition {
  switch (name) {
    case "bootstrap":
      return (require("./bootstrap") as typeof import("./bootstrap")).bootstrap;
    case "prod":
      return (require("./prod") as typeof import("./prod")).prod;
    case "dev":
      return (require("./dev") as typeof import("./dev")).dev;
    case "hosts":
      return (require("./hosts") as typeof import("./hosts")).hosts;
    case "preview":
      return (require("../preview-composition") as typeof import("../preview-composition")).preview;
    default:
      throw refusal(`composition "${name}"`, ["stacks/systems.yaml names it, and stacks/alai does not have it"]);
  }
}
