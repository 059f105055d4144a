import { currentType } from "../../lib/type-token";
import type { ExceptionCheck } from "../../policies/exceptions";
import type { PolicyRule, RuleDescription } from "../../policies/rule";
import { type PolicyReport, packName, type RulePack } from "../../policies/rule-pack";
import { StackMembers } from "../../policies/stack-members";
import { typeCheck, typesCheck } from "../../policies/unread-types";
import type {
  AnalyzedResource,
  PolicyAnalyzer,
  PolicyResult,
  PolicyViolation,
  RemediationResult,
} from "./policy-analyzer";
import { policyResource, stackMember } from "./policy-resource";

interface RulesForType {
  readonly applicable: readonly PolicyRule[];
  readonly notApplicable: PolicyResult["notApplicable"];
}

/** This project's own rules, evaluated in this process: microseconds a resource instead of the protocol's milliseconds. */
export class InProcessAnalyzer implements PolicyAnalyzer {
  readonly packName = packName;
  readonly packLabel: string;
  private readonly rulesByType = new Map<string, RulesForType>();
  private readonly resourcePolicies: readonly string[];

  /** @param givenAs the pack's directory as the user gave it */
  constructor(
    private readonly pack: RulePack,
    readonly packVersion: string,
    givenAs: string,
  ) {
    this.packLabel = `${packName}|local|${givenAs}`;
    this.resourcePolicies = [...pack.rules, typeCheck].map(({ id }) => id).sort();
  }

  async remediate(resource: AnalyzedResource): Promise<RemediationResult> {
    return { properties: resource.properties, passed: this.resourcePolicies, violations: [], remediations: [] };
  }

  async analyze(resource: AnalyzedResource): Promise<PolicyResult> {
    const type = currentType(resource.type);
    const { applicable, notApplicable } = this.rulesFor(type);
    const seen = policyResource(resource, type);
    const checked = [
      ...applicable.map((rule) => ({ rule, result: this.pack.check(rule, seen) })),
      { rule: typeCheck, result: this.pack.checkType(seen) },
    ];
    const reports = checked.flatMap(({ rule, result }) =>
      result.result === "checked" ? result.reports.map((report) => ({ policy: rule, report })) : [],
    );
    const skipped = checked.flatMap(({ rule, result }) =>
      result.result === "not-applicable" ? [{ policyName: rule.id, reason: result.reason }] : [],
    );
    return {
      ...reportViolations(reports),
      passed: checked
        .filter(({ result }) => passes(result))
        .map(({ rule }) => rule.id)
        .sort(),
      notApplicable: [...notApplicable, ...skipped],
    };
  }

  async analyzeStack(resources: readonly AnalyzedResource[]): Promise<PolicyResult> {
    const members = new StackMembers(resources.map(stackMember));
    const ruled = this.pack.stackRules.map((policy) => ({ policy, result: this.pack.checkStack(policy, members) }));
    const urns = resources.map(({ urn }) => urn);
    const excepted = this.pack.exceptionChecks.map((policy) => ({
      policy,
      result: { result: "checked" as const, reports: this.pack.checkExceptions(policy, urns) },
    }));
    const typed = {
      policy: typesCheck,
      result: { result: "checked" as const, reports: this.pack.checkTypes(members) },
    };
    const checked = [...ruled, typed, ...excepted];
    return {
      ...reportViolations(
        checked.flatMap(({ policy, result }) =>
          result.result === "checked" ? result.reports.map((report) => ({ policy, report })) : [],
        ),
      ),
      passed: checked
        .filter(({ result }) => passes(result))
        .map(({ policy }) => policy.id)
        .sort(),
      notApplicable: checked.flatMap(({ policy, result }) =>
        result.result === "not-applicable" ? [{ policyName: policy.id, reason: result.reason }] : [],
      ),
    };
  }

  async close(): Promise<void> {}

  private rulesFor(type: string): RulesForType {
    const known = this.rulesByType.get(type);
    if (known !== undefined) return known;
    const reasons = this.pack.rules.map((rule) => ({ rule, reason: this.pack.reasonNotApplicable(rule, type) }));
    const found: RulesForType = {
      applicable: reasons.filter(({ reason }) => reason === undefined).map(({ rule }) => rule),
      notApplicable: reasons.flatMap(({ rule, reason }) =>
        reason === undefined ? [] : [{ policyName: rule.id, reason }],
      ),
    };
    this.rulesByType.set(type, found);
    return found;
  }
}

function passes(result: ReturnType<RulePack["check"]>): boolean {
  return result.result === "checked" && result.reports.length === 0;
}

interface Reported {
  readonly policy: Pick<RuleDescription | ExceptionCheck, "id" | "description">;
  readonly report: PolicyReport;
}

/** What cannot be decided yet is an advisory, too, as the Analyzer protocol can only say it that way. */
function reportViolations(reports: readonly Reported[]): Pick<PolicyResult, "violations" | "undecided"> {
  return {
    violations: reports.map(
      ({ policy, report }): PolicyViolation => ({
        policyName: policy.id,
        enforcementLevel: report.level,
        description: policy.description,
        message: report.message,
        urn: report.urn,
      }),
    ),
    undecided: reports.flatMap(({ policy, report: { undecidedPath } }) =>
      undecidedPath === undefined ? [] : [{ policyName: policy.id, path: undecidedPath }],
    ),
  };
}
