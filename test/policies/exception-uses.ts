import type { AnalyzedResource } from "../../deployment/policies/policy-analyzer";
import { policyResource, stackMember } from "../../deployment/policies/policy-resource";
import { currentType } from "../../lib/type-token";
import { matches, type PolicyException, readExceptions, stackOf } from "../../policies/exceptions";
import type { PolicyRule } from "../../policies/rule";
import { type PolicyReport, RulePack, type RulePackContent } from "../../policies/rule-pack";
import { StackMembers } from "../../policies/stack-members";
import type { RehearsedRun } from "../../sandbox/project/rehearsal";
import { withValue } from "./property-paths";

/** What one exception does in its stack. */
export interface ExceptionUse {
  readonly rule: string;
  readonly resource: string;
  readonly finding: string;
  /** What it turns into an advisory, as `urn: rule: finding`. */
  readonly excused: readonly string[];
  /** What it was still asked for when the property was changed to another value that violates. */
  readonly otherFindings: number;
  /** Those of them that it excused. */
  readonly otherFindingsExcused: readonly string[];
}

/** What the exceptions of a stack excuse at an update, each one alone. */
export function exceptionUses(
  file: string,
  parametersOf: RulePackContent["parametersOf"],
  run: RehearsedRun,
): readonly ExceptionUse[] {
  const stack = stackOf(run.resources[0]?.urn ?? "");
  const without = new RulePack({ exceptions: [], parametersOf, today });
  const ids = [...without.rules, ...without.stackRules].map(({ id }) => id);
  const written = readExceptions(file, ids).filter(({ resource }) => stackOf(resource) === stack);
  const before = violations(without, run);
  return written.map((exception) => {
    const alone = new RulePack({ exceptions: [exception], parametersOf, today });
    const left = new Set(violations(alone, run));
    const others = otherFindings(alone, exception, run);
    return {
      rule: exception.rule,
      resource: exception.resource,
      finding: exception.finding,
      excused: before.filter((found) => !left.has(found)),
      otherFindings: others.length,
      otherFindingsExcused: others.filter(({ level }) => level !== "mandatory").map(({ message }) => message),
    };
  });
}

/** Before the first exception expires: whether they are still wanted is for the pack to say. */
const today = "2026-01-01";

/** `urn: rule: finding` of everything that stops the stack. */
function violations(pack: RulePack, { resources, members }: RehearsedRun): readonly string[] {
  const ofResources = resources.flatMap((resource) =>
    pack.rules.flatMap((rule) => said(rule.id, resource.urn, reportsOf(pack, rule, resource))),
  );
  const all = new StackMembers(members.map(stackMember));
  const ofStack = pack.stackRules.flatMap((rule) => {
    const result = pack.checkStack(rule, all);
    return result.result === "checked" ? result.reports.flatMap((one) => said(rule.id, one.urn ?? "", [one])) : [];
  });
  return [...ofResources, ...ofStack];
}

function reportsOf(pack: RulePack, rule: PolicyRule, resource: AnalyzedResource): readonly PolicyReport[] {
  const type = currentType(resource.type);
  if (pack.reasonNotApplicable(rule, type) !== undefined) return [];
  const result = pack.check(rule, policyResource(resource, type));
  return result.result === "checked" ? result.reports : [];
}

/** The second line of a message is the finding, a full stop, and what to do. */
function said(rule: string, urn: string, reports: readonly PolicyReport[]): readonly string[] {
  return reports
    .filter(({ level }) => level === "mandatory")
    .map(({ message }) => `${urn}: ${rule}: ${message.split("\n")[1] ?? ""}`);
}

/** What the rule finds in the resources of an exception when the property that the exception names holds another wrong value. */
function otherFindings(
  pack: RulePack,
  exception: PolicyException,
  { resources }: RehearsedRun,
): readonly PolicyReport[] {
  const rule = pack.rules.find(({ id }) => id === exception.rule);
  if (rule === undefined) return [];
  const [path = ""] = exception.finding.split(" ");
  const named = resources.filter(({ urn }) => matches(exception, urn));
  return named.flatMap((resource) =>
    [null, 0, 1000, "Other"].flatMap((value) => {
      const changed = { ...resource, properties: withValue(resource.properties, path, value) };
      return reportsOf(pack, rule, changed).filter(({ message }) => !message.includes(`\n${exception.finding}. `));
    }),
  );
}
