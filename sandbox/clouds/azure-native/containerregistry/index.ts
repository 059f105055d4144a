import type { PropertyMap } from "../../../../deployment/values/property-value";
import { ServiceError } from "../../../engine/provider";
import type { WorldTransaction } from "../../../world/world";
import { flagAt, listAt, textAt } from "../../read-property";
import type { ServiceContext } from "../../type-rule";
import { sameId } from "../arm-id";
import { armType } from "../arm-type";
import { resourceNotFound } from "../existing-resources";

const registryType = "azure-native:containerregistry:Registry";
/** An image in a registry. No provider makes one: a release pushes it. Its id is `<registry id>/images/<repository>@<digest or tag>`. */
export const imageType = "azure-native:containerregistry:Image";

const registry = armType({
  type: "containerregistry:Registry",
  describedBy: ["containerregistry", "Registry", "registryName"],
  path: "Microsoft.ContainerRegistry/registries/{registryName}",
  name: {
    pattern: /^[A-Za-z0-9]{5,50}$/,
    expected: "5 to 50 letters and digits",
    code: "RegistryNameNotValid",
    uniqueInWorld: (name) =>
      new ServiceError(
        "AlreadyInUse",
        `The registry DNS name ${name.toLowerCase()}.azurecr.io is already in use.`,
        409,
      ),
  },
  located: true,
  required: ["sku", "sku.name"],
  allowed: {
    "sku.name": ["Basic", "Standard", "Premium"],
    publicNetworkAccess: ["Enabled", "Disabled"],
    zoneRedundancy: ["Enabled", "Disabled"],
    "networkRuleSet.defaultAction": ["Allow", "Deny"],
  },
  defaults: {
    adminUserEnabled: false,
    anonymousPullEnabled: false,
    dataEndpointEnabled: false,
    publicNetworkAccess: "Enabled",
    networkRuleBypassOptions: "AzureServices",
    zoneRedundancy: "Disabled",
  },
  createOnly: ["zoneRedundancy"],
  computed: {
    names: ["loginServer", "sku.tier", "provisioningState", "creationDate"],
    values: ({ inputs }) => ({
      loginServer: `${textAt(inputs, "registryName")?.toLowerCase()}.azurecr.io`,
      sku: { tier: textAt(inputs, "sku.name") ?? "" },
      provisioningState: "Succeeded",
      creationDate: "2026-01-01T00:00:00Z",
    }),
  },
  service: { write: ({ inputs }) => refuseFeaturesOfHigherTiers(inputs) },
});

const says = (path: string, value: string) => (inputs: PropertyMap) => textAt(inputs, path)?.toLowerCase() === value;

/**
 * What only Premium has. Source: Azure documentation, "Azure Container Registry SKU features and limits"; the code as reported in
 * bicep-registry-modules#1316, where there is no report of another.
 */
const premiumFeatures: Readonly<Record<string, (inputs: PropertyMap) => boolean>> = {
  networkRuleSet: (inputs) =>
    textAt(inputs, "networkRuleSet.defaultAction") === "Deny" || listAt(inputs, "networkRuleSet.ipRules").length > 0,
  zoneRedundancy: says("zoneRedundancy", "enabled"),
  encryption: says("encryption.status", "enabled"),
  dataEndpointEnabled: (inputs) => flagAt(inputs, "dataEndpointEnabled") === true,
  "policies.retentionPolicy": says("policies.retentionPolicy.status", "enabled"),
  "policies.exportPolicy": says("policies.exportPolicy.status", "disabled"),
  "policies.trustPolicy": says("policies.trustPolicy.status", "enabled"),
  "policies.quarantinePolicy": says("policies.quarantinePolicy.status", "enabled"),
};

/** Whatever the registry's tier does not have, in the words of the service where they are known. */
function refuseFeaturesOfHigherTiers(inputs: PropertyMap): void {
  const sku = textAt(inputs, "sku.name");
  if (sku === "Premium") return;
  // Source: MicrosoftDocs/azure-docs#94535.
  if (sku === "Basic" && flagAt(inputs, "anonymousPullEnabled") === true) {
    throw new ServiceError(
      "BadRequest",
      "Anonymous pull is not supported for SKU Managed_Basic. For more information on SKU tiers, please visit https://aka.ms/acr/tiers.",
    );
  }
  // Source: dotNET-Frontend-AB-Testing-on-Azure-Container-Apps#5.
  if (textAt(inputs, "publicNetworkAccess") === "Disabled") {
    throw new ServiceError(
      "DisablingPublicNetworkAccessNotSupported",
      `Disabling public network access is not supported for the SKU ${sku}. For more information, please visit https://aka.ms/acr/private-link.`,
    );
  }
  const wanted = Object.keys(premiumFeatures).filter((feature) => premiumFeatures[feature]?.(inputs) === true);
  if (wanted.length === 0) return;
  throw new ServiceError("SkuNotSupported", `The SKU ${sku} is not supported. It has no ${wanted.join(", ")}.`);
}

