import { containerTypes } from "../../container-parts";
import { allOf, notApplicable } from "../../outcome";
import { items, read, readWithin } from "../../property-reading";
import { requireEmpty, requireSet } from "../../requirements";
import type { PolicyRule } from "../../rule";

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
