import { allOf, anyOf, compliant, notApplicable, type RuleOutcome, undecided, violation } from "../../outcome";
import type { PolicyRule } from "../../rule";
import { anyReading } from "../shared/known-decision";
import { comparable, items, type Reading, read, readWithin } from "../shared/property-reading";

export const containerAppProbes: PolicyRule = {
  id: "container-app-probes",
  family: "recovery",
  benchmarkRow: 49,
  controls: ["AVM"],
  description: "Container Apps that answer requests are asked whether they live and whether they are ready.",
  remediation: "Give a container probes of type Liveness and Readiness.",
  level: "mandatory",
  types: ["azure-native:app:ContainerApp"],
  evaluate: (app) => {
    const ingress = read(app, "configuration.ingress");
    if (ingress.state === "absent") return notApplicable("the app has no ingress");
    const containers = items(read(app, "template.containers"));
    if (containers.length === 0) return violation("template.containers", "is empty");
    return anyOf(containers.map((container) => requireProbes(readWithin(container, "probes"))));
  },
};

function requireProbes(probes: Reading): RuleOutcome {
  const types = items(probes).map((probe) => readWithin(probe, "type"));
  return allOf(
    ["Liveness", "Readiness"].map((wanted) => {
      const found = anyReading(types, (type) => comparable(type) === wanted.toLowerCase());
      if (found.decision === "unknown") return undecided(found.path);
      return found.decision === "yes" ? compliant : violation(probes.path, `has no ${wanted} probe`);
    }),
  );
}
