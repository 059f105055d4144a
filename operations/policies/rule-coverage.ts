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
  const rehearsed = await rehearse({ directory, stacks, signal });
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

/** What the columns of {@link coverageTable} mean. */
export const coverageLegend: readonly string[] = [
  "level: what a violation does: mandatory stops a deployment, advisory is shown, disabled is not checked",
  "number: resources of the stack that the rule checked; 0: the stack has none that it is about",
  "m, a after a number: the rule is mandatory or advisory in that stack; off: disabled there",
  "below a rule: the published controls that it covers, and the types of resources that it is about",
];

/** The rules as a table: one line a rule, how many resources of each stack it checked, and what it is about below it. */
export function coverageTable(rules: readonly RuleCoverage[]): readonly string[] {
  const stacks = rules[0]?.stacks.map(({ stack }) => stack) ?? [];
  const width = Math.max(4, ...rules.map(({ rule }) => rule.length));
  const header = `${"rule".padEnd(width)}  ${"level".padEnd(9)}  ${stacks.join("  ")}`;
  return [header, ...rules.flatMap((rule) => lines(rule, width))];
}

function lines(rule: RuleCoverage, width: number): readonly string[] {
  const counts = rule.stacks.map((stack) => count(stack, rule.level).padStart(stack.stack.length)).join("  ");
  const types = rule.types === "taggable" ? "every type that takes tags" : rule.types.join(", ");
  const total = rule.stacks.reduce((sum, { checked }) => sum + checked, 0);
  const nothing =
    total === 0
      ? [`    checked nothing in any stack${rule.level === "disabled" ? ": an option, switched on by levels" : ""}`]
      : [];
  return [
    `${rule.rule.padEnd(width)}  ${rule.level.padEnd(9)}  ${counts}`,
    `    ${rule.controls.join("; ")} · ${types}`,
    ...nothing,
  ];
}

/** The number, and the level's first letter where the stack differs from the rule. */
function count({ checked, level }: StackCoverage, own: RuleCoverage["level"]): string {
  if (level === own) return String(checked);
  return level === "disabled" ? "off" : `${checked} ${level.charAt(0)}`;
}
