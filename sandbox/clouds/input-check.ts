import {
  isPropertyMap,
  type PropertyMap,
  type PropertyValue,
  Secret,
  Unknown,
} from "../../deployment/values/property-value";
import { formatPropertyPath } from "../../lib/property-path";
import type { CheckFailure } from "../engine/provider";
import { placesOf, textAt, valueAt } from "./read-property";
import type { DescribedLimits, ObjectNameRule, TypeRule } from "./type-rule";

/** Everything that is wrong with the inputs by themselves. Values unknown until `up` pass here and are checked then. */
export function checkInputs(rule: TypeRule, inputs: PropertyMap): readonly CheckFailure[] {
  return [
    ...missingProperties(rule, inputs),
    ...valuesNotAllowed(rule, inputs),
    ...numbersOutOfRange(rule, inputs),
    ...outsideOfDescription(rule, inputs),
    ...(rule.name === undefined ? [] : badName(rule.name, inputs)),
    ...(rule.check?.(inputs) ?? []),
  ];
}

function missingProperties(rule: TypeRule, inputs: PropertyMap): readonly CheckFailure[] {
  return (rule.required ?? []).flatMap((pattern) =>
    placesOf(inputs, pattern)
      .filter(({ value }) => value === undefined || value === null)
      .map(({ path }) => {
        const property = formatPropertyPath(path);
        return { property, reason: `missing required property '${property}'` };
      }),
  );
}

function valuesNotAllowed(rule: TypeRule, inputs: PropertyMap): readonly CheckFailure[] {
  return Object.entries(rule.allowed ?? {}).flatMap(([pattern, allowed]) =>
    placesOf(inputs, pattern)
      .filter(({ value }) => isKnown(value) && !allowed.some((item) => item === value))
      .map(({ path, value }) => ({
        property: formatPropertyPath(path),
        reason: `'${formatPropertyPath(path)}': expected ${formatAlternatives(allowed)}, got ${JSON.stringify(value)}`,
      })),
  );
}

function numbersOutOfRange(rule: TypeRule, inputs: PropertyMap): readonly CheckFailure[] {
  return Object.entries(rule.ranges ?? {}).flatMap(([pattern, { minimum, maximum }]) =>
    placesOf(inputs, pattern)
      .filter(({ value }) => isKnown(value) && !(typeof value === "number" && value >= minimum && value <= maximum))
      .map(({ path, value }) => ({
        property: formatPropertyPath(path),
        reason: `'${formatPropertyPath(path)}': expected a number from ${minimum} to ${maximum}, got ${JSON.stringify(value)}`,
      })),
  );
}

function outsideOfDescription(rule: TypeRule, inputs: PropertyMap): readonly CheckFailure[] {
  return Object.entries(rule.described ?? {}).flatMap(([pattern, limits]) =>
    placesOf(inputs, pattern).flatMap(({ path, value }) => {
      const property = formatPropertyPath(path);
      if (value === undefined || value === null) {
        const isMissing = limits.required === true && rule.required?.includes(pattern) !== true;
        return isMissing ? [{ property, reason: `missing required property '${property}'` }] : [];
      }
      const expected = value instanceof Unknown ? undefined : expectedByDescription(rule, pattern, limits, value);
      return expected === undefined ? [] : [{ property, reason: `'${property}': expected ${expected}` }];
    }),
  );
}

/** What a value should be, in words, or undefined when it is. */
function expectedByDescription(
  rule: TypeRule,
  path: string,
  { values, minimum, maximum, pattern }: DescribedLimits,
  value: PropertyValue,
): string | undefined {
  const got = `, got ${JSON.stringify(value)}`;
  if (values !== undefined && rule.allowed?.[path] === undefined && !isOneOf(values, value))
    return `${formatAlternatives(values)}${got}`;
  const size = typeof value === "string" || Array.isArray(value) ? value.length : value;
  const isOutside = typeof size === "number" && (size < (minimum ?? size) || size > (maximum ?? size));
  if (isOutside && rule.ranges?.[path] === undefined) {
    const limits = [
      minimum === undefined ? [] : `at least ${minimum}`,
      maximum === undefined ? [] : `at most ${maximum}`,
    ];
    const unit = typeof value === "number" ? "" : typeof value === "string" ? " characters" : " items";
    return `${limits.flat().join(" and ")}${unit}, got ${size}`;
  }
  if (pattern === undefined || typeof value !== "string" || new RegExp(pattern).test(value)) return undefined;
  return `text that matches ${pattern}${got}`;
}

function isOneOf(values: readonly (string | number)[], value: PropertyValue): boolean {
  if (typeof value !== "string") return values.some((item) => item === value);
  const known = values.map((item) => String(item).toLowerCase());
  const text = value.toLowerCase();
  return known.includes(text) || text.split(/, ?/).every((part) => known.includes(part));
}

function badName(rule: ObjectNameRule, inputs: PropertyMap): readonly CheckFailure[] {
  const value = valueAt(inputs, rule.property);
  const { property } = rule;
  if (value === undefined && rule.isGiven?.(inputs) === true) return [];
  if (value === undefined || value === null) return [{ property, reason: `missing required property '${property}'` }];
  const name = textAt(inputs, property);
  if (name === undefined || rule.pattern.test(name)) return [];
  return [
    {
      property,
      reason: `${rule.code}: '${property}': expected ${rule.expected}, got "${name}" (${name.length} characters)`,
    },
  ];
}

function isKnown(value: PropertyValue | undefined): boolean {
  return value !== undefined && value !== null && !(value instanceof Unknown);
}

function formatAlternatives(values: readonly (string | number | boolean)[]): string {
  const words = values.map((value) => JSON.stringify(value));
  return words.length === 1 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

/** The inputs without properties that are null: Pulumi programs pass `undefined` and `null` for "not given". */
export function withoutNulls(map: PropertyMap): PropertyMap {
  const entries: [string, PropertyValue][] = [];
  for (const [key, value] of Object.entries(map)) {
    const kept = prune(value);
    if (kept !== undefined) entries.push([key, kept]);
  }
  return Object.fromEntries(entries);
}

function prune(value: PropertyValue): PropertyValue | undefined {
  if (value === null) return undefined;
  if (value instanceof Secret) {
    const inner = prune(value.value);
    return inner === undefined ? undefined : new Secret(inner);
  }
  return isPropertyMap(value) ? withoutNulls(value) : value;
}

/** The inputs with defaults filled in where nothing is given, map by map; a list is taken as a whole. */
export function withDefaults(inputs: PropertyMap, defaults: PropertyMap): PropertyMap {
  const filled: Record<string, PropertyValue> = { ...inputs };
  for (const [key, value] of Object.entries(defaults)) {
    const given = filled[key];
    if (given === undefined) filled[key] = value;
    else if (isPropertyMap(given) && isPropertyMap(value)) filled[key] = withDefaults(given, value);
  }
  return filled;
}

export function defaultsOf(rule: TypeRule, inputs: PropertyMap): PropertyMap {
  return typeof rule.defaults === "function" ? rule.defaults(inputs) : (rule.defaults ?? {});
}
