import type { Provider } from "../../engine/provider";
import type { World } from "../../world/world";
import type { EmulatedProviderOptions } from "../emulated-provider";
import { StateOnlyProvider } from "../state-only-provider";
import { commandTypes } from "./command-types";

/** The `command` package: commands and copies that are never run, on hosts that the world has or has not. */
export function commandProvider(world: World, _options: EmulatedProviderOptions = {}): Provider {
  return new StateOnlyProvider("command", commandTypes(world));
}
