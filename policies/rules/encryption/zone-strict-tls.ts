import type { PolicyRule } from "../../rule";
import { requireZoneSetting, zoneSettingTypes } from "../shared/require-zone-setting";

export const zoneStrictTls: PolicyRule = {
  id: "zone-strict-tls",
  family: "encryption",
  benchmarkRow: 73,
  controls: ["Prowler zone_*"],
  description: "Between the edge and the origin, certificates are checked.",
  remediation: "Set the zone setting ssl to strict.",
  level: "mandatory",
  types: zoneSettingTypes,
  evaluate: (setting) => requireZoneSetting(setting, "ssl", { oneOf: ["strict"], absent: "violates" }),
};
