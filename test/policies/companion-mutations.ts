import type { AnalyzedResource, PolicyAnalyzer } from "../../deployment/policies/policy-analyzer";
import { stackMember } from "../../deployment/policies/policy-resource";
import { currentType } from "../../lib/type-token";
import type { StackRule } from "../../policies/rule";
import type { RulePack } from "../../policies/rule-pack";
import { StackMembers } from "../../policies/stack-members";
import type { MutationReport } from "./answering-rules";

/**
 * For every resource that a stack rule is content with: what it found beside the resource is taken away; and of all that were made
 * from what the rule looks for, at once, that is not said. Exactly that rule must answer, about exactly those resources.
 */
export async function companionMutations(
  pack: RulePack,
  analyzer: PolicyAnalyzer,
  members: readonly AnalyzedResource[],
): Promise<readonly MutationReport[]> {
  const before = await stackAnswers(analyzer, members);
  const types = new Map(members.map(({ urn, type }) => [urn, currentType(type)]));
  const reports: MutationReport[] = [];
  const report = async (rule: StackRule, urns: readonly string[], changed: readonly AnalyzedResource[]) => {
    const after = await stackAnswers(analyzer, changed);
    reports.push({
      rule: rule.id,
      urn: urns.join(" "),
      change: `${rule.companions.join(", ")} removed`,
      expected: urns.map((urn) => `${rule.id} ${urn}`).sort(),
      answered: [...after].filter((answer) => !before.has(answer)).sort(),
    });
  };
  for (const rule of pack.stackRules) {
    const isSource = (urn: string) => rule.companions.includes(types.get(urn) ?? "");
    const content = contentWith(pack, rule, members);
    const made = members.filter((one) => content.includes(one.urn) && sourcesOf(one).some(isSource));
    for (const urn of content.filter((one) => !made.some((member) => member.urn === one))) {
      const left = members.filter((member) => !isCompanion(rule, member, urn, members));
      // One companion can be that of several.
      const has = (one: string, among: typeof members) => among.some((other) => isCompanion(rule, other, one, members));
      const lacking = content.filter((one) => has(one, members) && !has(one, left));
      await report(rule, lacking, left);
    }
    if (made.length === 0) continue;
    const urns = made.map(({ urn }) => urn);
    await report(
      rule,
      urns,
      members.map((one) => (made.includes(one) ? withoutSources(one, isSource) : one)),
    );
  }
  return reports;
}

function contentWith(pack: RulePack, rule: StackRule, members: readonly AnalyzedResource[]): readonly string[] {
  const outcomes = pack.stackOutcomes(rule, new StackMembers(members.map(stackMember)));
  return outcomes.filter(({ outcome }) => outcome.outcome === "compliant").map(({ urn }) => urn);
}

/** What refers to a resource, or names it in a text, as a query does. */
function isCompanion(
  rule: StackRule,
  member: AnalyzedResource,
  urn: string,
  members: readonly AnalyzedResource[],
): boolean {
  if (!rule.companions.includes(currentType(member.type))) return false;
  const name = members.find((one) => one.urn === urn)?.properties.name;
  const names = typeof name === "string" && JSON.stringify(member.properties).includes(`\\"${name}\\"`);
  return names || sourcesOf(member).includes(urn);
}

function sourcesOf({ propertyDependencies }: AnalyzedResource): readonly string[] {
  return Object.values(propertyDependencies).flat();
}

function withoutSources(member: AnalyzedResource, isSource: (urn: string) => boolean): AnalyzedResource {
  const propertyDependencies = Object.fromEntries(
    Object.entries(member.propertyDependencies).map(([key, urns]) => [key, urns.filter((urn) => !isSource(urn))]),
  );
  return { ...member, propertyDependencies };
}

/** Rule and resource of everything that stack rules have against a stack; the exceptions' own checks left out. */
async function stackAnswers(
  analyzer: PolicyAnalyzer,
  members: readonly AnalyzedResource[],
): Promise<ReadonlySet<string>> {
  const { violations } = await analyzer.analyzeStack(members);
  return new Set(violations.flatMap(({ policyName, urn }) => (urn === undefined ? [] : [`${policyName} ${urn}`])));
}
