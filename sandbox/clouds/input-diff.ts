import {
  equalProperties,
  isPropertyArray,
  isPropertyMap,
  type PropertyMap,
  type PropertyValue,
  reveal,
  Secret,
  Unknown,
} from "../../deployment/values/property-value";
import { formatPropertyPath, isAbove, isAtOrBelow, type PathStep, parsePropertyPath } from "../../lib/property-path";
import type { DiffResult, PropertyDiff } from "../engine/provider";
import type { WorldReading } from "../world/world";
import { defaultsOf, withDefaults } from "./input-check";
import { protectedValueAt, valueAt, withoutPaths, withoutSecret, withValueAt } from "./read-property";
import type { CreateOnlyRule, Outdated, TypeRule } from "./type-rule";

interface ChangedProperty {
  readonly path: readonly PathStep[];
  readonly kind: "add" | "delete" | "update";
}

export interface ComparisonRules {
  /** Paths of lists whose order means nothing. */
  readonly unordered: readonly string[];
  /** The form in which two texts are compared: Azure ids and regions without regard to case. */
  readonly comparableText: (text: string, path: readonly PathStep[]) => string;
}

/** Where two maps differ, at the deepest path that tells. */
function changedProperties(
  before: PropertyMap,
  after: PropertyMap,
  rules: ComparisonRules,
): readonly ChangedProperty[] {
  const unordered = rules.unordered.map(parsePropertyPath);
  const comparable = (value: PropertyValue, path: readonly PathStep[]): PropertyValue => {
    if (typeof value === "string") return rules.comparableText(value, path);
    if (isPropertyArray(value)) {
      const items = value.map((item, index) => comparable(item, [...path, index]));
      const orderless = unordered.some((list) => list.length === path.length && isAtOrBelow(path, list));
      return orderless ? items.toSorted((a, b) => compareText(sortKey(a), sortKey(b))) : items;
    }
    if (isPropertyMap(value)) {
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, comparable(item, [...path, key])]));
    }
    return value;
  };
  const compare = (
    old: PropertyValue | undefined,
    now: PropertyValue | undefined,
    path: readonly PathStep[],
  ): readonly ChangedProperty[] => {
    if (old instanceof Secret || now instanceof Secret) return compare(withoutSecret(old), withoutSecret(now), path);
    if (isAbsent(old)) return isAbsent(now) ? [] : [{ path, kind: "add" }];
    if (isAbsent(now)) return [{ path, kind: "delete" }];
    if (isPropertyMap(old) && isPropertyMap(now)) {
      const keys = [...new Set([...Object.keys(old), ...Object.keys(now)])];
      return keys.flatMap((key) => compare(own(old, key), own(now, key), [...path, key]));
    }
    if (isPropertyArray(old) && isPropertyArray(now)) {
      if (equalProperties(comparable(old, path), comparable(now, path))) return [];
      const length = Math.max(old.length, now.length);
      return Array.from({ length }, (_, index) => compare(old[index], now[index], [...path, index])).flat();
    }
    if (now instanceof Unknown) return [{ path, kind: "update" }];
    return equalProperties(comparable(old, path), comparable(now, path)) ? [] : [{ path, kind: "update" }];
  };
  return compare(before, after, []);
}

function isAbsent(value: PropertyValue | undefined): value is undefined | null {
  return value === undefined || value === null;
}

function own(map: PropertyMap, key: string): PropertyValue | undefined {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}

function sortKey(value: PropertyValue): string {
  return JSON.stringify(value);
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

type Difference = Pick<DiffResult, "changes" | "diffs" | "replaces" | "detailedDiff">;

/** The provider's answer to a change of inputs: what differs, and what of it only a replacement can do. */
export function diffInputs(
  rule: TypeRule,
  oldInputs: PropertyMap,
  inputs: PropertyMap,
  ignoreChanges: readonly string[],
  comparison: ComparisonRules,
  world: WorldReading | undefined,
): Difference {
  const ignored = ignoreChanges.map(parsePropertyPath);
  const changed = changedProperties(oldInputs, inputs, comparison).filter(
    ({ path }) => !ignored.some((pattern) => isAtOrBelow(path, pattern)),
  );
  const detailedDiff: Record<string, PropertyDiff> = {};
  const replaces: string[] = [];
  const oldEffective = withDefaults(oldInputs, defaultsOf(rule, oldInputs));
  const effective = withDefaults(inputs, defaultsOf(rule, inputs));
  for (const change of changed) {
    const path = formatPropertyPath(change.path);
    const replace = (rule.createOnly ?? []).some((entry) =>
      forcesReplacement(entry, change.path, oldEffective, effective, world),
    );
    detailedDiff[path] = { kind: replace ? `${change.kind}-replace` : change.kind, inputDiff: true };
    if (replace) replaces.push(path);
  }
  const diffs = [...new Set(changed.map(({ path }) => String(path[0])))];
  return { changes: changed.length === 0 ? "none" : "some", diffs, replaces, detailedDiff };
}

/** The difference with what is outdated, unless the program ignores its changes. */
export function withOutdated(
  difference: Difference,
  outdated: Outdated | undefined,
  ignoreChanges: readonly string[],
): Difference {
  const ignored = ignoreChanges.map(parsePropertyPath);
  const isIgnored = (property: string) => ignored.some((pattern) => isAtOrBelow([property], pattern));
  if (outdated === undefined || outdated.properties.some(isIgnored)) return difference;
  const { properties, replaces } = outdated;
  const kind = replaces ? "update-replace" : "update";
  return {
    changes: "some",
    diffs: [...difference.diffs, ...properties],
    replaces: replaces ? [...difference.replaces, ...properties] : difference.replaces,
    detailedDiff: {
      ...difference.detailedDiff,
      ...Object.fromEntries(properties.map((property) => [property, { kind, inputDiff: false }])),
    },
  };
}

/** A property that now says what the service's default was, or no longer says it, has not changed. */
function forcesReplacement(
  entry: string | CreateOnlyRule,
  path: readonly PathStep[],
  oldInputs: PropertyMap,
  inputs: PropertyMap,
  world: WorldReading | undefined,
): boolean {
  const rule = typeof entry === "string" ? { path: entry, when: () => true } : entry;
  const pattern = parsePropertyPath(rule.path);
  const isPart = isAtOrBelow(path, pattern);
  if (!isPart && !isAbove(path, pattern)) return false;
  const compared = isPart ? formatPropertyPath(path) : rule.path;
  if (valueAt(inputs, formatPropertyPath(path)) instanceof Unknown) return true;
  const [old, now] = [valueAt(oldInputs, compared), valueAt(inputs, compared)];
  if (old instanceof Unknown || now instanceof Unknown) return true;
  if (equalProperties(old ?? null, now ?? null)) return false;
  const values = { before: valueAt(oldInputs, rule.path), after: valueAt(inputs, rule.path) };
  return rule.when({ ...values, oldInputs, inputs, world });
}

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
    const stated = valueAt(inputs, formatPropertyPath(path));
    const present = valueAt(oldOutputs, formatPropertyPath(path));
    if (stated === undefined || present === undefined) continue;
    if (equalProperties(reveal(stated), reveal(present))) known = withValueAt(known, path, stated);
  }
  return known;
}

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
  const filled = (own: PropertyMap) => withDefaults(own, defaultsOf(rule, own));
  const now = filled(inputProperties(rule, properties));
  let inputs = oldInputs;
  // An object that was adopted may not have told its defaults until it was updated.
  const changes = changedProperties(filled(inputProperties(rule, oldOutputs)), now, comparison);
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
