import { ServiceError } from "../../../engine/provider";
import { flagAt, textAt } from "../../read-property";
import type { ServiceContext } from "../../type-rule";
import { ArmPath, groupOfId, typeOfId } from "../arm-id";
import { armType } from "../arm-type";
import { accountParent, accountPath, accountType, lockedContainers } from "./account";
import { isReachableFromOutside } from "./network-access";

const containerPath = `${accountPath}/blobServices/default/containers/{containerName}`;
const containerParent = { type: "storage:BlobContainer", path: containerPath };

function accountOf({ world, id, inputs }: ServiceContext) {
  return world.get(
    accountType,
    `${groupOfId(id)}/providers/Microsoft.Storage/storageAccounts/${textAt(inputs, "accountName")}`,
  );
}

const blobContainer = armType({
  type: "storage:BlobContainer",
  describedBy: ["storage", "BlobContainer", "containerName"],
  path: containerPath,
  parent: accountParent,
  name: {
    pattern: /^(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/,
    expected: "3 to 63 lower-case letters, digits and single dashes, with a letter or digit at both ends",
    code: "InvalidResourceName",
  },
  allowed: { publicAccess: ["None", "Blob", "Container"] },
  defaults: {
    publicAccess: "None",
    defaultEncryptionScope: "$account-encryption-key",
    denyEncryptionScopeOverride: false,
  },
  createOnly: ["defaultEncryptionScope", "denyEncryptionScopeOverride"],
  computed: {
    names: ["hasImmutabilityPolicy", "hasLegalHold", "leaseState", "leaseStatus"],
    values: () => ({
      hasImmutabilityPolicy: false,
      hasLegalHold: false,
      leaseState: "Available",
      leaseStatus: "Unlocked",
    }),
  },
  service: {
    write: (context) => {
      const isPublic = (textAt(context.inputs, "publicAccess") ?? "None") !== "None";
      if (!isPublic || flagAt(accountOf(context)?.properties ?? {}, "allowBlobPublicAccess") === true) return;
      throw new ServiceError(
        "PublicAccessNotPermitted",
        "Public access is not permitted on this storage account.",
        409,
      );
    },
    delete: ({ world, id }) => {
      if (lockedContainers(world, id).length === 0) return;
      throw new ServiceError(
        "ContainerImmutabilityPolicyLocked",
        "The requested operation is not allowed as the container has a locked immutability policy.",
        409,
      );
    },
  },
});

const defaultOnly = { pattern: /^default$/, expected: '"default"', code: "InvalidResourceName" };

const blobServiceProperties = armType({
  type: "storage:BlobServiceProperties",
  describedBy: ["storage", "BlobServiceProperties"],
  path: `${accountPath}/blobServices/{blobServicesName}`,
  parent: accountParent,
  name: defaultOnly,
  takesOverExisting: true,
  ranges: {
    "deleteRetentionPolicy.days": { minimum: 1, maximum: 365 },
    "containerDeleteRetentionPolicy.days": { minimum: 1, maximum: 365 },
    "restorePolicy.days": { minimum: 1, maximum: 364 },
  },
  defaults: { isVersioningEnabled: false, deleteRetentionPolicy: { enabled: false } },
  computed: { names: ["sku"], values: (context) => ({ sku: accountOf(context)?.properties.sku ?? {} }) },
  service: {
    write: ({ inputs }) => {
      if (flagAt(inputs, "restorePolicy.enabled") !== true) return;
      const missing = ["changeFeed.enabled", "deleteRetentionPolicy.enabled", "isVersioningEnabled"].filter(
        (path) => flagAt(inputs, path) !== true,
      );
      if (missing.length === 0) return;
      throw new ServiceError(
        "InvalidRequestPropertyValue",
        `The value for property 'restorePolicy' is invalid: it also needs ${missing.join(", ")}.`,
      );
    },
    // The settings exist as long as their account; removing them puts the standard ones back. The containers below their id stay.
    remove: ({ world, existing }) => world.delete(existing.kind, existing.id),
  },
});

const managementPolicy = armType({
  type: "storage:ManagementPolicy",
  describedBy: ["storage", "ManagementPolicy"],
  path: `${accountPath}/managementPolicies/{managementPolicyName}`,
  parent: accountParent,
  name: defaultOnly,
  required: ["policy", "policy.rules", "policy.rules[*].name", "policy.rules[*].definition", "policy.rules[*].type"],
});

const immutabilityPolicy = armType({
  type: "storage:BlobContainerImmutabilityPolicy",
  describedBy: ["storage", "ImmutabilityPolicy"],
  path: `${containerPath}/immutabilityPolicies/{immutabilityPolicyName}`,
  parent: containerParent,
  name: defaultOnly,
  takesOverExisting: true,
  ranges: { immutabilityPeriodSinceCreationInDays: { minimum: 1, maximum: 146000 } },
  computed: {
    names: ["state", "etag"],
    values: ({ existing, random }) => ({ state: existing?.properties.state ?? "Unlocked", etag: random.hex(16) }),
  },
  service: {
    update: ({ existing }) => refuseLockedPolicy(textAt(existing.properties, "state")),
    delete: ({ existing }) => refuseLockedPolicy(textAt(existing.properties, "state")),
  },
});

function refuseLockedPolicy(state: string | undefined): void {
  if (state !== "Locked") return;
  throw new ServiceError(
    "ImmutabilityPolicyOperationNotAllowed",
    "Operation not allowed on immutability policy with current state: a locked policy can only be extended, by its own operation.",
    409,
  );
}

/**
 * The website of an account: a property of its blob service, which the provider sets with the account's key. It is served from the
 * container `$web`, which the service makes, and keeps when the website is switched off.
 * Source: custom_storage.go in pulumi-azure-native; Azure documentation, "Static website hosting in Azure Storage".
 */
const staticWebsite = armType({
  type: "storage:StorageAccountStaticWebsite",
  path: `${accountPath}/staticWebsite`,
  parent: accountParent,
  answersType: false,
  computed: { names: ["containerName"], values: () => ({ containerName: webContainer }) },
  service: { write: refuseWithoutKey, delete: refuseWithoutKey, written: makeWebContainer },
});

const webContainer = "$web";

function makeWebContainer({ world, inputs, config }: ServiceContext): void {
  const container = new ArmPath(containerPath).id({ ...inputs, containerName: webContainer }, config);
  if (world.get(blobContainer.type, container) !== undefined) return;
  const properties = { name: webContainer, type: typeOfId(container), publicAccess: "None" };
  world.put({ cloud: "azure", kind: blobContainer.type, id: container, properties });
}

/** A blob that the deployment uploads itself, with the account's key and from wherever the deployment runs. */
const blob = armType({
  type: "storage:Blob",
  path: `${containerPath}/blobs/{blobName}`,
  parent: containerParent,
  name: { pattern: /^.{1,1024}$/, expected: "1 to 1024 characters", code: "InvalidResourceName" },
  allowed: { type: ["Block", "Append"] },
  defaults: { type: "Block", accessTier: "Hot" },
  createOnly: ["type", "source", "contentMd5"],
  notReturned: ["source"],
  computed: {
    names: ["url"],
    stable: ["url"],
    values: ({ inputs }) => ({
      url: `https://${textAt(inputs, "accountName")}.blob.core.windows.net/${textAt(inputs, "containerName")}/${textAt(inputs, "blobName")}`,
    }),
  },
  service: { write: refuseWithoutKey, delete: refuseWithoutKey },
});

/** What the provider does with the account's key, and from outside of every network. */
function refuseWithoutKey(context: ServiceContext): void {
  const account = accountOf(context)?.properties ?? {};
  if (flagAt(account, "allowSharedKeyAccess") === false) {
    throw new ServiceError(
      "KeyBasedAuthenticationNotPermitted",
      "Key based authentication is not permitted on this storage account.",
      403,
    );
  }
  if (!isReachableFromOutside(account)) {
    throw new ServiceError("AuthorizationFailure", "This request is not authorized to perform this operation.", 403);
  }
}

export const blobRules = [
  blobContainer,
  blobServiceProperties,
  managementPolicy,
  immutabilityPolicy,
  staticWebsite,
  blob,
];
