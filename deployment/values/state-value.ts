import { isJsonObject, isJsonValue, type JsonObject, type JsonValue } from "../../lib/json-value";
import {
  Archive,
  Asset,
  isPropertyArray,
  type PropertyMap,
  type PropertyValue,
  ResourceReference,
  Secret,
  Unknown,
  unknown,
} from "./property-value";
import {
  archiveSignature,
  assetSignature,
  resourceSignature,
  secretSignature,
  signatureKey,
  unknownMarker,
  unknownMarkers,
} from "./signatures";
import { archiveFrom, assetFrom, referenceFrom, signedContent, signedReference } from "./wire-value";

/** Turns a secret's JSON text into what may be shown or stored. */
export type SecretEncoder = (secret: Secret, plaintext: () => string) => string;

/** Turns a stored ciphertext back into a secret's JSON text. */
export type SecretDecoder = (ciphertext: string) => string;

/** How events show a secret. */
export const maskSecrets: SecretEncoder = () => "[secret]";

/**
 * Writes properties for state or events, with keys in order, as Pulumi's own engine does (Go's `json.Marshal` sorts maps): two runs that
 * did the same leave the same bytes. `encodeSecret` decides what becomes of secrets.
 */
export function encodeProperties(map: PropertyMap, encodeSecret: SecretEncoder): JsonObject {
  const encoded: Record<string, JsonValue> = {};
  for (const key of Object.keys(map).sort()) {
    const value = map[key];
    if (value !== undefined) encoded[key] = encodeProperty(value, encodeSecret);
  }
  return encoded;
}

export function encodeProperty(value: PropertyValue, encodeSecret: SecretEncoder): JsonValue {
  if (value === null || typeof value !== "object") return value;
  if (value instanceof Unknown) return unknownMarker;
  const encode = (part: PropertyValue) => encodeProperty(part, encodeSecret);
  if (value instanceof Secret) {
    const plaintext = () => JSON.stringify(encode(value.value));
    return { [signatureKey]: secretSignature, ciphertext: encodeSecret(value, plaintext) };
  }
  if (value instanceof Asset || value instanceof Archive) return signedContent(value, encode);
  if (value instanceof ResourceReference) return signedReference(value, encode);
  if (isPropertyArray(value)) return value.map(encode);
  return encodeProperties(value, encodeSecret);
}

/** Reads properties from state. */
export function decodeProperties(map: JsonObject, decodeSecret: SecretDecoder): PropertyMap {
  const decoded: Record<string, PropertyValue> = {};
  for (const key of Object.keys(map)) {
    const value = map[key];
    if (value !== undefined) decoded[key] = decodeProperty(value, decodeSecret);
  }
  return decoded;
}

export function decodeProperty(value: JsonValue, decodeSecret: SecretDecoder): PropertyValue {
  if (typeof value === "string") return unknownMarkers.has(value) ? unknown : value;
  if (value === null || typeof value !== "object") return value;
  const decode = (part: JsonValue) => decodeProperty(part, decodeSecret);
  if (!isJsonObject(value)) return value.map(decode);
  switch (value[signatureKey]) {
    case undefined:
      return decodeProperties(value, decodeSecret);
    case secretSignature:
      return decodeSecretObject(value, decodeSecret);
    case assetSignature:
      return assetFrom(value);
    case archiveSignature:
      return archiveFrom(value, decode);
    case resourceSignature:
      return referenceFrom(value, decode);
    default:
      throw new Error(`the state holds a value with the unknown signature ${JSON.stringify(value[signatureKey])}`);
  }
}

function decodeSecretObject(value: JsonObject, decodeSecret: SecretDecoder): Secret {
  const plaintext = typeof value.plaintext === "string" ? value.plaintext : undefined;
  const ciphertext = typeof value.ciphertext === "string" ? value.ciphertext : "";
  const parsed: unknown = JSON.parse(plaintext ?? decodeSecret(ciphertext));
  if (!isJsonValue(parsed)) throw new Error("a secret in the state does not hold JSON");
  return new Secret(decodeProperty(parsed, decodeSecret));
}
