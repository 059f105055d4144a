import {
  isPropertyArray,
  isPropertyMap,
  type PropertyMap,
  type PropertyValue,
  Secret,
} from "../../../deployment/values/property-value";
import type { PathStep } from "../../../lib/property-path";

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