/** The registry behind a server name such as `name.azurecr.io`. */
export function registryOfServer(world: ServiceContext["world"], server: string) {
  return world.list(registryType).find(({ properties }) => sameId(textAt(properties, "loginServer"), server));
}

/**
 * Copies an image from another registry. Source: Azure documentation, "Import container images": what that one does not have is not found.
 *
 * @param image with the host of the registry that gets it
 * @param from the host of the other one
 */
export function importImage(world: WorldTransaction, image: string, from: string): void {
  const [server = "", ...path] = image.split("/");
  const idIn = (host: string) => {
    const registry = registryOfServer(world, host);
    if (registry === undefined) throw resourceNotFound(host);
    return `${registry.id}/images/${path.join("/")}`;
  };
  const found = world.get(imageType, idIn(from));
  if (found === undefined)
    throw new ServiceError("ManifestUnknown", `The manifest ${path.join("/")} is not in ${from}.`, 404);
  world.put({ ...found, id: idIn(server) });
}

/** Upstreams of cache rules, and whether they answer nobody who has not signed in. Source: Azure documentation, "Artifact cache". */
const upstreams: Readonly<Record<string, { readonly signsIn: boolean }>> = {
  "docker.io": { signsIn: true },
  "gcr.io": { signsIn: true },
  "ghcr.io": { signsIn: false },
  "mcr.microsoft.com": { signsIn: false },
  "nvcr.io": { signsIn: true },
  "public.ecr.aws": { signsIn: false },
  "quay.io": { signsIn: false },
  "registry.k8s.io": { signsIn: false },
};

const cacheRuleType = "azure-native:containerregistry:CacheRule";

/** Repositories of elsewhere that a registry fetches when they are asked for, and keeps. The codes of its refusals are the sandbox's. */
const cacheRule = armType({
  type: "containerregistry:CacheRule",
  describedBy: ["containerregistry", "CacheRule", "cacheRuleName"],
  path: "Microsoft.ContainerRegistry/registries/{registryName}/cacheRules/{cacheRuleName}",
  parent: {
    type: "containerregistry:Registry",
    path: "Microsoft.ContainerRegistry/registries/{registryName}",
  },
  name: {
    pattern: /^[A-Za-z0-9-]{5,50}$/,
    expected: "5 to 50 letters, digits and dashes",
    code: "CacheRuleNameNotValid",
  },
  required: ["sourceRepository", "targetRepository"],
  createOnly: ["sourceRepository", "targetRepository"],
  computed: {
    names: ["provisioningState", "creationDate"],
    values: () => ({ provisioningState: "Succeeded", creationDate: "2026-01-01T00:00:00Z" }),
  },
  service: {
    write: ({ inputs }) => {
      const source = textAt(inputs, "sourceRepository") ?? "";
      const target = textAt(inputs, "targetRepository") ?? "";
      const [host = ""] = source.split("/");
      const upstream = upstreams[host];
      const refuse = (message: string) => {
        throw new ServiceError("CacheRuleInvalid", message);
      };
      if (upstream === undefined) refuse(`'${host}' is no upstream that a cache rule can have.`);
      if (upstream?.signsIn === true && textAt(inputs, "credentialSetResourceId") === undefined)
        refuse(`'${host}' needs a credential set.`);
      if (source.endsWith("/*") !== target.endsWith("/*")) refuse("Both repositories end with '/*', or neither does.");
    },
  },
});

/** Whether a registry fetches a repository from elsewhere. */
export function isFetched(world: ServiceContext["world"], registryId: string, repository: string): boolean {
  return world.children(registryId).some(({ kind, properties }) => {
    if (kind !== cacheRuleType) return false;
    const target = textAt(properties, "targetRepository") ?? "";
    return target.endsWith("/*") ? repository.startsWith(target.slice(0, -1)) : repository === target;
  });
}

export const containerRegistryRules = [registry, cacheRule];
