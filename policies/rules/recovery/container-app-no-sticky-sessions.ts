import { notApplicable } from "../../outcome";
import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const containerAppNoStickySessions: PolicyRule = {
  id: "container-app-no-sticky-sessions",
  family: "recovery",
  benchmarkRow: 48,
  controls: ["PSRule AZR-000378"],
  description: "Container Apps answer any request from any replica.",
  remediation: "Set configuration.ingress.stickySessions.affinity to none, or leave it out.",
  level: "mandatory",
  types: ["azure-native:app:ContainerApp"],
  evaluate: (app) => {
    const ingress = read(app, "configuration.ingress");
    if (ingress.state === "absent") return notApplicable("the app has no ingress");
    return requireValue(read(app, "configuration.ingress.stickySessions.affinity"), {
      oneOf: ["none"],
      absent: "complies",
    });
  },
};
