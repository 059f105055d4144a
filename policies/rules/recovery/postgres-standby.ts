import { notApplicable, undecided } from "../../outcome";
import type { PolicyRule } from "../../rule";
import { comparable, read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";
import { tierOf } from "../shared/service-tiers";

export const postgresStandby: PolicyRule = {
  id: "postgres-standby",
  family: "recovery",
  benchmarkRow: 27,
  controls: ["PSRule AZR-000434"],
  description:
    "In production, PostgreSQL servers have a standby in another zone: Burstable ones cannot, and may not hold what is of tier P0.",
  remediation:
    "Set highAvailability.mode to ZoneRedundant, with a sku.tier that allows it, or lower the tier that is promised.",
  level: "mandatory",
  types: ["azure-native:dbforpostgresql:Server"],
  evaluate: (server, stack) => {
    if (!stack.production) return notApplicable("the stack is not production");
    const size = read(server, "sku.tier");
    if (size.state === "unknown") return undecided(size.path);
    const isBurstable = size.state === "known" && comparable(size.value) === "burstable";
    const isCritical = tierOf(server.name, stack.tiers) === "P0";
    if (isBurstable && !isCritical) return notApplicable("Burstable servers cannot have a standby");
    return requireValue(read(server, "highAvailability.mode"), { oneOf: ["ZoneRedundant"], absent: "violates" });
  },
};
