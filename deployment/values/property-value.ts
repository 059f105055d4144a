/**
 * The values that flow between a program, the engine, providers, state and events.
 *
 * Plain JSON plus the four things Pulumi adds: secrets, values unknown until `up`, assets and archives, and references to resources.
 * The wire and state encodings (signature objects such as `4dabf18193072939515e22adb298388d`) live in `wire-value.ts` and
 * `state-value.ts`; everything else works on these types.
 */
export type PropertyValue =
  | null
  | boolean
  | number
  | string
  | readonly PropertyValue[]
  | PropertyMap
  | Secret
  | Unknown
  | Asset
  | Archive
  | ResourceReference;

export interface PropertyMap {
  readonly [key: string]: PropertyValue;
}

/** A value that must not appear in clear text in state, events or on a terminal. */
export class Secret {
  constructor(readonly value: PropertyValue) {}
}

/** A value that only an `up` can tell, as seen in a preview. There is one instance: {@link unknown}. */
export class Unknown {
  private constructor() {}
  static readonly instance = new Unknown();
}
export const unknown = Unknown.instance;

/** A file's content, by path, by address or in place. */
export class Asset {
  constructor(
    readonly source: { readonly text: string } | { readonly path: string } | { readonly uri: string },
    readonly hash: string | undefined,
  ) {}
}

/** A collection of assets, by path, by address or in place. */
export class Archive {
  constructor(
    readonly source:
      | { readonly assets: { readonly [name: string]: Asset | Archive } }
      | { readonly path: string }
      | { readonly uri: string },
    readonly hash: string | undefined,
  ) {}
}

/** A resource passed as a property of another. `id` is absent for components and unknown in a preview. */
export class ResourceReference {
  constructor(
    readonly urn: string,
    readonly id: PropertyValue | undefined,
    readonly packageVersion: string,
  ) {}
}

export function isPropertyMap(value: PropertyValue | undefined): value is PropertyMap {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Secret) &&
    !(value instanceof Unknown) &&
    !(value instanceof Asset) &&
    !(value instanceof Archive) &&
    !(value instanceof ResourceReference)
  );
}

export function isPropertyArray(value: PropertyValue | undefined): value is readonly PropertyValue[] {
  return Array.isArray(value);
}

/** The same value with every secret, at any depth, replaced by what it holds. */
export function reveal(value: PropertyValue): PropertyValue {
  if (value instanceof Secret) return reveal(value.value);
  if (isPropertyArray(value)) return value.map(reveal);
  if (isPropertyMap(value)) return mapProperties(value, reveal);
  return value;
}

/** {@link reveal} for a map. */
export function revealMap(map: PropertyMap): PropertyMap {
  return mapProperties(map, reveal);
}

export function mapProperties(
  map: PropertyMap,
  change: (value: PropertyValue, key: string) => PropertyValue,
): PropertyMap {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value, key)]));
}

/** Without what is unknown, at any depth. */
export function withoutUnknown(map: PropertyMap): PropertyMap {
  const kept = Object.entries(map).map(([key, value]) => [key, knownPart(value)] as const);
  return Object.fromEntries(kept.flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])));
}

function knownPart(value: PropertyValue): PropertyValue | undefined {
  if (value instanceof Unknown) return undefined;
  if (value instanceof Secret) {
    if (!containsUnknown(value)) return value;
    const known = knownPart(value.value);
    return known === undefined ? undefined : new Secret(known);
  }
  if (isPropertyArray(value)) return value.map(knownPart).filter((item) => item !== undefined);
  return isPropertyMap(value) ? withoutUnknown(value) : value;
}

export function containsUnknown(value: PropertyValue): boolean {
  return containsWhere(value, (part) => part instanceof Unknown);
}

export function containsSecret(value: PropertyValue): boolean {
  return containsWhere(value, (part) => part instanceof Secret);
}

function containsWhere(value: PropertyValue, test: (part: PropertyValue) => boolean): boolean {
  if (test(value)) return true;
  if (value instanceof Secret) return containsWhere(value.value, test);
  if (isPropertyArray(value)) return value.some((item) => containsWhere(item, test));
  if (isPropertyMap(value)) return Object.values(value).some((item) => containsWhere(item, test));
  return false;
}

/** Deep equality; a secret equals only a secret of an equal value, unknown equals unknown. */
export function equalProperties(left: PropertyValue | undefined, right: PropertyValue | undefined): boolean {
  if (left === right) return true;
  if (left instanceof Secret && right instanceof Secret) return equalProperties(left.value, right.value);
  if (isPropertyArray(left) && isPropertyArray(right)) {
    return left.length === right.length && left.every((item, index) => equalProperties(item, right[index]));
  }
  if (isPropertyMap(left) && isPropertyMap(right)) {
    const keys = Object.keys(left);
    return (
      keys.length === Object.keys(right).length &&
      keys.every((key) => Object.hasOwn(right, key) && equalProperties(left[key], right[key]))
    );
  }
  if (left instanceof ResourceReference && right instanceof ResourceReference) {
    return left.urn === right.urn && equalProperties(left.id, right.id);
  }
  if ((left instanceof Asset && right instanceof Asset) || (left instanceof Archive && right instanceof Archive)) {
    return left.hash !== undefined ? left.hash === right.hash : JSON.stringify(left) === JSON.stringify(right);
  }
  return false;
}
