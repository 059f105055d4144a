import type { AnalyzedResource, PolicyAnalyzer } from "../../deployment/policies/policy-analyzer";
import { stackMember } from "../../deployment/policies/policy-resource";
import { currentType } from "../../lib/type-token";
import type { StackRule } from "../../policies/rule";
import type { RulePack } from "../../policies/rule-pack";
import { StackMembers } from "../../policies/stack-members";
import type { MutationReport } from "./answering-rules";

/**
 * For every resource that a stack rule is content with: what it found beside the resource is taken away, piece by piece, until
 * nothing is left. Exactly that rule must answer, about exactly that resource.
 */
export async function companionMutations(
  pack: RulePack,
  analyzer: PolicyAnalyzer,
  members: readonly AnalyzedResource[],
): Promise<readonly MutationReport[]> {
  const before = await stackAnswers(analyzer, members);
  const reports: MutationReport[] = [];
  for (const rule of pack.stackRules) {
    for (const urn of contentWith(pack, rule, members)) {
      const without = members.filter((member) => !isCompanion(rule, member, urn));
      const after = await stackAnswers(analyzer, without);
      reports.push({
        rule: rule.id,
        urn,
        change: `${rule.companions.join(", ")} removed`,
        expected: [`${rule.id} ${urn}`],
        answered: [...after].filter((answer) => !before.has(answer)).sort(),
      });
    }
  }
  return reports;
}

function contentWith(pack: RulePack, rule: StackRule, members: readonly AnalyzedResource[]): readonly string[] {
  const outcomes = pack.stackOutcomes(rule, new StackMembers(members.map(stackMember)));
  return outcomes.filter(({ outcome }) => outcome.outcome === "compliant").map(({ urn }) => urn);
}

function isCompanion(rule: StackRule, member: AnalyzedResource, urn: string): boolean {
  const refers = Object.values(member.propertyDependencies).some((urns) => urns.includes(urn));
  return refers && rule.companions.includes(currentType(member.type));
}

/** Rule and resource of everything that stack rules have against a stack; the exceptions' own checks left out. */
async function stackAnswers(
  analyzer: PolicyAnalyzer,
  members: readonly AnalyzedResource[],
): Promise<ReadonlySet<string>> {
  const { violations } = await analyzer.analyzeStack(members);
  return new Set(violations.flatMap(({ policyName, urn }) => (urn === undefined ? [] : [`${policyName} ${urn}`])));
}
