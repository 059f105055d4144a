import { type PropertyMap, Secret, unknown } from "../../deployment/values/property-value";
import { defaultsOf, withDefaults } from "./input-check";
import { placesOf, withoutPaths, withValueAt } from "./read-property";
import { createBeforeDeleteFlag, type TypeRule } from "./type-rule";

/** The inputs as the service sees them: with its defaults and in its own form. */
export function serviceInputs(rule: TypeRule, inputs: PropertyMap): PropertyMap {
  const filled = withDefaults(inputs, defaultsOf(rule, inputs));
  return rule.normalize?.(filled) ?? filled;
}

/** The outputs of an object: what the service gives back of the inputs, and what it computed, secrets marked. */
export function outputsOf(rule: TypeRule, inputs: PropertyMap, computed: PropertyMap): PropertyMap {
  const returned = withoutPaths(inputs, [createBeforeDeleteFlag, ...(rule.notReturned ?? [])]);
  return withSecrets(withDefaults(computed, returned), rule.secretOutputs ?? []);
}

/** What a preview can tell of the outputs; `known` are outputs of the existing object that an update leaves alone. */
export function previewOutputsOf(rule: TypeRule, inputs: PropertyMap, known: PropertyMap): PropertyMap {
  let outputs = outputsOf(rule, inputs, {});
  for (const name of rule.computed?.names ?? []) {
    for (const { path } of placesOf(outputs, name)) outputs = withValueAt(outputs, path, unknown);
  }
  return { ...outputs, ...known };
}

function withSecrets(outputs: PropertyMap, paths: readonly string[]): PropertyMap {
  return paths
    .flatMap((path) => placesOf(outputs, path))
    .reduce(
      (marked, { path, value }) => (value === undefined ? marked : withValueAt(marked, path, new Secret(value))),
      outputs,
    );
}
