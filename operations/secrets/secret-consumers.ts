import { isJsonObject } from "../../lib/json-value";
import { valueAt } from "../../lib/property-path";
import { heldContentType } from "../../lib/secret-not-set";
import { currentType } from "../../lib/type-token";
import { deployedServices } from "../delivery/app-traffic";
import { readDeployedResources } from "../drift/deployment-state";

/** A secret that a stack's program made. */
export interface DeployedSecret {
  readonly name: string;
  readonly vaultId: string;
  /** The program sets its value, too, for example with a token that it was given. */
  readonly isProgramsOwn: boolean;
}

/** An app or a job that reads a secret. */
export interface SecretConsumer {
  readonly name: string;
  readonly kind: "app" | "job";
  /** Its Azure id. */
  readonly id: string;
  /** The version that its program pins; undefined for one that follows the newest. */
  readonly pinned: string | undefined;
}

/** The secrets of a stack, from its exported state. */
export function deployedSecrets(state: unknown): readonly DeployedSecret[] {
  return readDeployedResources(state)
    .filter(({ type, owned }) => owned && currentType(type) === "azure-native:keyvault:Secret")
    .map(({ id, outputs }) => ({
      name: id.split("/").at(-1) ?? "",
      vaultId: id.replace(/\/secrets\/[^/]+$/, ""),
      isProgramsOwn: valueAt(outputs, ["properties", "contentType"]) === heldContentType,
    }));
}

/** The apps and jobs of a stack that read a secret, by the references in its exported state. */
export function consumersOf(state: unknown, { name, vaultId }: DeployedSecret): readonly SecretConsumer[] {
  const address = `https://${vaultId.split("/").at(-1)}.vault.azure.net/secrets/${name}`.toLowerCase();
  const services = [...deployedServices(state).values()];
  const outputs = new Map(readDeployedResources(state).map((resource) => [resource.urn, resource.outputs]));
  return services.flatMap(({ name: service, kind, id, urn }) => {
    const secrets = valueAt(outputs.get(urn), ["configuration", "secrets"]);
    const urls = (Array.isArray(secrets) ? secrets : [])
      .filter(isJsonObject)
      .map(({ keyVaultUrl }) => String(keyVaultUrl));
    const found = urls.find((url) => url.toLowerCase() === address || url.toLowerCase().startsWith(`${address}/`));
    return found === undefined
      ? []
      : [{ name: service, kind, id, pinned: found.slice(address.length + 1) || undefined }];
  });
}
