import type { Provider } from "../../engine/provider";
import type { World } from "../../world/world";
import type { EmulatedProviderOptions } from "../emulated-provider";
import { StateOnlyProvider } from "../state-only-provider";
import { randomTypes } from "./random-types";

/** The `random` package. Its values are truly random, made once, and kept in the state alone: it needs no world. */
export function randomProvider(_world: World, _options: EmulatedProviderOptions = {}): Provider {
  return new StateOnlyProvider("random", randomTypes);
}
