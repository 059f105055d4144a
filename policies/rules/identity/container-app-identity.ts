import type { PolicyRule } from "../../rule";
import { containerTypes } from "../shared/container-parts";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const containerAppIdentity: PolicyRule = {
  id: "container-app-identity",
  family: "identity",
  benchmarkRow: 44,
  controls: ["MCSB v2 IM-3", "Azure Policy b874ab2d"],
  description: "Container Apps and jobs have an identity of their own.",
  remediation: "Set identity.type to UserAssigned and name the identity.",
  level: "mandatory",
  types: containerTypes,
  evaluate: (app) =>
    requireValue(read(app, "identity.type"), {
      oneOf: ["UserAssigned", "SystemAssigned", "SystemAssigned,UserAssigned"],
      absent: "violates",
    }),
};
