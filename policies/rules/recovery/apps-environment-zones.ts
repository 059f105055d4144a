import { notApplicable } from "../../outcome";
import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const appsEnvironmentZones: PolicyRule = {
  id: "apps-environment-zones",
  family: "recovery",
  benchmarkRow: 54,
  controls: ["PSRule AZR-000414"],
  description: "In production, Container Apps environments are spread over zones.",
  remediation: "Set zoneRedundant to true. It is fixed when the environment is made.",
  level: "mandatory",
  types: ["azure-native:app:ManagedEnvironment"],
  evaluate: (environment, stack) => {
    if (!stack.production) return notApplicable("the stack is not production");
    return requireValue(read(environment, "zoneRedundant"), { oneOf: [true], absent: "violates" });
  },
};
