import { equalProperties } from "../../../deployment/values/property-value";
import type { ResourceState } from "./resource-state";
import type { Urn } from "./urn";

/** What tells how a resource came about; it differs between two states of which neither needs to be written. */
const history: ReadonlySet<string> = new Set(["created", "modified", "aliasedFrom", "importId"]);

/** Whether a deployment that ends with `found` would leave the state of `base` exactly as it is, options included. */
export function sameStates(base: readonly ResourceState[], found: ReadonlyMap<Urn, ResourceState>): boolean {
  return (
    base.length === found.size &&
    base.every((old) => {
      const state = found.get(old.urn);
      return state !== undefined && sameState(old, state);
    })
  );
}

function sameState(left: ResourceState, right: ResourceState): boolean {
  if (left === right) return true;
  const { inputs, outputs, propertyDependencies, ...rest } = left;
  return (
    JSON.stringify(rest, withoutHistory) === JSON.stringify(optionsOf(right), withoutHistory) &&
    sameDependencies(propertyDependencies, right.propertyDependencies) &&
    equalProperties(inputs, right.inputs) &&
    equalProperties(outputs, right.outputs)
  );
}

function optionsOf({
  inputs: _inputs,
  outputs: _outputs,
  propertyDependencies: _dependencies,
  ...rest
}: ResourceState) {
  return rest;
}

function withoutHistory(key: string, value: unknown): unknown {
  return history.has(key) ? undefined : value;
}

/** A property without dependencies is the same as one that is not listed. */
function sameDependencies(
  left: ResourceState["propertyDependencies"],
  right: ResourceState["propertyDependencies"],
): boolean {
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...keys].every((key) => (left[key] ?? []).join() === (right[key] ?? []).join());
}
