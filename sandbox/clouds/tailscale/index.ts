import type { PropertyMap } from "../../../deployment/values/property-value";
import { standardizeHuJson } from "../../../lib/hujson";
import { type Provider, ServiceError } from "../../engine/provider";
import type { World, WorldObject, WorldReading } from "../../world/world";
import {
  answerFunctions,
  type EmulatedFunction,
  EmulatedProvider,
  type EmulatedProviderOptions,
} from "../emulated-provider";
import { mapsAt, textAt, textsAt } from "../read-property";
import { genericObject } from "../type-rule";
import { aclRule, currentPolicyText, deviceKind } from "./acl";
import { deviceRules } from "./devices";
import { dnsRules } from "./dns";
import { keyAndSettingRules } from "./keys-and-settings";
import { canonicalPolicy } from "./policy-file";

/** The `tailscale` package over the emulated world: one tailnet with its policy, DNS, keys and devices. */
export function tailscaleProvider(world: World, options: EmulatedProviderOptions = {}): Provider {
  return new EmulatedProvider(
    {
      packageName: "tailscale",
      behaviour: {
        cloud: "tailscale",
        alreadyExists: (id) => new ServiceError("409", `${id} already exists`, 409),
        notFound: (id) => new ServiceError("404", `${id} not found`, 404),
        updateRecreates: false,
      },
      rules: [aclRule, ...dnsRules, ...deviceRules, ...keyAndSettingRules],
      unmodelledRule: genericObject,
      // Policies are the same when they say the same, however they are written.
      comparableText: (text, path) => (path.length === 1 && path[0] === "acl" ? canonicalPolicy(text) : text),
      ...answerFunctions(functions),
      comparesWithState: true,
      replacingConfig: ["tailnet"],
    },
    world,
    options,
  );
}

const functions: Readonly<Record<string, EmulatedFunction>> = {
  "tailscale:index/getDevice:getDevice": getDevice,
  "tailscale:index/getDevices:getDevices": getDevices,
  "tailscale:index/getAcl:getAcl": getAcl,
};

function getDevice(args: PropertyMap, world: WorldReading): PropertyMap {
  const name = textAt(args, "name");
  const hostname = textAt(args, "hostname");
  if ((name === undefined) === (hostname === undefined)) {
    throw new ServiceError("400", "exactly one of `name` and `hostname` must be given");
  }
  const device = world
    .list(deviceKind)
    .find(({ properties }) => (name === undefined ? properties.hostname === hostname : properties.name === name));
  if (device !== undefined) return { ...device.properties, ...args, id: device.id };
  throw new ServiceError(
    "404",
    `could not find device with ${name === undefined ? "hostname" : "name"} "${name ?? hostname}"`,
    404,
  );
}

function getDevices(args: PropertyMap, world: WorldReading): PropertyMap {
  const prefix = textAt(args, "namePrefix") ?? "";
  const devices = world
    .list(deviceKind)
    .filter(({ properties }) => (textAt(properties, "name") ?? "").startsWith(prefix))
    .filter((device) => mapsAt(args, "filters").every((filter) => passes(device, filter)));
  return { ...args, id: "devices", devices: devices.map(({ properties }) => properties) };
}

function passes({ properties }: WorldObject, filter: PropertyMap): boolean {
  const name = textAt(filter, "name") ?? "";
  const values = textsAt(filter, "values");
  const own = name === "tags" ? textsAt(properties, "tags") : [String(properties[name] ?? "")];
  return own.some((value) => values.includes(value));
}

function getAcl(_args: PropertyMap, world: WorldReading): PropertyMap {
  const hujson = currentPolicyText(world);
  return { id: "acl", hujson, json: JSON.stringify(JSON.parse(standardizeHuJson(hujson))) };
}
