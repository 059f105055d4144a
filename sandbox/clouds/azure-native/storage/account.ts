import type { PropertyMap } from "../../../../deployment/values/property-value";
import { ServiceError } from "../../../engine/provider";
import type { WorldTransaction } from "../../../world/world";
import { mapsAt, textAt } from "../../read-property";
import type { ServiceContext } from "../../type-rule";
import { nameOfId, parentOfId } from "../arm-id";
import { armType } from "../arm-type";
import { missingServiceEndpoints } from "../network/subnet-use";
import { systemIdentity } from "../principals";
import { ipRuleFailures } from "./network-access";

export const accountType = "azure-native:storage:StorageAccount";
export const accountPath = "Microsoft.Storage/storageAccounts/{accountName}";
export const accountParent = { type: "storage:StorageAccount", path: accountPath };

export const storageAccount = armType({
  type: "storage:StorageAccount",
  describedBy: ["storage", "StorageAccountCreateParameters", "accountName"],
  path: accountPath,
  name: {
    pattern: /^[a-z0-9]{3,24}$/,
    expected: "3 to 24 lower-case letters and digits",
    code: "AccountNameInvalid",
    uniqueInWorld: (name) =>
      new ServiceError("StorageAccountAlreadyTaken", `The storage account named ${name} is already taken.`, 409),
  },
  located: true,
  required: ["kind", "sku", "sku.name"],
  allowed: {
    kind: ["Storage", "StorageV2", "BlobStorage", "FileStorage", "BlockBlobStorage"],
    accessTier: ["Hot", "Cool", "Cold", "Premium"],
    minimumTlsVersion: ["TLS1_0", "TLS1_1", "TLS1_2", "TLS1_3"],
    publicNetworkAccess: ["Enabled", "Disabled", "SecuredByPerimeter"],
    "networkRuleSet.defaultAction": ["Allow", "Deny"],
    "encryption.keySource": ["Microsoft.Storage", "Microsoft.Keyvault"],
  },
  check: ipRuleFailures,
  defaults: {
    accessTier: "Hot",
    allowBlobPublicAccess: false,
    allowSharedKeyAccess: true,
    enableHttpsTrafficOnly: true,
    minimumTlsVersion: "TLS1_0",
    publicNetworkAccess: "Enabled",
    isHnsEnabled: false,
    enableNfsV3: false,
    dnsEndpointType: "Standard",
    networkRuleSet: { bypass: "AzureServices", defaultAction: "Allow", ipRules: [], virtualNetworkRules: [] },
    encryption: {
      keySource: "Microsoft.Storage",
      requireInfrastructureEncryption: false,
      services: { blob: { enabled: true, keyType: "Account" }, file: { enabled: true, keyType: "Account" } },
    },
  },
  unordered: ["networkRuleSet.ipRules", "networkRuleSet.virtualNetworkRules"],
  createOnly: [
    // A general-purpose v1 or blob account can be upgraded to v2; nothing else.
    {
      path: "kind",
      when: ({ before, after }) => !(after === "StorageV2" && (before === "Storage" || before === "BlobStorage")),
    },
    { path: "sku.name", when: ({ before, after }) => performance(String(before)) !== performance(String(after)) },
    "isHnsEnabled",
    "enableNfsV3",
    "encryption.requireInfrastructureEncryption",
    "encryption.services.queue.keyType",
    "encryption.services.table.keyType",
    "dnsEndpointType",
    "immutableStorageWithVersioning",
    "extendedLocation",
  ],
  computed: {
    names: [
      "sku.tier",
      "primaryEndpoints",
      "primaryLocation",
      "statusOfPrimary",
      "provisioningState",
      "creationTime",
      "identity.principalId",
      "identity.tenantId",
    ],
    values: ({ inputs, existing, ...context }) => ({
      ...systemIdentity({ inputs, existing, ...context }),
      sku: { tier: performance(textAt(inputs, "sku.name") ?? "") },
      primaryEndpoints: endpoints(textAt(inputs, "accountName") ?? ""),
      primaryLocation: textAt(inputs, "location") ?? "",
      statusOfPrimary: "available",
      provisioningState: "Succeeded",
      // Every account of the emulated world is made at one moment, so that two worlds can be compared.
      creationTime: existing?.properties.creationTime ?? "2026-01-01T00:00:00Z",
    }),
  },
  service: {
    write: requireServiceEndpoints,
    update: ({ existing, inputs }) => refuseZoneMigration(existing.properties, inputs),
    delete: ({ world, id }) => refuseProtectedContainers(world, id),
  },
});

function requireServiceEndpoints(context: ServiceContext): void {
  const subnets = mapsAt(context.inputs, "networkRuleSet.virtualNetworkRules").flatMap(
    (rule) => textAt(rule, "virtualNetworkResourceId") ?? [],
  );
  const missing = missingServiceEndpoints(context, subnets, "Microsoft.Storage");
  if (missing === undefined) return;
  throw new ServiceError(
    "NetworkAclsValidationFailure",
    `Validation of network acls failure: SubnetsHaveNoServiceEndpointsConfigured:${missing}`,
  );
}

function performance(sku: string): string {
  return sku.split(/_|V2_/)[0] ?? "";
}

/** Zone-redundant to not zone-redundant and back is a migration of the data, not a change of a property. */
function refuseZoneMigration(before: PropertyMap, after: PropertyMap): void {
  const isZonal = (properties: PropertyMap) => /_G?ZRS$|_RAGZRS$/.test(textAt(properties, "sku.name") ?? "");
  if (isZonal(before) === isZonal(after)) return;
  throw new ServiceError(
    "AccountPropertyCannotBeUpdated",
    "The property 'sku' was specified in the input, but it cannot be updated: a change of zone redundancy is a migration that has to be requested.",
    409,
  );
}

function endpoints(account: string): PropertyMap {
  const services = ["blob", "dfs", "file", "queue", "table"];
  return {
    ...Object.fromEntries(services.map((service) => [service, `https://${account}.${service}.core.windows.net/`])),
    web: `https://${account}.z1.web.core.windows.net/`,
  };
}

const immutabilityPolicyType = "azure-native:storage:BlobContainerImmutabilityPolicy";

/** The containers at or below an id whose immutability policy is locked. */
export function lockedContainers(world: WorldTransaction, id: string): readonly string[] {
  return world
    .children(id)
    .filter((object) => object.kind === immutabilityPolicyType && textAt(object.properties, "state") === "Locked")
    .map((policy) => nameOfId(parentOfId(policy.id)));
}

/** @throws AccountProtectedFromDeletion when an account, or a group with an account, has a container under a locked policy */
export function refuseProtectedContainers(world: WorldTransaction, id: string): void {
  const containers = lockedContainers(world, id);
  if (containers.length === 0) return;
  throw new ServiceError(
    "AccountProtectedFromDeletion",
    `${id} is protected from deletion. The container(s) ${containers.join(", ")} have a locked immutability policy.`,
    409,
  );
}
