import { notApplicable, violation } from "../../outcome";
import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireNumber } from "../shared/requirements";
import { tierOf } from "../shared/service-tiers";

export const containerAppReplicas: PolicyRule = {
  id: "container-app-replicas",
  family: "recovery",
  benchmarkRow: 47,
  controls: ["PSRule AZR-000413"],
  description: "In production, Container Apps have a tier, and those of tier P0 run at least twice.",
  remediation: "Declare the app in the stack's tiers; for P0 set template.scale.minReplicas to 2 or more.",
  level: "mandatory",
  types: ["azure-native:app:ContainerApp"],
  evaluate: (app, stack) => {
    if (!stack.production) return notApplicable("the stack is not production");
    const tier = tierOf(app.name, stack.tiers);
    if (tier === undefined) return violation(app.name, "has no tier, so nobody knows what it promises");
    if (tier !== "P0") return notApplicable("its tier allows the time that a new replica takes");
    return requireNumber(read(app, "template.scale.minReplicas"), { atLeast: 2, absent: "violates" });
  },
};
