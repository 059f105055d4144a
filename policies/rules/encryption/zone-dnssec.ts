import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const zoneDnssec: PolicyRule = {
  id: "zone-dnssec",
  family: "encryption",
  benchmarkRow: 73,
  controls: ["Prowler zone_*"],
  description: "Zones sign their answers with DNSSEC.",
  remediation: "Set status to active.",
  level: "mandatory",
  types: ["cloudflare:index/zoneDnssec:ZoneDnssec"],
  evaluate: (dnssec) => requireValue(read(dnssec, "status"), { oneOf: ["active"], absent: "violates" }),
};
