import {
  isPropertyArray,
  isPropertyMap,
  type PropertyMap,
  type PropertyValue,
  Secret,
} from "../../deployment/values/property-value";

/** One step into a value: a property's name or an array's index. */
export type PathPart = string | number;

/** Paths are written in rules, so there are few, and the same ones are asked for with every resource. */
const parsedPaths = new Map<string, readonly PathPart[]>();
const rememberedPaths = 10_000;

/** Splits `rules[0].port` or `tags["a.b"]` into its parts. `*` stays a part of its own and stands for any index or key. */
export function parsePath(path: string): readonly PathPart[] {
  const known = parsedPaths.get(path);
  if (known !== undefined) return known;
  const parts = splitPath(path);
  if (parsedPaths.size < rememberedPaths) parsedPaths.set(path, parts);
  return parts;
}

function splitPath(path: string): readonly PathPart[] {
  const parts: PathPart[] = [];
  for (const match of path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+|\*)\]|([^.[\]]+)/g)) {
    const [, quoted, index, plain] = match;
    if (quoted !== undefined) parts.push(quoted.replace(/\\(.)/g, "$1"));
    else if (index !== undefined) parts.push(index === "*" ? "*" : Number(index));
    else if (plain !== undefined) parts.push(plain);
  }
  return parts;
}

/** The path as Pulumi writes it, the reverse of {@link parsePath}. */
export function formatPath(parts: readonly PathPart[]): string {
  let path = "";
  for (const part of parts) {
    if (typeof part === "number") path += `[${part}]`;
    else if (/[.[\]"]/.test(part)) path += `["${part.replace(/["\\]/g, "\\$&")}"]`;
    else path += path === "" ? part : `.${part}`;
  }
  return path;
}

/** Whether `path` is what `pattern` names or lies below it; `*` in the pattern stands for any one part. */
export function isAtOrBelow(path: readonly PathPart[], pattern: readonly PathPart[]): boolean {
  return pattern.length <= path.length && agree(path, pattern);
}

/** Whether `path` is an ancestor of what `pattern` names: setting or removing it touches the pattern's property too. */
export function isAbove(path: readonly PathPart[], pattern: readonly PathPart[]): boolean {
  return path.length < pattern.length && agree(path, pattern);
}

/** Whether two paths are the same as far as both go. */
function agree(path: readonly PathPart[], pattern: readonly PathPart[]): boolean {
  return pattern.every((part, index) => index >= path.length || part === "*" || part === path[index]);
}

export interface PlacedValue {
  readonly path: readonly PathPart[];
  /** Undefined when the last part is absent. Secrets are withoutSecret. */
  readonly value: PropertyValue | undefined;
}

/** The places that a pattern with `*` names in a map. Branches that are absent or unknown on the way are left out. */
export function placesOf(map: PropertyMap, pattern: string): readonly PlacedValue[] {
  let places: readonly PlacedValue[] = [{ path: [], value: map }];
  for (const part of parsePath(pattern)) places = places.flatMap((place) => stepInto(place, part));
  return places;
}

function stepInto({ path, value }: PlacedValue, part: PathPart): readonly PlacedValue[] {
  const at = (key: PathPart, item: PropertyValue | undefined) => ({ path: [...path, key], value: withoutSecret(item) });
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
export function protectedValueAt(map: PropertyMap, parts: readonly PathPart[]): PropertyValue | undefined {
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
  parts: readonly PathPart[],
  value: PropertyValue | undefined,
): PropertyMap {
  const changed = replaceAt(map, parts, value);
  return isPropertyMap(changed) ? changed : map;
}

function replaceAt(
  target: PropertyValue | undefined,
  parts: readonly PathPart[],
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
