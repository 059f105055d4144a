import { compliant, type RuleOutcome, undecided, violation } from "./outcome";
import { comparable, type KnownValue, type Reading } from "./property-reading";

/** What a property must hold. Values are compared without regard to case. */
export interface Requirement {
  /** The values that comply, the recommended one first. */
  readonly oneOf: readonly (string | number | boolean)[];
  /** What it means when the property is not set; it depends on the service's default. */
  readonly absent: "complies" | "violates";
}

/** Requires a property to hold one of some values. */
export function requireValue(reading: Reading, { oneOf, absent }: Requirement): RuleOutcome {
  const expected = `expected ${oneOf.join(" or ")}${absent === "complies" ? ", or not set" : ""}`;
  if (reading.state === "unknown") return undecided(reading.path);
  if (reading.state === "absent") {
    return absent === "complies" ? compliant : violation(reading.path, `is not set, ${expected}`);
  }
  const complies = oneOf.some((value) => comparable(value) === comparable(reading.value));
  return complies ? compliant : violation(reading.path, `is ${shown(reading.value)}, ${expected}`);
}

/** Requires a property to be set, to anything. An unknown value may turn out to be absent. */
export function requireSet(reading: Reading): RuleOutcome {
  if (reading.state === "unknown") return undecided(reading.path);
  const empty = reading.state === "absent" || reading.value === "";
  return empty ? violation(reading.path, "is not set") : compliant;
}

/** Settings and addresses: what a message may show. Anything else could be somebody's secret. */
const showable = /^(?:[A-Za-z][A-Za-z0-9_.]{0,23}|[0-9.]{1,15}(?:\/[0-9]{1,2})?|\*)$/;

/** A value in a message; long or free text is not repeated. */
export function shown(value: KnownValue): string {
  if (typeof value === "boolean" || typeof value === "number") return String(value);
  if (typeof value === "string" && showable.test(value)) return `"${value}"`;
  return "another value";
}
