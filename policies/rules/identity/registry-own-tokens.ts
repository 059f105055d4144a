import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const registryOwnTokens: PolicyRule = {
  id: "registry-own-tokens",
  family: "identity",
  benchmarkRow: 65,
  controls: ["Azure Policy 42781ec6"],
  description: "Container registries take tokens made for them only, none made for Azure as a whole.",
  remediation: "Set policies.azureADAuthenticationAsArmPolicy.status to disabled.",
  // An option: Container Apps pull with a token made for Azure, so it would keep every app from starting.
  level: "disabled",
  types: ["azure-native:containerregistry:Registry"],
  evaluate: (registry) =>
    requireValue(read(registry, "policies.azureADAuthenticationAsArmPolicy.status"), {
      oneOf: ["disabled"],
      absent: "violates",
    }),
};
