import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { isJsonObject } from "../../lib/json-value";
import {
  isPropertyArray,
  isPropertyMap,
  mapProperties,
  type PropertyMap,
  type PropertyValue,
  ResourceReference,
  Secret,
} from "../values/property-value";
import { fromWireMap, toWireMap } from "../values/wire-value";

/**
 * Properties as the real engine sends them to a policy pack: secrets and unknowns marked, references to resources reduced to
 * what they refer to (`MarshalOptions{KeepUnknowns, KeepSecrets}` of its analyzer client).
 *
 * @param internalKeys whether keys that begin with `__` are sent; only remediations see them
 */
export function encodeForAnalyzer(properties: PropertyMap, internalKeys: "keep" | "skip"): Struct {
  return Struct.fromJavaScript(toWireMap(analyzable(properties, internalKeys)));
}

/** Properties that a remediation returned. */
export function decodeFromAnalyzer(properties: Struct): PropertyMap {
  const decoded: unknown = properties.toJavaScript();
  return isJsonObject(decoded) ? fromWireMap(decoded) : {};
}

function analyzable(map: PropertyMap, internalKeys: "keep" | "skip"): PropertyMap {
  const kept = Object.entries(map).filter(([key]) => internalKeys === "keep" || !key.startsWith("__"));
  return mapProperties(Object.fromEntries(kept), (value) => withoutReferences(value, internalKeys));
}

function withoutReferences(value: PropertyValue, internalKeys: "keep" | "skip"): PropertyValue {
  if (value instanceof ResourceReference) return value.id ?? value.urn;
  if (value instanceof Secret) return new Secret(withoutReferences(value.value, internalKeys));
  if (isPropertyArray(value)) return value.map((item) => withoutReferences(item, internalKeys));
  return isPropertyMap(value) ? analyzable(value, internalKeys) : value;
}
