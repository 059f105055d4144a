import type { PropertyMap } from "../../../../deployment/values/property-value";
import { certificateContentType } from "../../../../lib/secret-not-set";
import { ServiceError } from "../../../engine/provider";
import type { WorldObject } from "../../../world/world";
import { flagAt, mapsAt, textAt, textsAt } from "../../read-property";
import type { ServiceContext } from "../../type-rule";
import { nameOfId, parentOfId, sameId } from "../arm-id";
import { hasRole, pullRoles, readSecretRoles } from "../authorization";
import { imageType, isFetched, registryOfServer } from "../containerregistry";
import { isVaultReachableFromOutside, vaultOfUrl } from "../keyvault/vault";
import { secretVersions } from "../keyvault/vault-items";
import { assignedIdentities } from "../managedidentity";
import { closedWay } from "../network/private-endpoint";
import { identityType } from "../principals";
import { invalidTemplate } from "./container-template";

/** @throws when a Key Vault reference cannot be read: no role, no secret, or no way to the vault */
export function requireReadableSecrets(context: ServiceContext): void {
  for (const secret of mapsAt(context.inputs, "configuration.secrets")) {
    const url = textAt(secret, "keyVaultUrl");
    const identity = textAt(secret, "identity") ?? "";
    const reader = {
      principal: principalOf(context, identity),
      closedWay: (vault: WorldObject) => closedWayTo(context, vault),
    };
    const problem = url === undefined ? undefined : unreadableReason(context.world, reader, url);
    if (problem === undefined) continue;
    const name = textAt(secret, "name");
    throw invalidTemplate(
      "configuration.secrets",
      `Invalid value: "${name}": Unable to get value using Managed identity ${identity} for secret ${name}. Error: ${problem}`,
    );
  }
}

/** Who reads a secret. */
interface SecretReader {
  /** Undefined when the identity is not assigned to the app or environment (yet). */
  readonly principal: string | undefined;
  /** What keeps it from coming to a vault that is closed to the internet. */
  readonly closedWay: (vault: WorldObject) => string | undefined;
}

function unreadableReason(
  world: ServiceContext["world"],
  { principal, closedWay }: SecretReader,
  url: string,
): string | undefined {
  const vault = vaultOfUrl(world, url);
  if (vault === undefined) return `no such host: ${url}`;
  const [, name = "", version] = /\/secrets\/([^/]+)(?:\/([^/]+))?\/?$/.exec(url) ?? [];
  const secretId = `${vault.id}/secrets/${name}`;
  if (principal === undefined) return "the identity is not assigned to the app or environment";
  const allowed =
    flagAt(vault.properties, "properties.enableRbacAuthorization") === true
      ? hasRole(world, principal, secretId, readSecretRoles)
      : mapsAt(vault.properties, "properties.accessPolicies").some(
          (policy) =>
            sameId(textAt(policy, "objectId"), principal) &&
            textsAt(policy, "permissions.secrets").some((right) => /^(get|all)$/i.test(right)),
        );
  if (!allowed) return `unable to fetch secret: the identity may not read ${url}`;
  const closed = isVaultReachableFromOutside(vault.properties) ? undefined : closedWay(vault);
  if (closed !== undefined) return `public network access to ${url} is closed and, from the environment, ${closed}`;
  if (world.get("azure-native:keyvault:Secret", secretId) === undefined) return `SecretNotFound: ${url}`;
  if (version !== undefined && !secretVersions(world, secretId).includes(version)) return `SecretNotFound: ${url}`;
  return undefined;
}

/**
 * An environment reads its certificate as an app its secrets: as an identity that is assigned to it, through its network.
 * Source: microsoft/azure-container-apps#888, Azure/azure-rest-api-specs#37960, which do not tell the code; that of
 * hashicorp/terraform-provider-azurerm#28164 is of a certificate that is none.
 *
 * @throws when the environment cannot read the certificate, or the secret holds none
 */
