import { compliant, decide, notApplicable, type RuleOutcome, violation } from "../../outcome";
import type { PolicyRule } from "../../rule";
import { anyReading, comparable, isEmpty, type KnownValue, type Reading, read } from "./property-reading";

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
  return required(reading, absent, expected, (value) => {
    const complies = oneOf.some((each) => comparable(each) === comparable(value));
    return complies ? undefined : `is ${shown(value)}, ${expected}`;
  });
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
    const isPremium = anyReading([read(registry, "sku.name")], (value) => comparable(value) === "premium");
    return isPremium ? evaluate(registry, stack, today) : notApplicable("only Premium registries can");
  };
}

const copyModes = ["replica", "pointintimerestore", "georestore"];

/**
 * Asks it of PostgreSQL servers that are no copies: a replica has neither backups nor a standby, and holds nothing of its own. One that
 * was restored, and has taken the place of its source, is told by its mode: what it was made from stays among its inputs.
 */
export function ofPrimary(evaluate: PolicyRule["evaluate"]): PolicyRule["evaluate"] {
  return (server, stack, today) =>
    anyReading([read(server, "createMode")], (mode) => copyModes.includes(comparable(mode) ?? ""))
      ? notApplicable("a copy has what its source has")
      : evaluate(server, stack, today);
}

/** Requires a property to be set, to anything. */
export function requireSet(reading: Reading): RuleOutcome {
  return decide(() => (isEmpty(reading) ? violation(reading.path, "is not set") : compliant));
}

/** Requires the id of a resource, which says whose subscription it is in. */
export function requireAzureId(reading: Reading): RuleOutcome {
  return anyReading([reading], (value) => comparable(value)?.startsWith("/subscriptions/") === true)
    ? compliant
    : violation(reading.path, "is not an id");
}

/** Requires a number within bounds; digits as text count as a number. */
export function requireNumber(
  reading: Reading,
  bounds: { readonly atLeast?: number; readonly atMost?: number; readonly absent: Requirement["absent"] },
): RuleOutcome {
  const { atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY, absent } = bounds;
  const expected = bounds.atLeast === undefined ? `expected at most ${atMost}` : `expected at least ${atLeast}`;
  return required(reading, absent, expected, (value) => {
    const text = comparable(value);
    const number = text === undefined || text.trim() === "" ? Number.NaN : Number(text);
    return number >= atLeast && number <= atMost ? undefined : `is ${shown(value)}, ${expected}`;
  });
}

/** Requires a list, written with commas, to name some items. Compared without regard to case. */
export function requireListed(
  reading: Reading,
  wanted: readonly string[],
  absent: Requirement["absent"] = "violates",
): RuleOutcome {
  return required(reading, absent, `expected ${wanted.join(",")}`, (value) => {
    const listed = (comparable(value) ?? "").split(",").map((item) => item.trim());
    const missing = wanted.filter((item) => !listed.includes(item.toLowerCase()));
    return missing.length === 0 ? undefined : `does not name ${missing.join(", ")}`;
  });
}

/** Requires a property to be empty, or not there. */
export function requireEmpty(reading: Reading, why: string): RuleOutcome {
  return decide(() => (isEmpty(reading) ? compliant : violation(reading.path, why)));
}

/** @param wrong what is wrong with a value, or undefined */
function required(
  reading: Reading,
  absent: Requirement["absent"],
  expected: string,
  wrong: (value: KnownValue) => string | undefined,
): RuleOutcome {
  return decide(() => {
    const missing = absent === "complies" ? undefined : `is not set, ${expected}`;
    const message = reading.state === "absent" ? missing : wrong(reading.value);
    return message === undefined ? compliant : violation(reading.path, message);
  });
}

/** Settings and addresses: what a message may show. Anything else could be somebody's secret. */
const showable = /^(?:[A-Za-z][A-Za-z0-9_.]{0,23}|[0-9.]{1,15}(?:\/[0-9]{1,2})?|\*)$/;

/** A value in a message; long or free text is not repeated. */
export function shown(value: KnownValue): string {
  if (typeof value === "boolean" || typeof value === "number") return String(value);
  if (typeof value === "string" && showable.test(value)) return `"${value}"`;
  return "another value";
}

/** What {@link requireZoneSetting} reads. */
export const zoneSettingTypes = ["cloudflare:index/zoneSetting:ZoneSetting"];

/** Requires a setting of a zone to hold one of some values. Other settings are not applicable. */
export function requireZoneSetting(id: string, requirement: Requirement): PolicyRule["evaluate"] {
  return (setting) => {
    const given = read(setting, "settingId");
    const isMeant = given.state === "known" && comparable(given.value) === id;
    return isMeant ? requireValue(read(setting, "value"), requirement) : notApplicable(`the setting is not ${id}`);
  };
}
