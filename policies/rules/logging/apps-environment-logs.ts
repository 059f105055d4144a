import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const appsEnvironmentLogs: PolicyRule = {
  id: "apps-environment-logs",
  family: "logging",
  benchmarkRow: 56,
  controls: ["AVM"],
  description: "Container Apps environments send their logs somewhere.",
  remediation: "Set appLogsConfiguration.destination to azure-monitor or log-analytics.",
  level: "mandatory",
  types: ["azure-native:app:ManagedEnvironment"],
  evaluate: (environment) =>
    requireValue(read(environment, "appLogsConfiguration.destination"), {
      oneOf: ["azure-monitor", "log-analytics"],
      absent: "violates",
    }),
};
