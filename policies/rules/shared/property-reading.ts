import { UndecidedError } from "../../outcome";
import { isList, isMap, type PolicyValue, UnknownValue } from "../../policy-value";
import type { PolicyResource } from "../../rule";

/**
 * What is found at a property path. `null` counts as absent, as it does for the providers. What is unknown until `up` is a reading,
 * too, but one that answers nothing: whoever asks it for its state cannot decide ({@link UndecidedError}).
 */
export type Reading =
  | { readonly state: "known"; readonly path: string; readonly value: KnownValue }
  | { readonly state: "absent"; readonly path: string };

export type KnownValue = Exclude<PolicyValue, UnknownValue | null>;

class UnknownReading {
  /** @param path where the unknown begins: `network`, when all of `network` is unknown */
  constructor(readonly path: string) {}

  get state(): never {
    throw new UndecidedError(this.path);
  }
}

/**
 * Reads a property by its path of names.
 *
 * @example read(resource, "properties.networkAcls.defaultAction")
 */
export function read(resource: PolicyResource, path: string): Reading {
  const [first = "", ...rest] = path.split(".");
  return rest.reduce(readWithin, readingOf(first, resource.property(first)));
}

/** Reads a property of an object that was itself read. */
export function readWithin(container: Reading, name: string): Reading {
  if (container instanceof UnknownReading) return container;
  const path = `${container.path}.${name}`;
  const within = container.state === "known" && isMap(container.value) ? container.value : undefined;
  return readingOf(path, within !== undefined && Object.hasOwn(within, name) ? within[name] : undefined);
}

/**
 * The items of a list; a value that is not a list counts as a list of one, and an absent one as empty. So does an unknown one: its
 * only item is as unknown.
 */
export function items(list: Reading): readonly Reading[] {
  if (list instanceof UnknownReading) return [list];
  if (list.state === "absent") return [];
  if (!isList(list.value)) return [list];
  return list.value.map((item, index) => readingOf(`${list.path}[${index}]`, item));
}

function readingOf(path: string, value: PolicyValue | undefined): Reading {
  if (value === undefined || value === null) return { state: "absent", path };
  return value instanceof UnknownValue ? new UnknownReading(path) : { state: "known", path, value };
}

/** The values of a map, each at its key; an unknown map is its only value, as unknown. */
export function entries(map: Reading): readonly Reading[] {
  if (map instanceof UnknownReading) return [map];
  if (map.state === "absent") return [];
  return isMap(map.value) ? Object.keys(map.value).map((name) => readWithin(map, name)) : [map];
}

/** A value that was not read, but made of what was: a part of a text, the name at the end of a path. */
export function madeReading(path: string, value: PolicyValue): Reading {
  return readingOf(path, value);
}

/** The texts of some properties, to compare; those that are not set do not count. */
export function textsOf(readings: readonly Reading[]): readonly string[] {
  return readings.flatMap((reading) => (reading.state === "known" ? (comparable(reading.value) ?? []) : []));
}

/** {@link textsOf} those that are known. */
export function knownTextsOf(readings: readonly Reading[]): readonly string[] {
  return textsOf(readings.filter((reading) => !(reading instanceof UnknownReading)));
}

/** The parts of texts in which commas stand between them. */
export function splitAtCommas(texts: readonly string[]): readonly string[] {
  return texts.flatMap((text) => text.split(",").map((part) => part.trim())).filter((part) => part !== "");
}

/** Nothing but spaces, zero-width and control characters, fillers and the like: what a person sees as empty. */
const invisible = /^[\p{C}\p{Z}\s\u115f\u1160\u2800\u3164\uffa0]*$/u;

/** Whether a property is not set, or set to nothing: a text in which nothing is to be seen, an empty list. */
export function isEmpty(reading: Reading): boolean {
  if (reading.state === "absent") return true;
  const { value } = reading;
  return isList(value) ? value.length === 0 : typeof value === "string" && invisible.test(value);
}

/** Whether a test holds for any of some properties. One known to pass decides; properties that are not set do not count. */
export function anyReading(readings: readonly Reading[], test: (value: KnownValue) => boolean): boolean {
  return anyHolds(readings.map((reading) => () => reading.state === "known" && test(reading.value)));
}

/** Whether any condition holds: one known to decides, whatever cannot be told of the others. */
export function anyHolds(conditions: readonly (() => boolean)[]): boolean {
  return holdsWith(true, conditions);
}

/** Whether every condition holds: one known not to decides, whatever cannot be told of the others. */
export function allHold(conditions: readonly (() => boolean)[]): boolean {
  return holdsWith(false, conditions);
}

/** Whether a condition holds, or cannot be told yet. */
export function mayHold(condition: () => boolean): boolean {
  try {
    return condition();
  } catch (error) {
    if (error instanceof UndecidedError) return true;
    throw error;
  }
}

/** @param deciding the answer of one condition that decides for all */
function holdsWith(deciding: boolean, conditions: readonly (() => boolean)[]): boolean {
  let open: UndecidedError | undefined;
  for (const condition of conditions) {
    try {
      if (condition() === deciding) return deciding;
    } catch (error) {
      if (!(error instanceof UndecidedError)) throw error;
      open ??= error;
    }
  }
  if (open !== undefined) throw open;
  return !deciding;
}

/**
 * A value as text to compare: services compare their settings without regard to case, and providers accept `true` and `"true"`.
 * Objects and lists have no such text.
 */
export function comparable(value: KnownValue): string | undefined {
  return typeof value === "object" ? undefined : String(value).toLowerCase();
}
