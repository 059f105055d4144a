import type { PropertyMap } from "../../../../deployment/values/property-value";
import { equalProperties, reveal, Secret } from "../../../../deployment/values/property-value";
import { ServiceError } from "../../../engine/provider";
import type { WorldReading, WorldTransaction } from "../../../world/world";
import { mapAt, numberAt, protectedValueAt, textAt } from "../../read-property";
import { RepeatableRandom } from "../../repeatable-random";
import type { ExistingContext, ServiceContext } from "../../type-rule";
import { nameOfId, parentOfId } from "../arm-id";
import { armType } from "../arm-type";
import { vaultType } from "./soft-delete";
import { isVaultReachableFromOutside, vaultPath } from "./vault";

const parent = { type: "keyvault:Vault", path: vaultPath };
const itemName = {
  pattern: /^[A-Za-z0-9-]{1,127}$/,
  expected: "1 to 127 letters, digits and dashes",
  code: "BadParameter",
};

/** What the vault keeps of a secret and never gives back over the resource manager: its value, and how often it changed. */
const secretValueType = "azure-native:keyvault:SecretValue";

const secretType = "azure-native:keyvault:Secret";

const secret = armType({
  type: "keyvault:Secret",
  describedBy: ["keyvault", "SecretCreateOrUpdateParameters"],
  path: `${vaultPath}/secrets/{secretName}`,
  parent,
  name: itemName,
  required: ["properties"],
  defaults: { properties: { attributes: { enabled: true } } },
  notReturned: ["properties.value"],
  computed: {
    names: ["properties.secretUri", "properties.secretUriWithVersion", "location"],
    values: ({ world, id }) => {
      const uri = itemUri(id, "secrets");
      const location = world.get(vaultType, parentOfId(id))?.properties.location ?? "";
      return { location, properties: { secretUri: uri, secretUriWithVersion: `${uri}/${secretVersion(world, id)}` } };
    },
  },
  service: {
    create: (context) => refuseDeletedName(context, "deletedSecrets"),
    written: keepValue,
    delete: (context) => deleteOverDataPlane(context, "deletedSecrets"),
  },
});

/** A new version, as the vault's own address makes it: nothing of the version before is kept but its number. */
export function setNewVersion(world: WorldTransaction, id: string, value: string, expires: number): void {
  const found = world.get(secretType, id);
  if (found === undefined)
    throw new ServiceError("SecretNotFound", `A secret with the name ${nameOfId(id)} was not found.`, 404);
  const kept = world.get(secretValueType, `${id}/value`);
  const revision = (numberAt(kept?.properties ?? {}, "revision") ?? 0) + 1;
  const object = { cloud: "azure", kind: secretValueType, id: `${id}/value` } as const;
  world.put({ ...object, properties: { ...kept?.properties, revision, value: new Secret(value) } });
  const secretUri = itemUri(id, "secrets");
  const properties: PropertyMap = {
    attributes: { enabled: true, expires, updated: Math.floor(Date.now() / 1000) },
    ...{ secretUri, secretUriWithVersion: `${secretUri}/${secretVersion(world, id)}` },
  };
  world.put({ ...found, properties: { ...found.properties, properties } });
}

/** Disables the versions of a secret before the newest. @returns how many were enabled */
export function retireOlderVersions(world: WorldTransaction, id: string): number {
  const kept = world.get(secretValueType, `${id}/value`);
  if (kept === undefined) return 0;
  const older = (numberAt(kept.properties, "revision") ?? 1) - 1;
  const before = numberAt(kept.properties, "retired") ?? 0;
  world.put({ ...kept, properties: { ...kept.properties, retired: older } });
  return older - before;
}

/** A changed value is a new version. */
function keepValue({ world, id, inputs }: ServiceContext): void {
  const value = reveal(protectedValueAt(inputs, ["properties", "value"]) ?? "");
  const kept = world.get(secretValueType, `${id}/value`)?.properties;
  const isSame = kept !== undefined && equalProperties(reveal(kept.value ?? null), value);
  if (isSame) return;
  const revision = (numberAt(kept ?? {}, "revision") ?? 0) + 1;
  world.put({
    cloud: "azure",
    kind: secretValueType,
    id: `${id}/value`,
    properties: { revision, value: new Secret(value) },
  });
}

