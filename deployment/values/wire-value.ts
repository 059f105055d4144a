import { createHash } from "node:crypto";
import { readRegularFile } from "../../lib/file-access";
import { isJsonObject, type JsonObject, type JsonValue } from "../../lib/json-value";
import { archiveHash } from "./archive-hash";
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
  outputSignature,
  resourceSignature,
  secretSignature,
  signatureKey,
  unknownMarker,
  unknownMarkers,
} from "./signatures";

/** Reads a value as the SDK sends it (a protobuf `Struct` turned into JavaScript). */
export function fromWire(value: JsonValue): PropertyValue {
  if (typeof value === "string") return unknownMarkers.has(value) ? unknown : value;
  if (value === null || typeof value !== "object") return value;
  if (!isJsonObject(value)) return value.map(fromWire);
  const signature = value[signatureKey];
  return typeof signature === "string" ? fromSigned(signature, value) : fromWireMap(value);
}

export function fromWireMap(map: JsonObject): PropertyMap {
  const properties: Record<string, PropertyValue> = {};
  for (const key of Object.keys(map)) {
    const value = map[key];
    if (value !== undefined) properties[key] = fromWire(value);
  }
  return properties;
}

/** Writes a value as the SDK expects it. */
export function toWire(value: PropertyValue): JsonValue {
  if (value === null || typeof value !== "object") return value;
  if (value instanceof Unknown) return unknownMarker;
  if (value instanceof Secret) return { [signatureKey]: secretSignature, value: toWire(value.value) };
  if (value instanceof Asset || value instanceof Archive) return signedContent(value, toWire);
  if (value instanceof ResourceReference) return signedReference(value, toWire);
  if (isPropertyArray(value)) return value.map(toWire);
  return toWireMap(value);
}

export function toWireMap(map: PropertyMap): JsonObject {
  const wire: Record<string, JsonValue> = {};
  for (const key of Object.keys(map)) {
    const value = map[key];
    if (value !== undefined) wire[key] = toWire(value);
  }
  return wire;
}

/** The signature object of an asset or archive, the same on the wire and in state. */
export function signedContent(value: Asset | Archive, encode: (part: PropertyValue) => JsonValue): JsonObject {
  const hash = value.hash === undefined ? {} : { hash: value.hash };
  if (value instanceof Asset) return { [signatureKey]: assetSignature, ...hash, ...value.source };
  if (!("assets" in value.source)) return { [signatureKey]: archiveSignature, ...hash, ...value.source };
  const assets: Record<string, JsonValue> = {};
  for (const [name, part] of Object.entries(value.source.assets)) assets[name] = encode(part);
  return { [signatureKey]: archiveSignature, ...hash, assets };
}

/** The signature object of a resource reference, the same on the wire and in state. */
export function signedReference(value: ResourceReference, encode: (part: PropertyValue) => JsonValue): JsonObject {
  return {
    [signatureKey]: resourceSignature,
    urn: value.urn,
    ...(value.id === undefined ? {} : { id: encode(value.id) }),
    ...(value.packageVersion === "" ? {} : { packageVersion: value.packageVersion }),
  };
}

function fromSigned(signature: string, value: JsonObject): PropertyValue {
  switch (signature) {
    case secretSignature:
      return new Secret(fromWire(value.value ?? null));
    case outputSignature:
      return fromOutput(value);
    case assetSignature:
      return assetFrom(value);
    case archiveSignature:
      return archiveFrom(value, fromWire);
    case resourceSignature:
      return referenceFrom(value, fromWire);
    default:
      throw new Error(`a property value has the unknown signature ${signature}; expected one of Pulumi's`);
  }
}

function fromOutput(value: JsonObject): PropertyValue {
  const inner = value.value === undefined ? unknown : fromWire(value.value);
  return value.secret === true ? new Secret(inner) : inner;
}

export function assetFrom(value: JsonObject): Asset {
  const hash = textOf(value.hash);
  const source = contentSource(value);
  return hash === undefined ? hashedAsset(source) : new Asset(source, hash);
}

export function archiveFrom(value: JsonObject, decode: (part: JsonValue) => PropertyValue): Archive {
  const hash = textOf(value.hash);
  const source = isJsonObject(value.assets) ? { assets: archiveParts(value.assets, decode) } : pathOrUri(value);
  return hash === undefined ? hashedArchive(source) : new Archive(source, hash);
}

export function referenceFrom(value: JsonObject, decode: (part: JsonValue) => PropertyValue): ResourceReference {
  const id = value.id === undefined ? undefined : decode(value.id);
  return new ResourceReference(textOf(value.urn) ?? "", id, textOf(value.packageVersion) ?? "");
}

function archiveParts(parts: JsonObject, decode: (part: JsonValue) => PropertyValue): Record<string, Asset | Archive> {
  const decoded: Record<string, Asset | Archive> = {};
  for (const [name, part] of Object.entries(parts)) {
    const asset = decode(part);
    if (!(asset instanceof Asset || asset instanceof Archive)) {
      throw new Error(`archive entry ${name} is neither an asset nor an archive`);
    }
    decoded[name] = asset;
  }
  return decoded;
}

function contentSource(value: JsonObject): Asset["source"] {
  const text = textOf(value.text);
  return text === undefined ? pathOrUri(value) : { text };
}

function pathOrUri(value: JsonObject): { path: string } | { uri: string } {
  const path = textOf(value.path);
  if (path !== undefined && path !== "") return { path };
  return { uri: textOf(value.uri) ?? "" };
}

function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

type AssetSource = Asset["source"];
type ArchiveSource = Archive["source"];

/** An asset with the hash of its content, by which two assets are compared. A file that is missing is an error. */
export function hashedAsset(source: AssetSource): Asset {
  if ("text" in source) return new Asset(source, sha256(source.text));
  if ("path" in source) return new Asset(source, sha256(readRegularFile(source.path)));
  return new Asset(source, sha256(source.uri));
}

/** An archive with the hash of everything in it. */
export function hashedArchive(source: ArchiveSource): Archive {
  return new Archive(source, archiveHash(source) ?? sha256(statedIn(source)));
}

/** What is known of an archive whose contents the sandbox does not read. */
function statedIn(source: ArchiveSource): string {
  if ("assets" in source) {
    const parts = Object.entries(source.assets).sort(([left], [right]) => (left < right ? -1 : 1));
    return parts.map(([name, part]) => `${name}\0${part.hash ?? ""}`).join("\n");
  }
  return "path" in source ? source.path : source.uri;
}

function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
