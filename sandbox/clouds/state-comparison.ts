import { equalProperties, type PropertyMap, reveal } from "../../deployment/values/property-value";
import { type ComparisonRules, changedProperties } from "./input-diff";
import { formatPath, valueAt, withValueAt } from "./property-path";

/**
 * The old inputs, with what the program now states and the object has already: a default written out is no change to a provider that
 * compares with the state, as those bridged from Terraform do.
 */
export function inputsAsInState(
  oldInputs: PropertyMap,
  inputs: PropertyMap,
  oldOutputs: PropertyMap,
  comparison: ComparisonRules,
): PropertyMap {
  let known = oldInputs;
  for (const { path, kind } of changedProperties(oldInputs, inputs, comparison)) {
    if (kind !== "add") continue;
    const stated = valueAt(inputs, formatPath(path));
    const present = valueAt(oldOutputs, formatPath(path));
    if (stated === undefined || present === undefined) continue;
    if (equalProperties(reveal(stated), reveal(present))) known = withValueAt(known, path, stated);
  }
  return known;
}
