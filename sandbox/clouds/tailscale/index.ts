import { type Provider, ServiceError } from "../../engine/provider";
import type { World } from "../../world/world";
import { EmulatedProvider, type EmulatedProviderOptions } from "../emulated-provider";
import { genericObject } from "../type-rule";
import { aclRule } from "./acl";
import { deviceRules } from "./devices";
import { dnsRules } from "./dns";
import { invokeTailscale } from "./functions";
import { keyAndSettingRules } from "./keys-and-settings";
import { canonicalPolicy } from "./policy-file";

/** The `tailscale` package over the emulated world: one tailnet with its policy, DNS, keys and devices. */
export function tailscaleProvider(world: World, options: EmulatedProviderOptions = {}): Provider {
  return new EmulatedProvider(
    {
      packageName: "tailscale",
      behaviour: {
        cloud: "tailscale",
        alreadyExists: (id) => new ServiceError("409", 409, `${id} already exists`),
        notFound: (id) => new ServiceError("404", 404, `${id} not found`),
        updateRecreates: false,
      },
      rules: [aclRule, ...dnsRules, ...deviceRules, ...keyAndSettingRules],
      unmodelledRule: genericObject,
      // Policies are the same when they say the same, however they are written.
      comparableText: (text, path) => (path.length === 1 && path[0] === "acl" ? canonicalPolicy(text) : text),
      invoke: invokeTailscale,
      comparesWithState: true,
      replacingConfig: ["tailnet"],
    },
    world,
    options,
  );
}
