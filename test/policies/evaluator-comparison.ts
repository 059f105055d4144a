import type {
  AnalyzedResource,
  PolicyAnalyzer,
  PolicyResult,
  RemediationResult,
} from "../../deployment/policies/policy-analyzer";

/** Asks two evaluators of one pack, answers as the first does, and keeps what they were asked and where they differ. */
export class EvaluatorComparison implements PolicyAnalyzer {
  readonly packName: string;
  readonly packVersion: string;
  readonly packLabel: string;
  readonly resources: AnalyzedResource[] = [];
  readonly differences: string[] = [];

  constructor(
    private readonly first: PolicyAnalyzer,
    private readonly second: PolicyAnalyzer,
  ) {
    this.packName = first.packName;
    this.packVersion = first.packVersion;
    this.packLabel = first.packLabel;
  }

  async remediate(resource: AnalyzedResource): Promise<RemediationResult> {
    const result = await this.first.remediate(resource);
    const { passed, remediations } = await this.second.remediate(resource);
    // Properties come back from the protocol without what it cannot carry; without remediations nobody uses them.
    this.compare(`remediate ${resource.urn}`, [result.passed, result.remediations], [passed, remediations]);
    return result;
  }

  async analyze(resource: AnalyzedResource): Promise<PolicyResult> {
    const result = await this.first.analyze(resource);
    this.compare(`analyze ${resource.urn}`, sorted(result), sorted(await this.second.analyze(resource)));
    this.resources.push(resource);
    return result;
  }

  async analyzeStack(resources: readonly AnalyzedResource[]): Promise<PolicyResult> {
    const result = await this.first.analyzeStack(resources);
    this.compare("analyze stack", sorted(result), sorted(await this.second.analyzeStack(resources)));
    return result;
  }

  async close(): Promise<void> {
    await this.first.close();
    await this.second.close();
  }

  private compare(what: string, first: unknown, second: unknown): void {
    const [left, right] = [JSON.stringify(first), JSON.stringify(second)];
    if (left !== right) this.differences.push(`${what}: ${left} against ${right}`);
  }
}

/** With fixed order of fields and of policies; the order in which policies are not applicable means nothing. */
export function sorted({ violations, passed, notApplicable, undecided }: PolicyResult): PolicyResult {
  const byName = (left: { policyName: string }, right: { policyName: string }) =>
    left.policyName < right.policyName ? -1 : 1;
  return {
    violations: violations.map(({ policyName, enforcementLevel, description, message, urn }) => ({
      policyName,
      enforcementLevel,
      description,
      message,
      urn,
    })),
    passed,
    notApplicable: notApplicable.map(({ policyName, reason }) => ({ policyName, reason })).sort(byName),
    undecided: undecided.map(({ policyName, path }) => ({ policyName, path })),
  };
}
