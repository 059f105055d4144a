import { previewEnvironment } from "../../../components/delivery/delivery-plan";
import type { SecretEntry } from "../../../components/key-vault/schema";
import { didYouMean } from "../../../lib/closest-name";
import { listed } from "../../../lib/located-yaml/messages";
import type { FileProblem } from "../../../lib/located-yaml/problem";
import type { InventoryContents } from "../files";
import { duplicates } from "./duplicates";

/** The secrets that an environment's vault holds, by name. */
export function vaultSecrets(
  { secrets }: Pick<InventoryContents, "secrets">,
  environment: string,
): readonly SecretEntry[] {
  return secrets.secrets
    .filter(({ environments }) => environments.includes(environment))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** Their names. */
export function secretNames(inventory: Pick<InventoryContents, "secrets">, environment: string): readonly string[] {
  return vaultSecrets(inventory, environment).map(({ name }) => name);
}

/** No secret is declared twice, and each is of environments that exist. */
export function secretsDiffer({
  secrets,
  environments,
}: Pick<InventoryContents, "secrets" | "environments">): readonly FileProblem[] {
  const file = "secrets.yaml";
  const known = Object.keys(environments.environments);
  const claims = secrets.secrets.map(({ name }, index) => ({ value: name, path: ["secrets", index, "name"] }));
  const strangers = secrets.secrets.flatMap((secret, index) =>
    secret.environments.flatMap((environment, position) => {
      if (known.includes(environment)) return [];
      const message = `no environment "${environment}" in environments.yaml${didYouMean(environment, known)}`;
      return [{ file, path: ["secrets", index, "environments", position], message }];
    }),
  );
  return [...duplicates({ file, what: "secrets", claims }), ...strangers];
}

/**
 * What a service asks for is declared, in every environment that has a vault: a secret that nobody declared would be an empty one that
 * nobody sets.
 */
export function servicesHaveSecrets(
  inventory: Pick<InventoryContents, "services" | "secrets" | "environments">,
): readonly FileProblem[] {
  return inventory.services.services.flatMap(({ secrets = {} }, index) =>
    Object.entries(secrets).flatMap(([variable, { secret }]) => {
      const without = environmentsWithVault(inventory).filter(
        (environment) => !secretNames(inventory, environment).includes(secret),
      );
      if (without.length === 0) return [];
      const hint = didYouMean(
        secret,
        without.flatMap((environment) => secretNames(inventory, environment)),
      );
      const message = `no secret "${secret}" in secrets.yaml for ${listed(without)}${hint}`;
      return [{ file: "services.yaml", path: ["services", index, "secrets", variable, "secret"], message }];
    }),
  );
}

/** Every environment that lasts has a vault; previews of pull requests have none. */
export function environmentsWithVault({ environments }: Pick<InventoryContents, "environments">): readonly string[] {
  return Object.keys(environments.environments).filter((name) => name !== previewEnvironment);
}
