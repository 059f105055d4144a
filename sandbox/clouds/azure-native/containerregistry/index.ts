import type { PropertyMap } from "../../../../deployment/values/property-value";
import { ServiceError } from "../../../engine/provider";
import { listAt, textAt } from "../../read-property";
import type { ServiceContext } from "../../type-rule";
import { sameId } from "../arm-id";
import { armType } from "../arm-type";

export const registryType = "azure-native:containerregistry:Registry";
/** An image in a registry. No provider makes one: a release pushes it. Its id is `<registry id>/images/<repository>@<digest or tag>`. */
export const imageType = "azure-native:containerregistry:Image";

const registry = armType({
  type: "containerregistry:Registry",
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
  service: { write: ({ inputs }) => refusePremiumFeatures(inputs) },
});

/** Source: Azure documentation, "Azure Container Registry SKU features and limits". */
function refusePremiumFeatures(inputs: PropertyMap): void {
  const sku = textAt(inputs, "sku.name");
  if (sku === "Premium") return;
  const wanted = [
    textAt(inputs, "publicNetworkAccess") === "Disabled" ? "publicNetworkAccess Disabled" : [],
    textAt(inputs, "networkRuleSet.defaultAction") === "Deny" || listAt(inputs, "networkRuleSet.ipRules").length > 0
      ? "networkRuleSet"
      : [],
    textAt(inputs, "zoneRedundancy") === "Enabled" ? "zoneRedundancy" : [],
    textAt(inputs, "encryption.status") === "enabled" ? "encryption" : [],
  ].flat();
  if (wanted.length === 0) return;
  throw new ServiceError(
    "SkuNotSupported",
    `The registry SKU '${sku}' does not support: ${wanted.join(", ")}. Upgrade the registry to Premium.`,
  );
}

/** The registry behind a server name such as `name.azurecr.io`. */
export function registryOfServer(world: ServiceContext["world"], server: string) {
  return world.list(registryType).find(({ properties }) => sameId(textAt(properties, "loginServer"), server));
}

export const containerRegistryRules = [registry];