export function requireReadableCertificate({ world, id, inputs }: ServiceContext): void {
  const url = textAt(inputs, "properties.certificateKeyVaultProperties.keyVaultUrl");
  if (url === undefined) return;
  const environment = world.get("azure-native:app:ManagedEnvironment", parentOfId(id));
  const properties = environment?.properties ?? {};
  const identity = textAt(inputs, "properties.certificateKeyVaultProperties.identity") ?? "";
  const isAssigned = assignedIdentities(properties).some((item) => sameId(item, identity));
  const subnet = textAt(properties, "vnetConfiguration.infrastructureSubnetId");
  const reader: SecretReader = {
    principal: isAssigned ? textAt(world.get(identityType, identity)?.properties ?? {}, "principalId") : undefined,
    closedWay: (vault) => (subnet === undefined ? "there is no network" : closedWay(world, parentOfId(subnet), vault)),
  };
  const unreadable = unreadableReason(world, reader, url);
  const of = `the Managed Environment '${nameOfId(parentOfId(id))}'`;
  if (unreadable !== undefined)
    throw new ServiceError("InvalidCertificate", `Error while creating domain cert for ${of}: ${unreadable}`);
  const secret = world.get("azure-native:keyvault:Secret", secretIdOfUrl(world, url) ?? "");
  if (textAt(secret?.properties ?? {}, "properties.contentType") === certificateContentType) return;
  throw new ServiceError("InvalidCertificate", `Error while creating domain cert for ${of}: ${url} holds no PKCS #12.`);
}

function secretIdOfUrl(world: ServiceContext["world"], url: string): string | undefined {
  const vault = vaultOfUrl(world, url);
  const [, name] = /\/secrets\/([^/]+)/.exec(url) ?? [];
  return vault === undefined || name === undefined ? undefined : `${vault.id}/secrets/${name}`;
}

/** @throws when an image cannot be pulled: the registry does not know the identity, or the image */
export function requirePullableImages(context: ServiceContext, running: ReadonlySet<string>): void {
  const containers = [
    ...mapsAt(context.inputs, "template.containers"),
    ...mapsAt(context.inputs, "template.initContainers"),
  ];
  for (const container of containers) {
    const image = textAt(container, "image") ?? "";
    const problem = running.has(image) ? unauthorizedReason(context, image) : unpullableReason(context, image);
    if (problem === undefined) continue;
    throw invalidTemplate(
      `template.containers.${textAt(container, "name")}.image`,
      `Invalid value: "${image}": GET https: ${problem}`,
    );
  }
}

function unpullableReason(context: ServiceContext, image: string): string | undefined {
  const unauthorized = unauthorizedReason(context, image);
  const [server = "", ...path] = image.split("/");
  const registry = registryOfServer(context.world, server);
  if (unauthorized !== undefined || registry === undefined) return unauthorized;
  const reference = path.join("/");
  const [repository = ""] = reference.split("@");
  if (isFetched(context.world, registry.id, repository)) return undefined;
  const exists = context.world
    .children(registry.id)
    .some((object) => object.kind === imageType && sameId(object.id, `${registry.id}/images/${reference}`));
  return exists
    ? undefined
    : "MANIFEST_UNKNOWN: manifest is not known to the registry: nothing of that name was pushed";
}

