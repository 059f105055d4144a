import {
  isPropertyArray,
  isPropertyMap,
  type PropertyMap,
  type PropertyValue,
  Secret,
} from "../../deployment/values/property-value";
import { type PathStep, parsePropertyPath } from "../../lib/property-path";

export interface PlacedValue {
  readonly path: readonly PathStep[];
  /** Undefined when the last part is absent. Secrets are withoutSecret. */
  readonly value: PropertyValue | undefined;
}

/** The places that a pattern with `*` names in a map. Branches that are absent or unknown on the way are left out. */
export function placesOf(map: PropertyMap, pattern: string): readonly PlacedValue[] {
  let places: readonly PlacedValue[] = [{ path: [], value: map }];
  for (const part of parsePropertyPath(pattern)) places = places.flatMap((place) => stepInto(place, part));
  return places;
}

function stepInto({ path, value }: PlacedValue, part: PathStep): readonly PlacedValue[] {
  const at = (key: PathStep, item: PropertyValue | undefined) => ({ path: [...path, key], value: withoutSecret(item) });
  if (isPropertyArray(value)) {
    if (part === "*") return value.map((item, index) => at(index, item));
    return typeof part === "number" ? [at(part, value[part])] : [];
  }
  if (!isPropertyMap(value)) return [];
  if (part === "*") return Object.entries(value).map(([key, item]) => at(key, item));
  return typeof part === "string" ? [at(part, Object.hasOwn(value, part) ? value[part] : undefined)] : [];
}

/** The value inside a secret, or the value itself. Secrets deeper inside stay. */
export function withoutSecret(value: PropertyValue | undefined): PropertyValue | undefined {
  return value instanceof Secret ? withoutSecret(value.value) : value;
}

const plainName = /^[A-Za-z_]\w*$/;

/** The value at a path, seen through secrets; undefined when there is none. */
export function valueAt(map: PropertyMap, path: string): PropertyValue | undefined {
  // Most paths are one name, and most maps are asked for many of them.
  if (plainName.test(path)) return Object.hasOwn(map, path) ? withoutSecret(map[path]) : undefined;
  return placesOf(map, path)[0]?.value;
}

/** The value at a path as it is: secret when it, or a map or list it lies in, is secret. */
export function protectedValueAt(map: PropertyMap, parts: readonly PathStep[]): PropertyValue | undefined {
  let value: PropertyValue | undefined = map;
  let secret = false;
  for (const part of parts) {
    if (value instanceof Secret) secret = true;
    value = withoutSecret(value);
    if (isPropertyArray(value) && typeof part === "number") value = value[part];
    else if (isPropertyMap(value) && typeof part === "string")
      value = Object.hasOwn(value, part) ? value[part] : undefined;
    else return undefined;
  }
  return secret && value !== undefined && !(value instanceof Secret) ? new Secret(value) : value;
}

/** The map without what the patterns name. */
export function withoutPaths(map: PropertyMap, patterns: readonly string[]): PropertyMap {
  return patterns
    .flatMap((pattern) => placesOf(map, pattern))
    .toReversed()
    .reduce((rest, { path, value }) => (value === undefined ? rest : withValueAt(rest, path, undefined)), map);
}

/** The text at a path; undefined when it is absent, unknown or something else. */
export function textAt(map: PropertyMap, path: string): string | undefined {
  const value = valueAt(map, path);
  return typeof value === "string" ? value : undefined;
}

export function numberAt(map: PropertyMap, path: string): number | undefined {
  const value = valueAt(map, path);
  return typeof value === "number" ? value : undefined;
}

export function flagAt(map: PropertyMap, path: string): boolean | undefined {
  const value = valueAt(map, path);
  return typeof value === "boolean" ? value : undefined;
}

/** The map at a path, empty when it is absent, unknown or something else. */
export function mapAt(map: PropertyMap, path: string): PropertyMap {
  const value = valueAt(map, path);
  return isPropertyMap(value) ? value : {};
}

/** The list at a path, empty when it is absent, unknown or something else. */
export function listAt(map: PropertyMap, path: string): readonly PropertyValue[] {
  const value = valueAt(map, path);
  return isPropertyArray(value) ? value : [];
}

/** The maps in the list at a path; items of another kind are left out. */
export function mapsAt(map: PropertyMap, path: string): readonly PropertyMap[] {
  return listAt(map, path)
    .map((item) => (item instanceof Secret ? item.value : item))
    .filter(isPropertyMap);
}

/** The texts in the list at a path; items of another kind are left out. */
export function textsAt(map: PropertyMap, path: string): readonly string[] {
  return listAt(map, path)
    .map((item) => (item instanceof Secret ? item.value : item))
    .filter((item) => typeof item === "string");
}

/** A copy of the map with the value at a path set, or removed when it is undefined. Missing maps on the way are made. */
export function withValueAt(
  map: PropertyMap,
  parts: readonly PathStep[],
  value: PropertyValue | undefined,
): PropertyMap {
  const changed = replaceAt(map, parts, value);
  return isPropertyMap(changed) ? changed : map;
}

function replaceAt(
  target: PropertyValue | undefined,
  parts: readonly PathStep[],
  value: PropertyValue | undefined,
): PropertyValue | undefined {
  const [part, ...rest] = parts;
  if (part === undefined) return value;
  if (target instanceof Secret) {
    const inner = replaceAt(target.value, parts, value);
    return inner === undefined ? undefined : new Secret(inner);
  }
  if (typeof part === "number") {
    const items = isPropertyArray(target) ? [...target] : [];
    const item = replaceAt(items[part], rest, value);
    if (item === undefined) items.splice(part, 1);
    else items[part] = item;
    return items;
  }
  const entries = new Map(isPropertyMap(target) ? Object.entries(target) : []);
  if (value === undefined && rest.length > 0 && !entries.has(part)) return target;
  const item = replaceAt(entries.get(part), rest, value);
  if (item === undefined) entries.delete(part);
  else entries.set(part, item);
  return Object.fromEntries(entries);
}
