import { typesWith } from "../../lib/resource-types";
import { isList, isMap, type PolicyValue, UnknownValue } from "../policy-value";
import type { PolicyResource } from "../rule";

/** A setting's value. Lists and objects are compared by what is in them. */
export type SettingValue = string | number | boolean;

/** A resource as far as stacks are compared by it. */
export interface ResourceSettings {
  /** By path: `networkAcls.bypass`, `template.containers[0].image`. */
  readonly settings: Readonly<Record<string, SettingValue>>;
  /** Paths of what is known only at `up`, and all below them. */
  readonly computed: readonly string[];
}

/** The types whose settings are compared between stacks, as current tokens. What is only a name or a reference to others is not here. */
export const comparedTypes: readonly string[] = typesWith("compared");

/**
 * Which resource it is, where it belongs, and what it belongs to: these must differ between stacks, so they are not settings.
 * Tags have rules of their own.
 */
const identity = /^(?:name|tags|scope|scopes|\w+Name|\w+Id|\w+Uri)$/;

/** Which image runs, and how requests are split meanwhile, is a release, not a setting. */
const released = /\.image$|\.activeRevisionsMode$|\.ingress\.traffic\[/;

/** Flattens a resource's inputs to its settings. */
export function settingsOf(resource: PolicyResource): ResourceSettings {
  const settings: Record<string, SettingValue> = {};
  const computed: string[] = [];
  const add = (path: string, value: PolicyValue | undefined): void => {
    if (value === undefined || value === null) return;
    if (value instanceof UnknownValue) computed.push(path);
    else if (isList(value)) for (const [index, item] of value.entries()) add(`${path}[${index}]`, item);
    else if (isMap(value)) for (const [key, item] of Object.entries(value)) add(`${path}.${key}`, item);
    else if (!released.test(path)) settings[path] = value;
  };
  for (const key of resource.keys()) if (!identity.test(key)) add(key, resource.property(key));
  return { settings, computed };
}

/** Whether a path is another, or lies within it. */
export function liesWithin(path: string, container: string): boolean {
  return path.startsWith(container) && /^(?:$|[.[])/.test(path.slice(container.length));
}
