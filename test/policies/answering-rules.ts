import type { AnalyzedResource, PolicyAnalyzer } from "../../deployment/policies/policy-analyzer";
import type { Mutation } from "./guarded-properties";

/** The rules that have something against a resource, those that cannot tell yet, and those that are content. */
export async function answeringRules(
  analyzer: PolicyAnalyzer,
  resource: AnalyzedResource,
): Promise<{
  readonly against: ReadonlySet<string>;
  readonly undecided: ReadonlySet<string>;
  readonly content: ReadonlySet<string>;
}> {
  const { violations, undecided, passed } = await analyzer.analyze(resource);
  const open = new Set(undecided.map(({ policyName }) => policyName));
  const found = violations.map(({ policyName }) => policyName).filter((name) => !open.has(name));
  return { against: new Set(found), undecided: open, content: new Set(passed) };
}

type Answers = ReturnType<typeof answeringRules>;

/** What an analyzer said of a resource as it is: most changes of its properties begin with that. */
const saidOf = new WeakMap<PolicyAnalyzer, WeakMap<AnalyzedResource, Answers>>();

function rulesBefore(
  analyzer: PolicyAnalyzer,
  resource: AnalyzedResource,
  before: AnalyzedResource["properties"],
): Answers {
  if (before !== resource.properties) return answeringRules(analyzer, { ...resource, properties: before });
  const said = saidOf.get(analyzer) ?? new WeakMap<AnalyzedResource, Answers>();
  saidOf.set(analyzer, said);
  const answers = said.get(resource) ?? answeringRules(analyzer, resource);
  said.set(resource, answers);
  return answers;
}

export interface MutationReport {
  readonly rule: string;
  readonly urn: string;
  /** What was changed, and how. */
  readonly change: string;
  readonly expected: readonly string[];
  /** The rules that answered, and had not answered before. */
  readonly answered: readonly string[];
}

/** What the rules say of a changed resource that they did not say before; undefined when the rule was not content before. */
export async function mutationReport(
  analyzer: PolicyAnalyzer,
  resource: AnalyzedResource,
  { guarded, change, before, after, answers }: Mutation,
): Promise<MutationReport | undefined> {
  const was = await rulesBefore(analyzer, resource, before);
  if (!was.content.has(guarded.rule)) return undefined;
  const is = await answeringRules(analyzer, { ...resource, properties: after });
  const answered =
    change === "unknown" ? is.undecided : new Set([...is.against].filter((rule) => !was.against.has(rule)));
  const wrong = change === "unknown" ? [...is.against].filter((rule) => !was.against.has(rule)) : [...is.undecided];
  return {
    rule: guarded.rule,
    urn: resource.urn,
    change: `${guarded.path} ${change}`,
    expected: answers.filter((rule) => !was.against.has(rule)),
    answered: [...answered, ...wrong.map((rule) => `${rule} (another way)`)].sort(),
  };
}
