import { isJsonObject } from "./json-value";

/** One step into a value: a property's name, an index, or `*` for any. */
export type PathStep = string | number;

/** Paths are written in rules, so there are few, and the same ones are asked for with every resource. */
const parsedPaths = new Map<string, readonly PathStep[]>();
const rememberedPaths = 10_000;

/**
 * The steps of a path as Pulumi writes it: `tags.Team`, `rules[0].port`, `tags["with.dot"]`, `rules[*].port`.
 *
 * @throws naming what cannot be read
 */
export function parsePropertyPath(path: string): readonly PathStep[] {
  const known = parsedPaths.get(path);
  if (known !== undefined) return known;
  const steps = readSteps(path);
  if (parsedPaths.size < rememberedPaths) parsedPaths.set(path, steps);
  return steps;
}

function readSteps(path: string): readonly PathStep[] {
  const steps: PathStep[] = [];
  const token = /\["((?:[^"\\]|\\.)*)"\]|\[(\d+|\*)\]|\.?([^.[\]]+)/gy;
  while (token.lastIndex < path.length) {
    const at = token.lastIndex;
    const match = token.exec(path);
    if (match === null) throw new Error(`property path ${path}: cannot read "${path.slice(at)}"`);
    const [, quoted, index, key = ""] = match;
    if (quoted !== undefined) steps.push(quoted.replace(/\\(.)/g, "$1"));
    else if (index !== undefined) steps.push(index === "*" ? "*" : Number(index));
    else steps.push(key);
  }
  return steps;
}

/** The steps of a path that a provider wrote; one that cannot be read is one name. */
export function providerPathSteps(path: string): readonly PathStep[] {
  try {
    return parsePropertyPath(path);
  } catch {
    return [path];
  }
}

/** The first step of a path that a provider wrote. @example topLevelProperty("tags.Team") // "tags" */
export function topLevelProperty(path: string): string {
  return String(providerPathSteps(path)[0] ?? path);
}

/** The path as Pulumi writes it, the reverse of {@link parsePropertyPath}. */
export function formatPropertyPath(steps: readonly PathStep[]): string {
  let path = "";
  for (const step of steps) {
    if (typeof step === "number") path += `[${step}]`;
    else if (/[.[\]"]/.test(step)) path += `["${step.replace(/["\\]/g, "\\$&")}"]`;
    else path += path === "" ? step : `.${step}`;
  }
  return path;
}

/** Whether `path` is what `pattern` names, or lies below it; `*` in the pattern stands for any one step. */
export function isAtOrBelow(path: readonly PathStep[], pattern: readonly PathStep[]): boolean {
  return pattern.length <= path.length && agree(path, pattern);
}

/** Whether `path` is above what `pattern` names: setting or removing it touches the pattern's property too. */
export function isAbove(path: readonly PathStep[], pattern: readonly PathStep[]): boolean {
  return path.length < pattern.length && agree(path, pattern);
}

/** Whether two paths are the same as far as both go. */
function agree(path: readonly PathStep[], pattern: readonly PathStep[]): boolean {
  return pattern.every((step, index) => index >= path.length || step === "*" || step === path[index]);
}

/** The value at a path, or undefined when a step of the path is missing. */
export function valueAt(value: unknown, keys: readonly PathStep[]): unknown {
  let current = value;
  for (const key of keys) {
    if (Array.isArray(current)) current = current[Number(key)];
    else if (isJsonObject(current)) current = current[key];
    else return undefined;
  }
  return current;
}

/** A copy of `value` with `replacement` at the path; `undefined` removes what is there. */
export function withValueAt(value: unknown, keys: readonly PathStep[], replacement: unknown): unknown {
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
