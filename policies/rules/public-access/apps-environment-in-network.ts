import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireSet } from "../shared/requirements";

export const appsEnvironmentInNetwork: PolicyRule = {
  id: "apps-environment-in-network",
  family: "public-access",
  benchmarkRow: 53,
  controls: ["Azure Policy 8b346db6"],
  description: "Container Apps environments are in a network of ours.",
  remediation: "Give vnetConfiguration.infrastructureSubnetId.",
  level: "mandatory",
  types: ["azure-native:app:ManagedEnvironment"],
  evaluate: (environment) => requireSet(read(environment, "vnetConfiguration.infrastructureSubnetId")),
};
