import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const containerAppSignIn: PolicyRule = {
  id: "container-app-sign-in",
  family: "identity",
  benchmarkRow: 50,
  controls: ["Azure Policy 2b585559"],
  description: "Where Container Apps ask users to sign in, they do so.",
  remediation: "Set platform.enabled to true.",
  level: "mandatory",
  types: ["azure-native:app:ContainerAppsAuthConfig"],
  evaluate: (config) => requireValue(read(config, "platform.enabled"), { oneOf: [true], absent: "violates" }),
};
