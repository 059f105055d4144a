import { type PropertyMap, type PropertyValue, unknown } from "../../deployment/values/property-value";
import { isList, isMap, type PolicyValue } from "../../policies/policy-value";
import type { PolicyResource } from "../../policies/rule";
import { valueAt, withValue } from "./property-paths";

/** The resource, with each path that is asked for noted: `configuration`, `configuration.secrets`, `configuration.secrets.0`. */
export function notingParts<R extends PolicyResource>(resource: R, asked: Set<string>): R {
  const property = (key: string) => {
    asked.add(key);
    return noted(resource.property(key), key, asked);
  };
  return { ...resource, property };
}

function noted(value: PolicyValue | undefined, path: string, asked: Set<string>): PolicyValue | undefined {
  const note = (name: string | symbol) => {
    if (typeof name === "string" && (isMap(value) || /^\d+$/.test(name))) asked.add(`${path}.${name}`);
  };
  const noting = <T extends object>(container: T): T =>
    new Proxy(container, {
      get: (target, name) => {
        note(name);
        const held: object = target;
        return noted(Reflect.get(held, name), `${path}.${String(name)}`, asked);
      },
      // By this a reader tells whether there is something.
      getOwnPropertyDescriptor: (target, name) => {
        note(name);
        return Reflect.getOwnPropertyDescriptor(target, name);
      },
    });
  if (isList(value)) return noting(value);
  return isMap(value) ? noting(value) : value;
}

/** What is said of a resource on which one part, or all above it, is unknown. */
export interface UnknownCase {
  readonly path: string;
  readonly said: string;
  /** Everything that is said when other things are there; only where something but `undecided` is said of the unknown. */
  readonly otherwise: readonly string[];
}

/**
 * Makes each part that is asked for unknown, one at a time.
 *
 * @param ask what is said of properties: `undecided`, `compliant`, `violation` …; notes what it asks for
 * @param values what else could be at a path
 */
export function unknownCases(
  properties: PropertyMap,
  ask: (properties: PropertyMap, asked: Set<string>) => string,
  values: (path: string) => readonly PropertyValue[],
): readonly UnknownCase[] {
  const asked = new Set<string>();
  ask(properties, asked);
  return [...asked].map((path) => {
    const said = ask(withValue(properties, path, unknown), new Set());
    const others = said === "undecided" ? [] : [valueAt(properties, path) ?? null, ...values(path), ...anything];
    const otherwise = others.map((value) => ask(withValue(properties, path, value), new Set()));
    return { path, said, otherwise: [...new Set(otherwise)] };
  });
}

const anything: readonly PropertyValue[] = [null, "", "x", "*", "0", 0, 1_000_000, true, false, {}, []];
