import {
  isPropertyArray,
  isPropertyMap,
  type PropertyMap,
  type PropertyValue,
} from "../../deployment/values/property-value";

/** Properties with one of them set to another value; positions in lists are written as names. */
export function withValue(properties: PropertyMap, path: string, value: PropertyValue): PropertyMap {
  const [first = "", ...rest] = path.split(".");
  return { ...properties, [first]: within(properties[first], rest, value) };
}

function within(container: PropertyValue | undefined, path: readonly string[], value: PropertyValue): PropertyValue {
  const [first, ...rest] = path;
  if (first === undefined) return value;
  if (/^\d+$/.test(first)) {
    const list = container !== undefined && isPropertyArray(container) ? [...container] : [];
    list[Number(first)] = within(list[Number(first)], rest, value);
    return list;
  }
  const map = container !== undefined && isPropertyMap(container) ? container : {};
  return { ...map, [first]: within(map[first], rest, value) };
}

/** What is at a path, or undefined. */
export function valueAt(properties: PropertyMap, path: string): PropertyValue | undefined {
  return path.split(".").reduce<PropertyValue | undefined>((value, name) => {
    if (value === undefined) return undefined;
    if (isPropertyArray(value)) return value[Number(name)];
    return isPropertyMap(value) ? value[name] : undefined;
  }, properties);
}
