import { notApplicable, type RuleOutcome, undecided } from "./outcome";
import { comparable, read } from "./property-reading";
import { type Requirement, requireValue } from "./requirements";
import type { PolicyResource } from "./rule";

/** Requires a server parameter (a `Configuration`) to hold one of some values. Other parameters are not applicable. */
export function requireParameter(parameter: PolicyResource, name: string, requirement: Requirement): RuleOutcome {
  const given = read(parameter, "configurationName");
  if (given.state === "unknown") return undecided(given.path);
  // Without a name the parameter is called what the resource is called.
  const actual = given.state === "known" ? comparable(given.value) : parameter.name.toLowerCase();
  if (actual !== name) return notApplicable(`the parameter is not ${name}`);
  return requireValue(read(parameter, "value"), requirement);
}
