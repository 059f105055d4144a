import type { PropertyMap } from "../../../../deployment/values/property-value";
import { ServiceError } from "../../../engine/provider";
import { listAt, mapsAt, numberAt, textAt } from "../../read-property";
import type { ServiceContext } from "../../type-rule";

/**
 * Processor cores and gibibytes that the Consumption profile gives to all containers of an app together.
 * Source: Azure documentation, "Containers in Azure Container Apps: vCPU and memory allocation requirements".
 */
const consumptionPairs = Array.from({ length: 16 }, (_, index) => ({
  cpu: (index + 1) * 0.25,
  memory: (index + 1) * 0.5,
}));

/** @throws ContainerAppInvalidResourceTotal when the containers ask for a pair that the Consumption profile does not have */
export function requireResourcePair(inputs: PropertyMap): void {
  const containers = mapsAt(inputs, "template.containers");
  const given = containers.filter((container) => numberAt(container, "resources.cpu") !== undefined);
  if (given.length === 0) return;
  const cpu = given.reduce((sum, container) => sum + (numberAt(container, "resources.cpu") ?? 0), 0);
  const memory = given.reduce((sum, container) => sum + gibibytes(textAt(container, "resources.memory")), 0);
  if (consumptionPairs.some((pair) => pair.cpu === cpu && pair.memory === memory)) return;
  const pairs = consumptionPairs.map((pair) => `[cpu: ${pair.cpu}, memory: ${pair.memory}Gi]`).join("; ");
  throw new ServiceError(
    "ContainerAppInvalidResourceTotal",
    `The total requested CPU and memory resources for this application (CPU: ${cpu}, memory: ${memory}) is invalid. Total CPU and memory for all containers defined in a Container App must add up to one of the following CPU - Memory combinations: ${pairs}`,
  );
}

function gibibytes(memory: string | undefined): number {
  const match = /^(\d+(?:\.\d+)?)(Gi|Mi)$/.exec(memory ?? "");
  if (match === null) return Number.NaN;
  return match[2] === "Gi" ? Number(match[1]) : Number(match[1]) / 1024;
}

/** @throws what Container Apps has against an app's or job's secrets: their names, their sources, and who names one that is not there */
export function requireSecrets(inputs: PropertyMap): void {
  requireSecretNames(inputs);
  requireSecretSources(inputs);
  requireDeclaredSecrets(inputs);
}

/** Source: the answer in Azure/container-apps-deploy-action#116. In microsoft/azure-container-apps#495, of 2022, it was 63 with dots. */
const secretName = { pattern: /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, maximumLength: 253 };

function requireSecretNames(inputs: PropertyMap): void {
  const names = mapsAt(inputs, "configuration.secrets").map((secret) => textAt(secret, "name") ?? "");
  const wrong = names.find((name) => !secretName.pattern.test(name) || name.length > secretName.maximumLength);
  if (wrong !== undefined) {
    throw invalidSecretName(
      `Secret name has an invalid value '${wrong}'. A value must consist of lower case alphanumeric characters, '-', and must start and end with an alphanumeric character. The length must not be more than ${secretName.maximumLength} characters.`,
    );
  }
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) throw invalidSecretName(`Secret name '${twice}' is given more than once.`);
}

function invalidSecretName(message: string): ServiceError {
  return new ServiceError("ContainerAppInvalidSecretName", message);
}

/** @throws ContainerAppSecretRefNotFound when a container or the registry names a secret that is not declared */
function requireDeclaredSecrets(inputs: PropertyMap): void {
  const declared = new Set(mapsAt(inputs, "configuration.secrets").map((secret) => textAt(secret, "name")));
  const containers = [...mapsAt(inputs, "template.containers"), ...mapsAt(inputs, "template.initContainers")];
  const wanted = [
    ...containers.flatMap((container) =>
      mapsAt(container, "env").map((entry) => ({
        user: `container '${textAt(container, "name")}'`,
        secret: textAt(entry, "secretRef"),
      })),
    ),
    ...mapsAt(inputs, "template.scale.rules").flatMap((rule) =>
      mapsAt(rule, "custom.auth").map((auth) => ({
        user: `scale rule '${textAt(rule, "name")}'`,
        secret: textAt(auth, "secretRef"),
      })),
    ),
    ...mapsAt(inputs, "configuration.registries").map((entry) => ({
      user: `registry '${textAt(entry, "server")}'`,
      secret: textAt(entry, "passwordSecretRef"),
    })),
  ];
  const missing = wanted.find(({ secret }) => secret !== undefined && secret !== "" && !declared.has(secret));
  if (missing === undefined) return;
  throw new ServiceError(
    "ContainerAppSecretRefNotFound",
    `SecretRef '${missing.secret}' defined for ${missing.user} not found.`,
  );
}

/** @throws ContainerAppSecretInvalid when a secret has neither or both of a value and a Key Vault address with an identity */
function requireSecretSources(inputs: PropertyMap): void {
  const wrong = mapsAt(inputs, "configuration.secrets").filter((secret) => {
    const hasValue = secret.value !== undefined;
    const hasReference = secret.keyVaultUrl !== undefined && secret.identity !== undefined;
    return hasValue ? secret.keyVaultUrl !== undefined : !hasReference;
  });
  if (wrong.length === 0) return;
  const names = wrong.map((secret) => `'${textAt(secret, "name")}'`).join(", ");
  throw new ServiceError(
    "ContainerAppSecretInvalid",
    `Invalid Request: Container app secret(s) with name(s) ${names} are invalid: value or keyVaultUrl and identity should be provided.`,
  );
}

/** @throws ContainerAppImageRequired when no container says what to run */
export function requireContainers({ inputs, id }: ServiceContext): void {
  const containers = listAt(inputs, "template.containers");
  const complete = mapsAt(inputs, "template.containers").filter(
    (container) => textAt(container, "image") !== undefined && textAt(container, "name") !== undefined,
  );
  if (containers.length > 0 && complete.length === containers.length) return;
  throw new ServiceError(
    "ContainerAppImageRequired",
    `The template of '${id}' needs at least one container, each with a name and an image.`,
  );
}

/** A refusal of what a template says, in the one form that Container Apps uses for most of them. */
export function invalidTemplate(field: string, details: string): ServiceError {
  return new ServiceError(
    "InvalidParameterValueInContainerTemplate",
    `The following field(s) are either invalid or missing. Field '${field}' is invalid with details: '${details}';.`,
  );
}
