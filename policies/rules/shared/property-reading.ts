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
