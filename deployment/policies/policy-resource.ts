import { currentType } from "../../lib/type-token";
import { type PolicyValue, unknownValue } from "../../policies/policy-value";
import type { PolicyResource, StackMember } from "../../policies/rule";
import {
  Archive,
  Asset,
  isPropertyArray,
  isPropertyMap,
  type PropertyValue,
  ResourceReference,
  Secret,
  Unknown,
} from "../values/property-value";
import type { AnalyzedResource } from "./policy-analyzer";

/**
 * A resource as rules see it; properties are translated when a rule asks for them, once each.
 *
 * @param type the resource's current type token
 */
export function policyResource(resource: AnalyzedResource, type: string): PolicyResource {
  const translatedProperties = new Map<string, PolicyValue | undefined>();
  const property = (key: string) => {
    if (!translatedProperties.has(key)) translatedProperties.set(key, propertyOf(resource, key));
    return translatedProperties.get(key);
  };
  return { urn: resource.urn, type, name: resource.name, property, keys: () => Object.keys(resource.properties) };
}

/** A resource as stack rules see it. */
export function stackMember(resource: AnalyzedResource): StackMember {
  const sources = (property: string) => resource.propertyDependencies[property] ?? [];
  return { ...policyResource(resource, currentType(resource.type)), sources };
}

function propertyOf({ properties }: AnalyzedResource, key: string): PolicyValue | undefined {
  const value = Object.hasOwn(properties, key) ? properties[key] : undefined;
  return value === undefined ? undefined : toPolicyValue(value);
}

function toPolicyValue(value: PropertyValue): PolicyValue {
  if (value instanceof Secret) return toPolicyValue(value.value);
  if (value instanceof Unknown) return unknownValue;
  if (value instanceof ResourceReference) return value.id === undefined ? value.urn : toPolicyValue(value.id);
  // Something is there; rules do not look into files.
  if (value instanceof Asset || value instanceof Archive) return {};
  if (isPropertyArray(value)) return value.map(toPolicyValue);
  if (isPropertyMap(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toPolicyValue(item)]));
  }
  return value;
}
