import type { PolicyRule } from "../../rule";
import { requireZoneSetting, zoneSettingTypes } from "../shared/require-zone-setting";

export const zoneHttpsOnly: PolicyRule = {
  id: "zone-https-only",
  family: "encryption",
  benchmarkRow: 73,
  controls: ["Prowler zone_*"],
  description: "Zones send HTTP to HTTPS.",
  remediation: "Set the zone setting always_use_https to on.",
  level: "mandatory",
  types: zoneSettingTypes,
  evaluate: (setting) => requireZoneSetting(setting, "always_use_https", { oneOf: ["on"], absent: "violates" }),
};
