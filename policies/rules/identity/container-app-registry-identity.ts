import { allOf, notApplicable } from "../../outcome";
import type { PolicyRule } from "../../rule";
import { containerTypes } from "../shared/container-parts";
import { items, read, readWithin } from "../shared/property-reading";
import { requireEmpty, requireSet } from "../shared/requirements";

export const containerAppRegistryIdentity: PolicyRule = {
  id: "container-app-registry-identity",
  family: "identity",
  benchmarkRow: 45,
  controls: ["Own"],
  description: "Container Apps and jobs pull images with an identity, not with a password.",
  remediation: "Give registries[].identity, and take out username and passwordSecretRef.",
  level: "mandatory",
  types: containerTypes,
  evaluate: (app) => {
    const registries = items(read(app, "configuration.registries"));
    if (registries.length === 0) return notApplicable("it pulls from no registry that asks who it is");
    return allOf(
      registries.flatMap((registry) => [
        requireSet(readWithin(registry, "identity")),
        requireEmpty(readWithin(registry, "passwordSecretRef"), "pulls with a password"),
      ]),
    );
  },
};
