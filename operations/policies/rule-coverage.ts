import type { AnalyzedResource } from "../../deployment/policies/policy-analyzer";
import { policyResource, stackMember } from "../../deployment/policies/policy-resource";
import { currentType } from "../../lib/type-token";
import type { RuleDescription, RuleLevel } from "../../policies/rule";
import { loadRulePack, type RulePack } from "../../policies/rule-pack";
import { StackMembers } from "../../policies/stack-members";
import { type RehearsedStack, rehearse } from "../../sandbox/project/rehearsal";

/** A rule, and what it is for in each stack. */
export interface RuleCoverage {
  readonly rule: string;
  readonly family: string;
  readonly controls: readonly string[];
  /** The rule's own level; stacks may differ. */
  readonly level: RuleLevel;
  readonly types: readonly string[] | "taggable";
  readonly stacks: readonly StackCoverage[];
}

export interface StackCoverage {
  readonly stack: string;
  readonly level: RuleLevel;
  /** How many resources it had something to say about, whatever it was. */
  readonly checked: number;
}

/**
 * Deploys stacks to a world in memory and counts what each rule of the pack checked there.
 *
 * @param stacks in an order in which they can be deployed
 * @throws when one cannot be deployed
 */
export async function ruleCoverage(
  directory: string,
  stacks: readonly string[],
  signal: AbortSignal,
): Promise<RuleCoverage[]> {
  const rehearsed = await rehearse({ directory, stacks, previews: false, signal });
  for (const { stack, up } of rehearsed) {
    if (up.result !== "succeeded") throw new Error([`${stack} cannot be deployed:`, ...up.errors].join("\n"));
  }
  return coverageOf(loadRulePack(), rehearsed);
}

/** {@link ruleCoverage} of stacks that were deployed already. */
export function coverageOf(pack: RulePack, rehearsed: readonly RehearsedStack[]): RuleCoverage[] {
  const entry = (
    rule: RuleDescription,
    types: RuleCoverage["types"],
    count: (run: RehearsedStack["up"]) => number,
  ) => ({
    rule: rule.id,
    family: rule.family,
    controls: rule.controls,
    level: rule.level,
    types,
    stacks: rehearsed.map(({ stack, up }): StackCoverage => {
      const level = pack.parametersOf(stack).levels[rule.id] ?? rule.level;
      return { stack, level, checked: level === "disabled" ? 0 : count(up) };
    }),
  });
  return [
    ...pack.rules.map((rule) =>
      entry(rule, rule.types, ({ resources }) => resources.filter((one) => isChecked(pack, rule, one)).length),
    ),
    ...pack.stackRules.map((rule) =>
      entry(rule, rule.types, ({ members }) => {
        const outcomes = pack.stackOutcomes(rule, new StackMembers(members.map(stackMember)));
        return outcomes.filter(({ outcome }) => outcome.outcome !== "not-applicable").length;
      }),
    ),
  ];
}

function isChecked(pack: RulePack, rule: RulePack["rules"][number], resource: AnalyzedResource): boolean {
  const type = currentType(resource.type);
  if (pack.reasonNotApplicable(rule, type) !== undefined) return false;
  return pack.check(rule, policyResource(resource, type)).result === "checked";
}
