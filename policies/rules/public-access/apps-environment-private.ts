import { anyOf } from "../../outcome";
import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const appsEnvironmentPrivate: PolicyRule = {
  id: "apps-environment-private",
  family: "public-access",
  benchmarkRow: 52,
  controls: ["MCSB v2 NS-2", "Azure Policy d074ddf8"],
  description: "Container Apps environments have no public address.",
  remediation: "Set vnetConfiguration.internal to true, or publicNetworkAccess to Disabled.",
  level: "mandatory",
  types: ["azure-native:app:ManagedEnvironment"],
  evaluate: (environment) =>
    anyOf([
      requireValue(read(environment, "vnetConfiguration.internal"), { oneOf: [true], absent: "violates" }),
      requireValue(read(environment, "publicNetworkAccess"), { oneOf: ["Disabled"], absent: "violates" }),
    ]),
};
