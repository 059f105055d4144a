import { isList, isMap, type PolicyValue, UnknownValue } from "../../policy-value";
import type { PolicyResource } from "../../rule";

/** What is found at a property path. `null` counts as absent, as it does for the providers. */
export type Reading =
  | { readonly state: "known"; readonly path: string; readonly value: KnownValue }
  | { readonly state: "absent"; readonly path: string }
  /** `path` is where the unknown begins: `network`, when all of `network` is unknown. */
  | { readonly state: "unknown"; readonly path: string };

export type KnownValue = Exclude<PolicyValue, UnknownValue | null>;

/**
 * Reads a property by its path of names.
 *
 * @example read(resource, "properties.networkAcls.defaultAction")
 */
export function read(resource: PolicyResource, path: string): Reading {
  const [first = "", ...rest] = path.split(".");
  let reading = readingOf(first, resource.property(first));
  for (const name of rest) {
    if (reading.state === "unknown") return reading;
    reading = readWithin(reading, name);
  }
  return reading;
}

/** Reads a property of an object that was itself read. */
export function readWithin(container: Reading, name: string): Reading {
  if (container.state === "unknown") return container;
  const path = `${container.path}.${name}`;
  const within = container.state === "known" && isMap(container.value) ? container.value : undefined;
  return readingOf(path, within !== undefined && Object.hasOwn(within, name) ? within[name] : undefined);
}

/** The items of a list; a value that is not a list counts as a list of one, and an absent one as empty. */
export function items(list: Reading): readonly Reading[] {
  if (list.state === "unknown") return [list];
  if (list.state === "absent") return [];
  if (!isList(list.value)) return [list];
  return list.value.map((item, index) => readingOf(`${list.path}[${index}]`, item));
}

function readingOf(path: string, value: PolicyValue | undefined): Reading {
  if (value === undefined || value === null) return { state: "absent", path };
  return value instanceof UnknownValue ? { state: "unknown", path } : { state: "known", path, value };
}

/**
 * A value as text to compare: services compare their settings without regard to case, and providers accept `true` and `"true"`.
 * Objects and lists have no such text.
 */
export function comparable(value: KnownValue): string | undefined {
  return typeof value === "object" ? undefined : String(value).toLowerCase();
}
