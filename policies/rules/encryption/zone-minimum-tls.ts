import type { PolicyRule } from "../../rule";
import { requireZoneSetting, zoneSettingTypes } from "../shared/require-zone-setting";

export const zoneMinimumTls: PolicyRule = {
  id: "zone-minimum-tls",
  family: "encryption",
  benchmarkRow: 73,
  controls: ["Prowler zone_*"],
  description: "Zones refuse TLS below 1.2.",
  remediation: 'Set the zone setting min_tls_version to "1.2" or "1.3".',
  level: "mandatory",
  types: zoneSettingTypes,
  evaluate: (setting) => requireZoneSetting(setting, "min_tls_version", { oneOf: ["1.2", "1.3"], absent: "violates" }),
};
