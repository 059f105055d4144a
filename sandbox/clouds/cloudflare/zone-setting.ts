import { ServiceError } from "../../engine/provider";
import { flagAt, textAt, valueAt } from "../property-path";
import type { ServiceContext, TypeRule } from "../type-rule";
import { requireZone } from "./service-lookup";
import { enabledSetting, expectedSettingValue, zoneSettings } from "./zone-setting-values";

/** One setting of a zone. It exists with the zone; making it changes it, deleting it gives it back to the zone. */
export const zoneSettingRule: TypeRule = {
  type: "cloudflare:index/zoneSetting:ZoneSetting",
  identity: {
    kind: "named",
    id: (inputs) => `${textAt(inputs, "zoneId") ?? ""}/${textAt(inputs, "settingId") ?? ""}`,
    inputs: (id) => ({ zoneId: id.slice(0, id.indexOf("/")), settingId: id.slice(id.indexOf("/") + 1) }),
  },
  takesOverExisting: true,
  required: ["zoneId", "settingId"],
  createOnly: ["zoneId", "settingId"],
  service: { create: refuseSetting, update: refuseSetting },
  computed: { names: ["editable"], stable: ["editable"], values: () => ({ editable: true }) },
};

function refuseSetting({ world, inputs }: ServiceContext): void {
  requireZone(world, textAt(inputs, "zoneId") ?? "");
  const id = textAt(inputs, "settingId") ?? "";
  if (id === enabledSetting) {
    if (flagAt(inputs, "enabled") !== undefined) return;
    throw new ServiceError("1007", 400, `Invalid value for zone setting ${id}: expected 'enabled' instead of 'value'`);
  }
  const setting = Object.hasOwn(zoneSettings, id) ? zoneSettings[id] : undefined;
  if (setting === undefined) throw new ServiceError("1006", 400, `Unrecognized zone setting name: ${id}`);
  const expected = expectedSettingValue(setting, valueAt(inputs, "value"));
  if (expected !== undefined) {
    throw new ServiceError("1007", 400, `Invalid value for zone setting ${id}: expected ${expected}`);
  }
}
