import {
  equalProperties,
  isPropertyArray,
  isPropertyMap,
  type PropertyMap,
  type PropertyValue,
  Secret,
} from "../../../deployment/values/property-value";
import { isAtOrBelow, type PathStep, parsePropertyPath } from "../../../lib/property-path";
import type { DiffResult, PropertyDiff, PropertyDiffKind } from "../provider";
import { PlanError } from "./engine-errors";
import type { ResourceOperations } from "./provider-registry";
import type { ResourceState } from "./resource-state";
import { urnName } from "./urn";

export const noChanges: DiffResult = {
  changes: "none",
  diffs: [],
  replaces: [],
  stables: [],
  deleteBeforeReplace: false,
  detailedDiff: undefined,
};

/** What would have to change for `old` to become what `inputs` say. Providers that cannot tell get inputs compared. */
export async function resourceDiff(
  operations: ResourceOperations,
  old: ResourceState,
  inputs: PropertyMap,
  ignoreChanges: readonly string[],
): Promise<DiffResult> {
  const diff = await operations.diff({
    urn: old.urn,
    type: old.type,
    name: urnName(old.urn),
    id: old.id,
    inputs,
    oldInputs: old.inputs,
    oldOutputs: old.outputs,
    ignoreChanges,
  });
  return diff.changes === "unknown" ? { ...diff, ...comparedInputs(old.inputs, inputs) } : diff;
}

function comparedInputs(old: PropertyMap, next: PropertyMap): Partial<DiffResult> {
  const diffs = [...new Set([...Object.keys(old), ...Object.keys(next)])].filter(
    (key) => !equalProperties(old[key], next[key]),
  );
  const kindOf = (key: string): PropertyDiffKind =>
    old[key] === undefined ? "add" : next[key] === undefined ? "delete" : "update";
  return {
    changes: diffs.length > 0 ? "some" : "none",
    diffs,
    detailedDiff: Object.fromEntries(diffs.map((key) => [key, { kind: kindOf(key), inputDiff: true }])),
  };
}

/** Puts ignored properties back to what they were, so that they cannot differ. */
export function withIgnoredChanges(
  inputs: PropertyMap,
  old: PropertyMap,
  ignoreChanges: readonly string[],
): PropertyMap {
  let result = inputs;
  const unreachable: string[] = [];
  for (const path of ignoreChanges) {
    const reset = resetAtPath(result, old, parsePropertyPath(path));
    if (reset === undefined) unreachable.push(path);
    else result = reset;
  }
  if (unreachable.length === 0) return result;
  const listed = unreachable.map((path) => JSON.stringify(path)).join(", ");
  throw new PlanError(
    `cannot ignore changes to the following properties because one or more elements of the path are missing: ${listed}`,
  );
}

/** The diff with every change below a `replaceOnChanges` path made a replacement. */
export function withReplaceOnChanges(diff: DiffResult, replaceOnChanges: readonly string[]): DiffResult {
  if (diff.changes !== "some" || replaceOnChanges.length === 0) return diff;
  const paths = replaceOnChanges.map(parsePropertyPath);
  const forces = (path: string) => paths.some((forced) => isAtOrBelow(parsePropertyPath(path), forced));
  const replaces = new Set([...diff.replaces, ...diff.diffs.filter(forces)]);
  const detailedDiff =
    diff.detailedDiff === undefined
      ? undefined
      : Object.fromEntries(
          Object.entries(diff.detailedDiff).map(([path, change]) => [
            path,
            forces(path) ? asReplacement(change) : change,
          ]),
        );
  // A path below a top-level property is seen in the detailed diff only.
  for (const path of Object.keys(diff.detailedDiff ?? {})) {
    const [top] = parsePropertyPath(path);
    if (forces(path) && top !== undefined) replaces.add(String(top));
  }
  return { ...diff, replaces: [...replaces], detailedDiff };
}

function asReplacement(change: PropertyDiff): PropertyDiff {
  switch (change.kind) {
    case "add":
      return { ...change, kind: "add-replace" };
    case "delete":
      return { ...change, kind: "delete-replace" };
    case "update":
      return { ...change, kind: "update-replace" };
    default:
      return change;
  }
}

/**
 * `target` with what lies at `path` put back to what `source` has there, removed where `source` has nothing.
 * Undefined when the path leads through something that is not there.
 */
export function resetAtPath(
  target: PropertyMap,
  source: PropertyMap,
  path: readonly PathStep[],
): PropertyMap | undefined {
  const reset = resetValue(target, source, path);
  return reset === unreachable || reset === undefined || !isPropertyMap(reset) ? undefined : reset;
}

const unreachable = Symbol("unreachable");
type ResetResult = PropertyValue | undefined | typeof unreachable;

function resetValue(
  target: PropertyValue | undefined,
  source: PropertyValue | undefined,
  path: readonly PathStep[],
): ResetResult {
  const [step, ...rest] = path;
  if (step === undefined) return source;
  if (target instanceof Secret) return rewrap(resetValue(target.value, open(source), path));
  const from = open(source);
  if (step === "*") return resetEvery(target, from, rest);
  if (isPropertyMap(target)) return resetKey(target, isPropertyMap(from) ? from : {}, String(step), rest);
  if (isPropertyArray(target) && typeof step === "number") return resetIndex(target, from, step, rest);
  return target === undefined && from === undefined ? undefined : unreachable;
}

function resetKey(target: PropertyMap, source: PropertyMap, key: string, rest: readonly PathStep[]): ResetResult {
  if (rest.length > 0 && target[key] === undefined) return source[key] === undefined ? target : unreachable;
  const value = resetValue(target[key], source[key], rest);
  if (value === unreachable) return unreachable;
  if (value !== undefined) return { ...target, [key]: value };
  return Object.fromEntries(Object.entries(target).filter(([name]) => name !== key));
}

function resetIndex(
  target: readonly PropertyValue[],
  source: PropertyValue | undefined,
  index: number,
  rest: readonly PathStep[],
): ResetResult {
  const old = isPropertyArray(source) ? source[index] : undefined;
  if (index >= target.length) return old === undefined ? target : unreachable;
  const value = resetValue(target[index], old, rest);
  if (value === unreachable || value === undefined)
    return value === undefined && old === undefined ? target : unreachable;
  return target.map((item, at) => (at === index ? value : item));
}

function resetEvery(
  target: PropertyValue | undefined,
  source: PropertyValue | undefined,
  rest: readonly PathStep[],
): ResetResult {
  if (isPropertyArray(target)) {
    return Array.from(target.keys()).reduce<ResetResult>(
      (done, index) => (isReached(done) ? resetValue(done, source, [index, ...rest]) : unreachable),
      target,
    );
  }
  if (!isPropertyMap(target)) return unreachable;
  const keys = new Set([...Object.keys(target), ...(isPropertyMap(source) ? Object.keys(source) : [])]);
  return Array.from(keys).reduce<ResetResult>(
    (done, key) => (isReached(done) ? resetValue(done, source, [key, ...rest]) : unreachable),
    target,
  );
}

function isReached(value: ResetResult): value is PropertyValue {
  return value !== unreachable && value !== undefined;
}

function open(value: PropertyValue | undefined): PropertyValue | undefined {
  return value instanceof Secret ? value.value : value;
}

function rewrap(value: ResetResult): ResetResult {
  return isReached(value) ? new Secret(value) : value;
}
