import type { Provider } from "../engine/provider";
import type { World } from "../world/world";
import { azureNativeProvider } from "./azure-native";
import { cloudflareProvider } from "./cloudflare";
import { commandProvider } from "./command";
import type { EmulatedProviderOptions } from "./emulated-provider";
import { githubProvider } from "./github";
import { randomProvider } from "./random";
import { tailscaleProvider } from "./tailscale";

const providers: Readonly<Record<string, (world: World, options: EmulatedProviderOptions) => Provider>> = {
  "azure-native": azureNativeProvider,
  cloudflare: cloudflareProvider,
  command: commandProvider,
  github: githubProvider,
  random: randomProvider,
  tailscale: tailscaleProvider,
};

/** The packages that the sandbox has a cloud for. */
export const emulatedPackages: readonly string[] = Object.keys(providers);

/**
 * Makes providers over one emulated world: a new one for each provider resource, undefined for a package that the sandbox lacks.
 * A type without rules is reported once, however many providers meet it.
 */
export function emulatedProviders(
  world: World,
  options: EmulatedProviderOptions = {},
): (packageName: string) => Provider | undefined {
  const reported = new Set<string>();
  const onUnmodelledType = (type: string): void => {
    if (reported.has(type)) return;
    reported.add(type);
    options.onUnmodelledType?.(type);
  };
  return (packageName) =>
    Object.hasOwn(providers, packageName) ? providers[packageName]?.(world, { onUnmodelledType }) : undefined;
}
