import { notApplicable } from "../../outcome";
import type { PolicyRule } from "../../rule";
import { comparable, read } from "./property-reading";
import { type Requirement, requireValue } from "./requirements";

export const zoneSettingTypes = ["cloudflare:index/zoneSetting:ZoneSetting"];

/** Requires a setting of a zone to hold one of some values. Other settings are not applicable. */
export function requireZoneSetting(id: string, requirement: Requirement): PolicyRule["evaluate"] {
  return (setting) => {
    const given = read(setting, "settingId");
    const isMeant = given.state === "known" && comparable(given.value) === id;
    return isMeant ? requireValue(read(setting, "value"), requirement) : notApplicable(`the setting is not ${id}`);
  };
}
