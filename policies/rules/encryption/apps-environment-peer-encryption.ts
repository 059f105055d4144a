import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const appsEnvironmentPeerEncryption: PolicyRule = {
  id: "apps-environment-peer-encryption",
  family: "encryption",
  benchmarkRow: 55,
  controls: ["AVM"],
  description: "Traffic between the apps of an environment is encrypted.",
  remediation: "Set peerTrafficConfiguration.encryption.enabled to true.",
  level: "mandatory",
  types: ["azure-native:app:ManagedEnvironment"],
  evaluate: (environment) =>
    requireValue(read(environment, "peerTrafficConfiguration.encryption.enabled"), {
      oneOf: [true],
      absent: "violates",
    }),
};
