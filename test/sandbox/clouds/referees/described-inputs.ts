import { isPropertyMap, type PropertyMap, type PropertyValue } from "../../../../deployment/values/property-value";
import { formatPropertyPath, parsePropertyPath } from "../../../../lib/property-path";
import type { DescribedValue } from "../../../../sandbox/clouds/azure-native/sdk-descriptions";
import { valueAt, withValueAt } from "../../../../sandbox/clouds/read-property";
import type { DescribedLimits } from "../../../../sandbox/clouds/type-rule";

/** The paths at which a value is not what the description says. */
export function wrongIn(described: DescribedValue, value: PropertyValue, path: string): readonly string[] {
  if (path !== "" && (described.readOnly || !isOfKind(described, value) || !fits(described.limits, value)))
    return [path];
  if (Array.isArray(value))
    return value.flatMap((item) => (described.item === undefined ? [] : wrongIn(described.item, item, `${path}[*]`)));
  if (!isPropertyMap(value)) return [];
  const { item } = described;
  if (item !== undefined) return Object.values(value).flatMap((each) => wrongIn(item, each, `${path}.*`));
  if (described.kind !== "object") return [];
  const members = described.members(value);
  const at = (name: string) => (path === "" ? name : `${path}.${name}`);
  const missing = [...members].filter(
    ([name, { limits, readOnly }]) => limits.required === true && !readOnly && value[name] === undefined,
  );
  return [
    ...missing.map(([name]) => at(name)),
    ...Object.entries(value).flatMap(([name, each]) => {
      const member = members.get(name);
      return member === undefined ? [at(name)] : wrongIn(member, each, at(name));
    }),
  ];
}

function isOfKind({ kind }: DescribedValue, value: PropertyValue): boolean {
  if (kind === "any") return true;
  if (kind === "list") return Array.isArray(value);
  if (kind === "map" || kind === "object") return isPropertyMap(value);
  return typeof value === { flag: "boolean", number: "number", text: "string" }[kind];
}

export function fits({ values, minimum, maximum, pattern }: DescribedLimits, value: PropertyValue): boolean {
  const known = values?.map((item) => String(item).toLowerCase());
  if (known !== undefined && !known.includes(String(value).toLowerCase())) return false;
  const size = typeof value === "string" || Array.isArray(value) ? value.length : value;
  if (typeof size === "number" && (size < (minimum ?? size) || size > (maximum ?? size))) return false;
  return pattern === undefined || typeof value !== "string" || new RegExp(pattern).test(value);
}

/** What a description says of the value at a path with `*`. */
export function describedAt(described: DescribedValue, path: string): DescribedValue {
  return parsePropertyPath(path).reduce((at, step) => {
    const part = step === "*" ? at.item : at.members().get(String(step));
    if (part === undefined) throw new Error(`nothing is described at ${path}`);
    return part;
  }, described);
}

/** The inputs with a value at the path that breaks each limit. */
export function wrongInputs(
  inputs: PropertyMap,
  path: string,
  { kind, limits }: DescribedValue,
): readonly PropertyMap[] {
  const { required, values, minimum, maximum, pattern } = limits;
  const wrong: (PropertyValue | undefined)[] = [
    ...(required === true ? [undefined] : []),
    ...(values === undefined ? [] : [typeof values[0] === "number" ? 1 : "Nonsense"]),
    ...(minimum === undefined ? [] : [sized(kind, minimum - 1)]),
    ...(maximum === undefined ? [] : [sized(kind, maximum + 1)]),
    ...(pattern === undefined ? [] : ["°"]),
  ];
  return wrong.map((value) => placed(inputs, path, value));
}

/** The inputs with each value at the path that the limits just allow. */
export function allowedInputs(inputs: PropertyMap, path: string, { kind, limits }: DescribedValue) {
  const { values = [], minimum, maximum, pattern } = limits;
  const ends = pattern === undefined ? [minimum, maximum].filter((end) => end !== undefined) : [];
  const allowed = [
    ...values.map((value) => ({ value, sent: value })),
    ...ends.map((end) => ({ value: end, sent: sized(kind, end) })),
  ];
  return allowed.map(({ value, sent }) => ({ value, inputs: placed(inputs, path, sent) }));
}

function sized(kind: DescribedValue["kind"], size: number): PropertyValue {
  if (kind === "text") return "a".repeat(size);
  return kind === "list" ? Array.from({ length: size }, () => "a@b.test") : size;
}

/** The inputs with a value at a path, of which each list gets one item and each map one key where there are none. */
function placed(inputs: PropertyMap, path: string, value: PropertyValue | undefined): PropertyMap {
  const steps = parsePropertyPath(path).map((step, index, all) =>
    step !== "*" ? step : path.includes("[*]") ? 0 : keyIn(valueAt(inputs, formatPropertyPath(all.slice(0, index)))),
  );
  // An object must be there to lack something.
  const inside = value === undefined && steps.length > 1;
  return withValueAt(inside ? withValueAt(inputs, [...steps.slice(0, -1), "other"], "x") : inputs, steps, value);
}

function keyIn(map: PropertyValue | undefined): string {
  return (isPropertyMap(map) ? Object.keys(map)[0] : undefined) ?? "one";
}
