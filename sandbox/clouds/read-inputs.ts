import {
  equalProperties,
  isPropertyMap,
  type PropertyMap,
  type PropertyValue,
} from "../../deployment/values/property-value";
import { defaultsOf } from "./input-check";
import { type ComparisonRules, changedProperties } from "./input-diff";
import { protectedValueAt, withoutPaths, withValueAt } from "./read-property";
import type { TypeRule } from "./type-rule";

/**
 * The inputs that an object's properties tell, for an import or a `.get`: what only the service computes and what equals a
 * default is left out, what the id contains is added.
 */
export function inputsOfObject(rule: TypeRule, id: string, properties: PropertyMap): PropertyMap {
  const own = inputProperties(rule, properties);
  return { ...withoutDefaults(own, defaultsOf(rule, own)), ...(rule.identity.inputs?.(id) ?? {}) };
}

/** The same with every default filled in: what the service works on when no program's inputs are at hand. */
export function fullInputsOfObject(rule: TypeRule, id: string, properties: PropertyMap): PropertyMap {
  return { ...inputProperties(rule, properties), ...(rule.identity.inputs?.(id) ?? {}) };
}

/**
 * The old inputs with what changed behind the program's back since `oldOutputs`. Defaults that the service filled in are not
 * copied into the inputs, so that a refresh without drift changes nothing.
 */
export function refreshedInputs(
  rule: TypeRule,
  oldInputs: PropertyMap,
  oldOutputs: PropertyMap,
  properties: PropertyMap,
  comparison: ComparisonRules,
): PropertyMap {
  const now = inputProperties(rule, properties);
  let inputs = oldInputs;
  const changes = changedProperties(inputProperties(rule, oldOutputs), now, comparison);
  // From the back, so that removing one item of a list does not move the others.
  for (const { path } of changes.toReversed()) inputs = withValueAt(inputs, path, protectedValueAt(now, path));
  return inputs;
}

function inputProperties(rule: TypeRule, properties: PropertyMap): PropertyMap {
  return withoutPaths(properties, rule.computed?.names ?? []);
}

function withoutDefaults(inputs: PropertyMap, defaults: PropertyMap): PropertyMap {
  const kept: Record<string, PropertyValue> = {};
  for (const [key, value] of Object.entries(inputs)) {
    const standard = defaults[key];
    if (standard !== undefined && equalProperties(value, standard)) continue;
    kept[key] = isPropertyMap(value) && isPropertyMap(standard) ? withoutDefaults(value, standard) : value;
  }
  return kept;
}
