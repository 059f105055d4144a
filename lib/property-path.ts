import { isJsonObject } from "./json-value";

/** Splits `tags["a.b"].rules[0].port` into its keys. */
export function splitPropertyPath(path: string): readonly string[] {
  const keys: string[] = [];
  for (const match of path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.[\]]+)/g)) {
    keys.push(match[1]?.replace(/\\(.)/g, "$1") ?? match[2] ?? match[3] ?? "");
  }
  return keys;
}

/** The value at a path, or undefined when a step of the path is missing. */
export function valueAt(value: unknown, keys: readonly string[]): unknown {
  let current = value;
  for (const key of keys) {
    if (Array.isArray(current)) current = current[Number(key)];
    else if (isJsonObject(current)) current = current[key];
    else return undefined;
  }
  return current;
}

/** A copy of `value` with `replacement` at the path; `undefined` removes what is there. */
export function withValueAt(value: unknown, keys: readonly string[], replacement: unknown): unknown {
  const [key, ...rest] = keys;
  if (key === undefined) return replacement;
  if (Array.isArray(value)) {
    const copy: unknown[] = [...value];
    copy[Number(key)] = withValueAt(copy[Number(key)], rest, replacement);
    return copy;
  }
  const copy: Record<string, unknown> = isJsonObject(value) ? { ...value } : {};
  const changed = withValueAt(copy[key], rest, replacement);
  if (changed === undefined) delete copy[key];
  else copy[key] = changed;
  return copy;
}
