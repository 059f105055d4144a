import type { JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import {
  Archive,
  Asset,
  isPropertyArray,
  isPropertyMap,
  type PropertyMap,
  type PropertyValue,
  ResourceReference,
  Secret,
  Unknown,
  unknown,
} from "../engine/property-value";

/** The key that marks an object as something other than a plain map, and what its values mean (`@pulumi/pulumi/runtime/rpc`). */
const signatureKey = "4dabf18193072939515e22adb298388d";
const assetSignature = "c44067f5952c0a294b673a41bacd8c17";
const archiveSignature = "0def7320c3a5731c473e5ecbe6d01bc7";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
/** The string that stands for a value unknown in a preview (`@pulumi/policy`'s `unknownStringValue`). */
const unknownString = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

type Encoded = { [key: string]: JavaScriptValue };

/**
 * Properties as the real engine sends them to a policy pack: secrets and unknowns marked, references to resources reduced to
 * what they refer to (`MarshalOptions{KeepUnknowns, KeepSecrets}` of its analyzer client).
 *
 * @param internalKeys whether keys that begin with `__` are sent; only remediations see them
 */
export function encodeForAnalyzer(properties: PropertyMap, internalKeys: "keep" | "skip"): Struct {
  return Struct.fromJavaScript(encodeMap(properties, internalKeys));
}

function encodeMap(map: PropertyMap, internalKeys: "keep" | "skip"): Encoded {
  const kept = Object.entries(map).filter(([key]) => internalKeys === "keep" || !key.startsWith("__"));
  return Object.fromEntries(kept.map(([key, value]) => [key, encode(value, internalKeys)]));
}

function encode(value: PropertyValue, internalKeys: "keep" | "skip"): JavaScriptValue {
  if (value instanceof Secret) {
    return { [signatureKey]: secretSignature, value: encode(value.value, internalKeys) };
  }
  if (value instanceof Unknown) return unknownString;
  if (value instanceof Asset) return { [signatureKey]: assetSignature, ...hashOf(value), ...value.source };
  if (value instanceof Archive) return encodeArchive(value);
  if (value instanceof ResourceReference) {
    return value.id === undefined ? value.urn : encode(value.id, internalKeys);
  }
  if (isPropertyArray(value)) return value.map((item) => encode(item, internalKeys));
  if (isPropertyMap(value)) return encodeMap(value, internalKeys);
  return value;
}

function encodeArchive(archive: Archive): Encoded {
  const marked = { [signatureKey]: archiveSignature, ...hashOf(archive) };
  if (!("assets" in archive.source)) return { ...marked, ...archive.source };
  const assets = Object.entries(archive.source.assets).map(([name, part]) => [name, encode(part, "keep")]);
  return { ...marked, assets: Object.fromEntries(assets) };
}

function hashOf(content: Asset | Archive): Encoded {
  return content.hash === undefined ? {} : { hash: content.hash };
}

/** Properties that a remediation returned. */
export function decodeFromAnalyzer(properties: Struct): PropertyMap {
  return decodeMap(properties.toJavaScript());
}

function decodeMap(map: Encoded): PropertyMap {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, decode(value)]));
}

function decode(value: JavaScriptValue): PropertyValue {
  if (value === unknownString) return unknown;
  if (Array.isArray(value)) return value.map(decode);
  if (!isEncoded(value)) return isScalar(value) ? value : null;
  if (value[signatureKey] === secretSignature) return new Secret(decode(value.value ?? null));
  if (value[signatureKey] === assetSignature) return decodeAsset(value);
  if (value[signatureKey] === archiveSignature) return decodeArchive(value);
  return decodeMap(value);
}

function decodeAsset(encoded: Encoded): Asset {
  const { path, uri, text } = encoded;
  if (typeof path === "string") return new Asset({ path }, textOf(encoded.hash));
  if (typeof uri === "string") return new Asset({ uri }, textOf(encoded.hash));
  return new Asset({ text: textOf(text) ?? "" }, textOf(encoded.hash));
}

function decodeArchive(encoded: Encoded): Archive {
  const { path, uri, assets } = encoded;
  if (typeof path === "string") return new Archive({ path }, textOf(encoded.hash));
  if (typeof uri === "string") return new Archive({ uri }, textOf(encoded.hash));
  const parts = isEncoded(assets) ? decodeMap(assets) : {};
  const kept = Object.entries(parts).flatMap(([name, part]): [string, Asset | Archive][] =>
    part instanceof Asset || part instanceof Archive ? [[name, part]] : [],
  );
  return new Archive({ assets: Object.fromEntries(kept) }, textOf(encoded.hash));
}

function textOf(value: JavaScriptValue | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function isEncoded(value: unknown): value is Encoded {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}
