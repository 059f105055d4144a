import { notApplicable, type RuleOutcome } from "../../outcome";
import type { PolicyResource, PolicyRule } from "../../rule";
import { comparable, type Reading, read } from "./property-reading";
import { type Requirement, requireValue } from "./requirements";

/** Checks the value of a server parameter (a `Configuration`) of some name. Other parameters are not applicable. */
export function checkParameter(
  parameter: PolicyResource,
  checks: Readonly<Record<string, (value: Reading) => RuleOutcome>>,
): RuleOutcome {
  const given = read(parameter, "configurationName");
  // Without a name the parameter is called what the resource is called.
  const actual = given.state === "known" ? comparable(given.value) : parameter.name.toLowerCase();
  const check = actual !== undefined && Object.hasOwn(checks, actual) ? checks[actual] : undefined;
  if (check === undefined) return notApplicable(`the parameter is not ${Object.keys(checks).join(" or ")}`);
  return check(read(parameter, "value"));
}

/** Requires a server parameter to hold one of some values. */
export function requireParameter(name: string, requirement: Requirement): PolicyRule["evaluate"] {
  return (parameter) => checkParameter(parameter, { [name]: (value) => requireValue(value, requirement) });
}