function unauthorizedReason(context: ServiceContext, image: string): string | undefined {
  const [server = ""] = image.split("/");
  if (!server.endsWith(".azurecr.io")) return undefined;
  const registry = registryOfServer(context.world, server);
  if (registry === undefined) return `no such host: ${server}`;
  const credentials = mapsAt(context.inputs, "configuration.registries").find((entry) =>
    sameId(textAt(entry, "server"), server),
  );
  if (flagAt(registry.properties, "anonymousPullEnabled") === true) return undefined;
  if (credentials === undefined)
    return "UNAUTHORIZED: authentication required: the registry is not among 'configuration.registries'";
  const identity = textAt(credentials, "identity");
  if (identity === undefined || identity === "") {
    return flagAt(registry.properties, "adminUserEnabled") === true
      ? undefined
      : "UNAUTHORIZED: the registry has no admin user";
  }
  const principal = principalOf(context, identity);
  if (principal === undefined) return "UNAUTHORIZED: the identity is not assigned to the app";
  if (!hasRole(context.world, principal, registry.id, pullRoles))
    return "UNAUTHORIZED: authentication required: the identity has no role AcrPull on the registry";
  const closed =
    textAt(registry.properties, "publicNetworkAccess") === "Disabled" ? closedWayTo(context, registry) : undefined;
  return closed === undefined ? undefined : `DENIED: public access is closed and, from the environment, ${closed}`;
}

/** The principal behind `system` or a user-assigned identity's id; undefined when the app does not have it (yet). */
function principalOf({ world, id, type, inputs }: ServiceContext, identity: string): string | undefined {
  if (identity.toLowerCase() === "system") {
    return textAt(world.get(type, id)?.properties ?? {}, "identity.principalId");
  }
  const assigned = assignedIdentities(inputs).some((item) => sameId(item, identity));
  return assigned ? textAt(world.get(identityType, identity)?.properties ?? {}, "principalId") : undefined;
}

function closedWayTo({ world, inputs }: ServiceContext, target: WorldObject, port?: string): string | undefined {
  const environment = world.get("azure-native:app:ManagedEnvironment", environmentIdOf(inputs) ?? "");
  const subnet = textAt(environment?.properties ?? {}, "vnetConfiguration.infrastructureSubnetId");
  return subnet === undefined ? "there is no network" : closedWay(world, parentOfId(subnet), target, port);
}

/** Services that containers are told of by their host, and the host of each. */
const hostsOfServices: Readonly<Record<string, (properties: PropertyMap) => string | undefined>> = {
  "azure-native:redisenterprise:RedisEnterprise": (properties) => textAt(properties, "hostName"),
  "azure-native:servicebus:Namespace": (properties) =>
    /^https:\/\/([^:/]+)/.exec(textAt(properties, "serviceBusEndpoint") ?? "")?.[1],
};

/**
 * Containers connect when they start: one that is told of a service it cannot come to never becomes ready, and neither does its
 * revision. Azure's answer ends with "Operation expired."; the sandbox says why.
 *
 * @throws when a variable leads to a closed service that the environment's network does not reach
 */
export function requireReachableServices(context: ServiceContext): void {
  const variables = mapsAt(context.inputs, "template.containers").flatMap((container) => mapsAt(container, "env"));
  for (const variable of variables) {
    const [, host, port] = /^(?:[a-z]+:\/\/)?([^:/@]+)(?::(\d+))?$/.exec(textAt(variable, "value") ?? "") ?? [];
    const target = host === undefined ? undefined : serviceOfHost(context, host);
    if (target === undefined || textAt(target.properties, "publicNetworkAccess") !== "Disabled") continue;
    const closed = closedWayTo(context, target, port);
    if (closed === undefined) continue;
    throw new ServiceError(
      "ContainerAppOperationError",
      `Failed to provision revision for container app '${nameOfId(context.id)}'. Error details: Operation expired. The container cannot connect to ${host} (${textAt(variable, "name")}): ${closed}.`,
    );
  }
}

function serviceOfHost({ world }: ServiceContext, host: string): WorldObject | undefined {
  return Object.entries(hostsOfServices)
    .flatMap(([type, hostOf]) => world.list(type).filter(({ properties }) => sameId(hostOf(properties), host)))
    .at(0);
}

/** The environment of an app or job, under its new and its old name. */
export function environmentIdOf(inputs: PropertyMap): string | undefined {
  return textAt(inputs, "environmentId") ?? textAt(inputs, "managedEnvironmentId");
}
