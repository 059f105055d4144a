import { compliant, notApplicable, type RuleOutcome, undecided, violation } from "../../outcome";
import type { PolicyRule } from "../../rule";
import { comparable, type KnownValue, type Reading, read } from "./property-reading";

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

/** Evaluates a resource by one property of it. */
export function requireSetting(path: string, requirement: Requirement): PolicyRule["evaluate"] {
  return (resource) => requireValue(read(resource, path), requirement);
}

/** Asks it of production only. */
export function inProduction(evaluate: PolicyRule["evaluate"]): PolicyRule["evaluate"] {
  return (resource, stack, today) =>
    stack.production ? evaluate(resource, stack, today) : notApplicable("the stack is not production");
}

/** Asks it of Premium registries only: the others lack the feature. */
export function ofPremium(evaluate: PolicyRule["evaluate"]): PolicyRule["evaluate"] {
  return (registry, stack, today) => {
    const premium = requireValue(read(registry, "sku.name"), { oneOf: ["Premium"], absent: "violates" });
    if (premium.outcome === "undecided") return premium;
    if (premium.outcome === "violation") return notApplicable("only Premium registries can");
    return evaluate(registry, stack, today);
  };
}

/** Requires a property to be set, to anything. An unknown value may turn out to be absent. */
export function requireSet(reading: Reading): RuleOutcome {
  if (reading.state === "unknown") return undecided(reading.path);
  const empty = reading.state === "absent" || reading.value === "";
  return empty ? violation(reading.path, "is not set") : compliant;
}

/** Requires a number within bounds; digits as text count as a number. */
export function requireNumber(
  reading: Reading,
  bounds: { readonly atLeast?: number; readonly atMost?: number; readonly absent: Requirement["absent"] },
): RuleOutcome {
  const { atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY, absent } = bounds;
  const expected = bounds.atLeast === undefined ? `expected at most ${atMost}` : `expected at least ${atLeast}`;
  if (reading.state === "unknown") return undecided(reading.path);
  if (reading.state === "absent") {
    return absent === "complies" ? compliant : violation(reading.path, `is not set, ${expected}`);
  }
  const text = comparable(reading.value);
  const number = text === undefined || text.trim() === "" ? Number.NaN : Number(text);
  const complies = number >= atLeast && number <= atMost;
  return complies ? compliant : violation(reading.path, `is ${shown(reading.value)}, ${expected}`);
}

/** Requires a list, written with commas, to name some items. Compared without regard to case. */
export function requireListed(
  reading: Reading,
  wanted: readonly string[],
  absent: Requirement["absent"] = "violates",
): RuleOutcome {
  if (reading.state === "unknown") return undecided(reading.path);
  if (reading.state === "absent") {
    return absent === "complies" ? compliant : violation(reading.path, `is not set, expected ${wanted.join(",")}`);
  }
  const listed = (comparable(reading.value) ?? "").split(",").map((item) => item.trim());
  const missing = wanted.filter((item) => !listed.includes(item.toLowerCase()));
  return missing.length === 0 ? compliant : violation(reading.path, `does not name ${missing.join(", ")}`);
}

/** Requires a list to be empty, or not there. */
export function requireEmpty(reading: Reading, why: string): RuleOutcome {
  if (reading.state === "unknown") return undecided(reading.path);
  return reading.state === "absent" || reading.value === "" ? compliant : violation(reading.path, why);
}

/** Settings and addresses: what a message may show. Anything else could be somebody's secret. */
const showable = /^(?:[A-Za-z][A-Za-z0-9_.]{0,23}|[0-9.]{1,15}(?:\/[0-9]{1,2})?|\*)$/;

/** A value in a message; long or free text is not repeated. */
export function shown(value: KnownValue): string {
  if (typeof value === "boolean" || typeof value === "number") return String(value);
  if (typeof value === "string" && showable.test(value)) return `"${value}"`;
  return "another value";
}