function secretVersion(world: WorldReading, id: string): string {
  const revision = numberAt(world.get(secretValueType, `${id}/value`)?.properties ?? {}, "revision") ?? 1;
  return new RepeatableRandom(`${id.toLowerCase()} version ${revision}`).hex(32);
}

/** The versions that a secret has had, the newest last. */
export function secretVersions(world: WorldReading, id: string): readonly string[] {
  const revision = numberAt(world.get(secretValueType, `${id}/value`)?.properties ?? {}, "revision") ?? 1;
  return Array.from({ length: revision }, (_, index) =>
    new RepeatableRandom(`${id.toLowerCase()} version ${index + 1}`).hex(32),
  );
}

const keyProperties = ["attributes", "curveName", "keyOps", "keySize", "kty", "releasePolicy", "rotationPolicy"];

const key = armType({
  type: "keyvault:Key",
  describedBy: ["keyvault", "KeyCreateParameters", "keyName"],
  path: `${vaultPath}/keys/{keyName}`,
  parent,
  name: itemName,
  required: ["properties"],
  allowed: {
    "properties.kty": ["EC", "EC-HSM", "RSA", "RSA-HSM"],
    "properties.keySize": [2048, 3072, 4096],
    "properties.curveName": ["P-256", "P-384", "P-521", "P-256K"],
  },
  defaults: ({ properties }): PropertyMap => ({
    properties: {
      attributes: { enabled: true },
      ...(isElliptic({ properties: properties ?? {} }) ? {} : { kty: "RSA", keySize: 2048 }),
    },
  }),
  createOnly: ["properties.kty", "properties.keySize", "properties.curveName"],
  // The package has what is in there among the outputs themselves.
  notReturned: ["properties"],
  computed: {
    names: ["keyUri", "keyUriWithVersion", "location", ...keyProperties],
    stable: ["keyUri", "curveName", "keySize", "kty"],
    values: ({ id, world, random, inputs }) => {
      const given = mapAt(inputs, "properties");
      const own = Object.fromEntries(Object.entries(given).filter(([name]) => keyProperties.includes(name)));
      const uri = itemUri(id, "keys");
      const location = world.get(vaultType, parentOfId(id))?.properties.location ?? "";
      return { ...own, location, keyUri: uri, keyUriWithVersion: `${uri}/${random.hex(32)}` };
    },
  },
  service: {
    create: (context) => refuseDeletedName(context, "deletedKeys"),
    delete: (context) => deleteOverDataPlane(context, "deletedKeys"),
  },
});

function isElliptic(inputs: PropertyMap): boolean {
  return textAt(inputs, "properties.kty")?.startsWith("EC") === true;
}

function itemUri(id: string, kind: "secrets" | "keys"): string {
  return `https://${nameOfId(parentOfId(id))}.vault.azure.net/${kind}/${nameOfId(id)}`;
}

const deletedItemType = "azure-native:keyvault:DeletedItem";

function refuseDeletedName({ world, id }: ServiceContext, folder: string): void {
  if (world.get(deletedItemType, `${parentOfId(id)}/${folder}/${nameOfId(id)}`) === undefined) return;
  throw new ServiceError(
    "ObjectIsDeletedButRecoverable",
    `${nameOfId(id)} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the secret or key can only be recovered or purged.`,
    409,
  );
}

/** The resource manager cannot delete secrets and keys, so azure-native does it over the vault's own address. */
function deleteOverDataPlane({ world, id }: ExistingContext, folder: string): void {
  const vaultId = parentOfId(id);
  const vault = world.get(vaultType, vaultId);
  if (vault === undefined) return;
  if (!isVaultReachableFromOutside(vault.properties)) {
    throw new ServiceError(
      "Forbidden",
      `ForbiddenByConnection: public network access to vault '${nameOfId(vaultId)}' is closed, and secrets and keys are deleted over it. Delete from inside the network, or with the vault (deletedWith).`,
      403,
    );
  }
  world.put({ cloud: "azure", kind: deletedItemType, id: `${vaultId}/${folder}/${nameOfId(id)}`, properties: {} });
}

export const vaultItemRules = [secret, key];
