import type { PropertyMap } from "../../../../deployment/values/property-value";
import { type CheckFailure, ServiceError } from "../../../engine/provider";
import { flagAt, mapsAt, numberAt, textAt } from "../../read-property";
import type { ExistingContext, ServiceContext } from "../../type-rule";
import { sameId } from "../arm-id";
import { armType } from "../arm-type";
import { missingServiceEndpoints } from "../network/subnet-use";
import { deletedVault, vaultType } from "./soft-delete";

export const vaultPath = "Microsoft.KeyVault/vaults/{vaultName}";

export const vault = armType({
  type: "keyvault:Vault",
  describedBy: ["keyvault", "VaultCreateOrUpdateParameters", "vaultName2"],
  path: vaultPath,
  name: {
    pattern: /^(?!.*--)[A-Za-z][A-Za-z0-9-]{1,22}[A-Za-z0-9]$/,
    expected: "3 to 24 letters, digits and single dashes, beginning with a letter, ending with a letter or digit",
    code: "VaultNameNotValid",
    uniqueInWorld: (name) =>
      new ServiceError(
        "VaultAlreadyExists",
        `The vault name '${name}' is already in use. Vault names are globally unique so it is possible that the name is already taken.`,
        409,
      ),
  },
  located: true,
  required: ["properties", "properties.sku", "properties.sku.name", "properties.sku.family", "properties.tenantId"],
  allowed: {
    "properties.sku.name": ["standard", "premium"],
    "properties.sku.family": ["A"],
    "properties.networkAcls.defaultAction": ["Allow", "Deny"],
    "properties.networkAcls.bypass": ["AzureServices", "None"],
    "properties.createMode": ["default", "recover"],
  },
  ranges: { "properties.softDeleteRetentionInDays": { minimum: 7, maximum: 90 } },
  check: accessPolicyFailures,
  defaults: {
    properties: {
      enableSoftDelete: true,
      softDeleteRetentionInDays: 90,
      enableRbacAuthorization: false,
      publicNetworkAccess: "Enabled",
      accessPolicies: [],
    },
  },
  createOnly: ["properties.tenantId"],
  notReturned: ["properties.createMode"],
  unordered: ["properties.networkAcls.ipRules", "properties.networkAcls.virtualNetworkRules"],
  computed: {
    names: ["properties.vaultUri", "properties.provisioningState"],
    values: ({ inputs }) => ({
      properties: {
        vaultUri: `https://${textAt(inputs, "vaultName")}.vault.azure.net/`,
        provisioningState: "Succeeded",
      },
    }),
  },
  service: {
    write: (context) => {
      refuseWeakerDeletion(context);
      requireServiceEndpoints(context);
    },
    create: takeName,
    update: refuseRegression,
  },
});

/** Without role assignments, somebody must be named in the access policies' list, be it empty. */
function accessPolicyFailures(inputs: PropertyMap): readonly CheckFailure[] {
  return mapsAt(inputs, "properties.accessPolicies").flatMap((policy, index) =>
    policy.objectId === undefined
      ? [{ property: `properties.accessPolicies[${index}].objectId`, reason: "missing required property 'objectId'" }]
      : [],
  );
}

function refuseWeakerDeletion({ inputs }: ServiceContext): void {
  for (const property of ["enablePurgeProtection", "enableSoftDelete"]) {
    if (flagAt(inputs, `properties.${property}`) !== false) continue;
    throw new ServiceError(
      "BadRequest",
      `The property "${property}" cannot be set to false. Enabling it for a vault is an irreversible action; leave it out or set it to true.`,
    );
  }
}

function requireServiceEndpoints(context: ServiceContext): void {
  const subnets = mapsAt(context.inputs, "properties.networkAcls.virtualNetworkRules")
    .filter((rule) => flagAt(rule, "ignoreMissingVnetServiceEndpoint") !== true)
    .flatMap((rule) => textAt(rule, "id") ?? []);
  const missing = missingServiceEndpoints(context, subnets, "Microsoft.KeyVault");
  if (missing === undefined) return;
  throw new ServiceError(
    "VirtualNetworkNotValid",
    `Operation on Virtual Network could not be performed. StatusCode: 400 (BadRequest). Error Code: SubnetsHaveNoServiceEndpointsConfigured. Error Message: ${missing}`,
  );
}

function takeName({ world, inputs }: ServiceContext): void {
  const name = textAt(inputs, "vaultName") ?? "";
  const deleted = deletedVault(world, name);
  if (deleted === undefined) return;
  if (textAt(inputs, "properties.createMode") !== "recover") {
    throw new ServiceError(
      "ConflictError",
      `A vault with the same name already exists in deleted state. You need to either recover or purge existing key vault '${name}'.`,
      409,
    );
  }
  world.delete(deleted.kind, deleted.id);
}

function refuseRegression({ inputs, existing }: ExistingContext): void {
  const protectedBefore = flagAt(existing.properties, "properties.enablePurgeProtection") === true;
  if (protectedBefore && flagAt(inputs, "properties.enablePurgeProtection") !== true) {
    throw new ServiceError(
      "BadRequest",
      'The property "enablePurgeProtection" cannot be set to false. Enabling the purge protection for a vault is an irreversible action.',
    );
  }
  const path = "properties.softDeleteRetentionInDays";
  if (numberAt(inputs, path) !== numberAt(existing.properties, path)) {
    throw new ServiceError(
      "BadRequest",
      'The property "softDeleteRetentionInDays" cannot be changed once the vault exists.',
    );
  }
}

/** The vault that a data-plane address such as `https://name.vault.azure.net/secrets/x` belongs to. */
export function vaultOfUrl(world: ServiceContext["world"], url: string) {
  const host = /^https:\/\/([^./]+)\.vault\.azure\.net\//i.exec(url)?.[1];
  return world.list(vaultType).find(({ properties }) => sameId(textAt(properties, "name"), host));
}

/** Whether the one who runs the deployment reaches the vault's data plane. */
export function isVaultReachableFromOutside(properties: PropertyMap): boolean {
  if (textAt(properties, "properties.publicNetworkAccess")?.toLowerCase() === "disabled") return false;
  return (
    textAt(properties, "properties.networkAcls.defaultAction") !== "Deny" ||
    mapsAt(properties, "properties.networkAcls.ipRules").length > 0
  );
}
