import { isIP } from "node:net";
import type { PropertyMap } from "../../../deployment/values/property-value";
import { ServiceError } from "../../engine/provider";
import type { WorldObject, WorldReading } from "../../world/world";
import { flagAt, textAt, textsAt } from "../read-property";
import type { ServiceContext, TypeRule } from "../type-rule";
import { deviceKind, refuseUnownedTags } from "./acl";

/** The device of that id: its `nodeId`, or the older numeric id. */
function findDevice(world: WorldReading, id: string): WorldObject | undefined {
  return world.get(deviceKind, id) ?? world.list(deviceKind).find(({ properties }) => properties.id === id);
}

function requireDevice({ world, inputs }: ServiceContext): WorldObject {
  const id = textAt(inputs, "deviceId") ?? "";
  const device = findDevice(world, id);
  if (device === undefined) throw new ServiceError("404", `no manageable device matching the ID: ${id}`, 404);
  return device;
}

interface DeviceSetting {
  readonly type: string;
  readonly required: readonly string[];
  readonly unordered?: readonly string[];
  readonly refuse?: (context: ServiceContext, device: WorldObject) => void;
  /** What the device has then. */
  readonly applied: (inputs: PropertyMap) => PropertyMap;
  /** What it has after the setting is deleted. */
  readonly reset: PropertyMap;
}

/** A setting of a device that joined the tailnet by itself. */
function deviceSetting({ type, required, unordered = [], refuse, applied, reset }: DeviceSetting): TypeRule {
  const apply = (context: ServiceContext): void => {
    const device = requireDevice(context);
    refuse?.(context, device);
    context.world.put({ ...device, properties: { ...device.properties, ...applied(context.inputs) } });
  };
  return {
    type,
    identity: { kind: "named", id: (inputs) => textAt(inputs, "deviceId") ?? "", inputs: (id) => ({ deviceId: id }) },
    takesOverExisting: true,
    required: ["deviceId", ...required],
    createOnly: ["deviceId"],
    unordered,
    service: {
      create: apply,
      update: apply,
      delete: ({ world, inputs }) => {
        const device = findDevice(world, textAt(inputs, "deviceId") ?? "");
        if (device !== undefined) world.put({ ...device, properties: { ...device.properties, ...reset } });
      },
    },
  };
}

export const deviceRules: readonly TypeRule[] = [
  deviceSetting({
    type: "tailscale:index/deviceTags:DeviceTags",
    required: ["tags"],
    unordered: ["tags"],
    refuse: (context) => refuseUnownedTags(context),
    applied: (inputs) => ({ tags: textsAt(inputs, "tags") }),
    reset: { tags: [] },
  }),
  deviceSetting({
    type: "tailscale:index/deviceKey:DeviceKey",
    required: [],
    applied: (inputs) => ({ keyExpiryDisabled: flagAt(inputs, "keyExpiryDisabled") ?? false }),
    reset: { keyExpiryDisabled: false },
  }),
  deviceSetting({
    type: "tailscale:index/deviceAuthorization:DeviceAuthorization",
    required: ["authorized"],
    refuse: ({ inputs }, device) => {
      if (flagAt(inputs, "authorized") === true || flagAt(device.properties, "authorized") !== true) return;
      throw new ServiceError("400", "an authorized device cannot be deauthorized: remove it from the tailnet instead");
    },
    applied: (inputs) => ({ authorized: flagAt(inputs, "authorized") ?? false }),
    reset: {},
  }),
  deviceSetting({
    type: "tailscale:index/deviceSubnetRoutes:DeviceSubnetRoutes",
    required: ["routes"],
    unordered: ["routes"],
    refuse: ({ inputs }) => refuseRoutes(textsAt(inputs, "routes")),
    applied: (inputs) => ({ enabledRoutes: textsAt(inputs, "routes") }),
    reset: { enabledRoutes: [] },
  }),
];

function refuseRoutes(routes: readonly string[]): void {
  for (const route of routes) {
    const [network = "", prefix = ""] = route.split("/");
    const longest = isIP(network) === 4 ? 32 : 128;
    if (isIP(network) !== 0 && /^\d+$/.test(prefix) && Number(prefix) <= longest) continue;
    throw new ServiceError("400", `invalid route "${route}": expected an address range such as 10.0.0.0/16`);
  }
}
