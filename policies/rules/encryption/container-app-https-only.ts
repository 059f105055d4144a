import { notApplicable } from "../../outcome";
import type { PolicyRule } from "../../rule";
import { read, readWithin } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const containerAppHttpsOnly: PolicyRule = {
  id: "container-app-https-only",
  family: "encryption",
  benchmarkRow: 42,
  controls: ["Azure Policy 0e80e269", "PSRule Azure.ContainerApp.Insecure"],
  description: "Container Apps redirect HTTP to HTTPS.",
  remediation: "Set configuration.ingress.allowInsecure to false.",
  level: "mandatory",
  types: ["azure-native:app:ContainerApp"],
  evaluate: (app) => {
    const ingress = read(app, "configuration.ingress");
    if (ingress.state === "absent") return notApplicable("the app has no ingress");
    return requireValue(readWithin(ingress, "allowInsecure"), { oneOf: [false], absent: "violates" });
  },
};
