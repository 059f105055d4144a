import { allOf, notApplicable } from "../../outcome";
import type { PolicyRule } from "../../rule";
import { containerTypes } from "../shared/container-parts";
import { items, read, readWithin } from "../shared/property-reading";
import { requireEmpty, requireSet } from "../shared/requirements";

export const containerAppSecretReference: PolicyRule = {
  id: "container-app-secret-reference",
  family: "identity",
  benchmarkRow: 46,
  controls: ["Own"],
  description: "Secrets of Container Apps and jobs stay in the vault; the app has references to them.",
  remediation: "Give secrets[].keyVaultUrl and secrets[].identity instead of a value.",
  level: "mandatory",
  types: containerTypes,
  evaluate: (app) => {
    const secrets = items(read(app, "configuration.secrets"));
    if (secrets.length === 0) return notApplicable("it has no secrets");
    return allOf(
      secrets.flatMap((secret) => [
        requireSet(readWithin(secret, "keyVaultUrl")),
        requireSet(readWithin(secret, "identity")),
        requireEmpty(readWithin(secret, "value"), "is the secret itself"),
      ]),
    );
  },
};
