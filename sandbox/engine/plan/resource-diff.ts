import {
  equalProperties,
  isPropertyArray,
  isPropertyMap,
  type PropertyMap,
  type PropertyValue,
  Secret,
} from "../../../deployment/values/property-value";
import { isAtOrBelow, type PathStep, parsePropertyPath, providerPathSteps } from "../../../lib/property-path";
import type { DiffResult, PropertyDiff, PropertyDiffKind } from "../provider";
import type { PlanningContext } from "./planning-context";
import type { ResourceOperations } from "./provider-registry";
import type { ResourceState } from "./resource-state";
import { type Urn, urnName } from "./urn";

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
  context: Pick<PlanningContext, "events">,
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
  if (diff.changes !== "unknown") return diff;
  return {
    ...diff,
    ...comparedInputs(old.inputs, withIgnoredChanges(context, old.urn, inputs, old.inputs, ignoreChanges)),
  };
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

/**
 * Puts ignored properties back to what they were, so that they cannot differ. Where a path leads to what only one of the two has (an
 * item added to a list), the rest of it is put back nevertheless, and a note says that this part is not ignored.
 */
export function withIgnoredChanges(
  { events }: Pick<PlanningContext, "events">,
  urn: Urn,
  inputs: PropertyMap,
  old: PropertyMap,
  ignoreChanges: readonly string[],
): PropertyMap {
  let result: PropertyValue = inputs;
  const incomplete: string[] = [];
  for (const path of ignoreChanges) {
    const reset = resetAtPath(result, old, providerPathSteps(path));
    result = reset.value;
    if (!reset.complete) incomplete.push(path);
  }
  if (incomplete.length > 0) {
    const listed = JSON.stringify(incomplete.join(", "));
    events.diagnostic("info", `cannot ignore changes in added or removed elements of the path: ${listed}`, urn);
  }
  return isPropertyMap(result) ? result : inputs;
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

interface Reset {
  readonly value: PropertyValue;
  /** False where the path leads to something that only one of the two values has. */
  readonly complete: boolean;
}

/**
 * `target` with what lies at `path` put back to what `old` has there, removed where `old` has nothing. What can be put back is, even where
 * the whole cannot. As `PropertyPath.Reset` in the engine's `sdk/go/common/resource/properties_path.go` does it.
 */
export function resetAtPath(
  target: PropertyValue,
  old: PropertyValue | undefined,
  path: readonly PathStep[],
  secret: { readonly old: boolean; readonly target: boolean } = { old: false, target: false },
): Reset {
  if (target instanceof Secret) {
    const { value, complete } = resetAtPath(target.value, old, path, { ...secret, target: true });
    return { value: new Secret(value), complete };
  }
  if (old instanceof Secret) return resetAtPath(target, old.value, path, { ...secret, old: true });
  const [step, ...rest] = path;
  // A part of a secret stays one where it comes to lie in something plain.
  const putBack = (value: PropertyValue): Reset => ({
    value: secret.old && !secret.target && !(value instanceof Secret) ? new Secret(value) : value,
    complete: true,
  });
  const resetPart = (part: PropertyValue, oldPart: PropertyValue | undefined): Reset =>
    rest.length === 0 && oldPart !== undefined ? putBack(oldPart) : resetAtPath(part, oldPart, rest, secret);
  if (step === "*") return resetEvery(target, old, rest.length === 0, resetPart);
  if (typeof step === "number") return resetIndex(target, old, step, rest.length === 0, resetPart);
  return step === undefined ? kept(target, false) : resetKey(target, old, step, rest.length === 0, resetPart);
}

type ResetPart = (part: PropertyValue, oldPart: PropertyValue | undefined) => Reset;

function kept(value: PropertyValue, complete: boolean): Reset {
  return { value, complete };
}

function resetIndex(
  target: PropertyValue,
  old: PropertyValue | undefined,
  index: number,
  isLast: boolean,
  resetPart: ResetPart,
): Reset {
  if (!isPropertyArray(target) || !isPropertyArray(old))
    return kept(target, !isPropertyArray(target) && !isPropertyArray(old));
  const [part, oldPart] = [target[index], old[index]];
  if (part === undefined || oldPart === undefined) return kept(target, isLast && part === oldPart);
  const { value, complete } = resetPart(part, oldPart);
  return kept(target.with(index, value), complete);
}

function resetKey(
  target: PropertyValue,
  old: PropertyValue | undefined,
  key: string,
  isLast: boolean,
  resetPart: ResetPart,
): Reset {
  const oldPart = isPropertyMap(old) ? old[key] : undefined;
  if (!isPropertyMap(target)) return kept(target, isLast ? oldPart === undefined : !isPropertyMap(old));
  if (isLast && oldPart === undefined) {
    return kept(Object.fromEntries(Object.entries(target).filter(([name]) => name !== key)), true);
  }
  const part = target[key];
  if (!isLast && (part === undefined || !isPropertyMap(old)))
    return kept(target, isPropertyMap(old) && oldPart === undefined);
  const { value, complete } = resetPart(part ?? null, oldPart);
  return kept({ ...target, [key]: value }, complete);
}

/** Of lists as many items as both have, of maps the keys of the old one. */
function resetEvery(
  target: PropertyValue,
  old: PropertyValue | undefined,
  isLast: boolean,
  resetPart: ResetPart,
): Reset {
  if (isPropertyArray(target)) {
    if (!isPropertyArray(old)) return kept(target, isLast);
    const parts = target.map((part, index) => (index < old.length ? resetPart(part, old[index]) : kept(part, false)));
    return { value: parts.map(({ value }) => value), complete: everyComplete(parts) && old.length <= target.length };
  }
  if (!isPropertyMap(target)) return kept(target, false);
  if (!isPropertyMap(old)) return kept(target, isLast);
  const entries = isLast ? Object.keys(old) : Object.keys(target);
  const parts = entries.map((key) => {
    const oldPart = old[key];
    const part = target[key] ?? null;
    return { key, ...(oldPart === undefined ? kept(part, true) : resetPart(part, oldPart)) };
  });
  const isWhole = isLast || Object.keys(old).every((key) => key in target);
  return {
    value: Object.fromEntries(parts.map(({ key, value }) => [key, value])),
    complete: everyComplete(parts) && isWhole,
  };
}

function everyComplete(parts: readonly Reset[]): boolean {
  return parts.every(({ complete }) => complete);
}
