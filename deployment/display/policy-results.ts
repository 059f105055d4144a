import type { EngineEvent, PolicySummaryEvent } from "../engine-event";
import { type Paint, printable } from "./terminal";
import { treeType, urnName, urnType } from "./urn-text";

export interface PolicyFinding {
  readonly urn: string | undefined;
  readonly policy: string;
  readonly mandatory: boolean;
  /** What is wrong and how to put it right, as the rule says it. */
  readonly message: string;
}

// What the policy SDK says of a rule that met a value known only after `up`.
const undecidedMessage = /can't run (?:stack )?policy '.*' during preview/;

/** What the policies found: violations, checks passed, and rules that cannot tell before `up`. */
export class PolicyResults {
  readonly violations: PolicyFinding[] = [];
  private readonly rules = new Set<string>();
  private passed = 0;
  private undecided = 0;

  record(event: EngineEvent): void {
    if (event.policyEvent) this.recordViolation(event.policyEvent);
    if (event.policyAnalyzeSummaryEvent) this.recordChecks(event.policyAnalyzeSummaryEvent);
    if (event.policyAnalyzeStackSummaryEvent) this.recordChecks(event.policyAnalyzeStackSummaryEvent);
  }

  get mandatory(): readonly PolicyFinding[] {
    return this.violations.filter((violation) => violation.mandatory);
  }

  of(urn: string): readonly PolicyFinding[] {
    return this.violations.filter((violation) => violation.urn === urn);
  }

  /**
   * How many rules apply to what the stack holds, how many checks passed, and each violation. Advisories that say the same of several
   * resources are one.
   *
   * @param packs what ran, name to version
   * @param said what was shown of the plan before; it is not shown again
   */
  lines(packs: ReadonlyMap<string, string>, paint: Paint, said: PolicyResults = new PolicyResults()): string[] {
    // Packs that never got to checking anything have nothing to say.
    if (this.rules.size === 0 && this.violations.length === 0) return [];
    const names = [...packs].map(([name, version]) => `${name.split("|")[0]} ${version}`).join(", ");
    const known = new Set(said.violations.map(violationKey));
    const news = this.violations.filter((violation) => !known.has(violationKey(violation)));
    return [
      `    ${names === "" ? "" : `${names}: `}${this.tally()}`,
      ...news.filter(({ mandatory }) => mandatory).flatMap((violation) => violationLines([violation], paint)),
      ...equalAdvisories(news).flatMap((group) => violationLines(group, paint)),
    ];
  }

  private tally(): string {
    const excepted = this.violations.filter((violation) => exceptionEnd(violation) !== undefined).length;
    const advisory = this.violations.length - this.mandatory.length - excepted;
    return [
      this.rules.size === 1 ? "1 rule applies" : `${this.rules.size} rules apply`,
      `${this.passed} checks passed`,
      `${this.mandatory.length} ${this.mandatory.length === 1 ? "violation" : "violations"}`,
      ...(advisory > 0 ? [`${advisory} advisory`] : []),
      ...(excepted > 0 ? [`${excepted} excepted`] : []),
      ...(this.undecided > 0 ? [`${this.undecided} undecided until applied`] : []),
    ].join(", ");
  }

  private recordViolation(event: NonNullable<EngineEvent["policyEvent"]>): void {
    if (undecidedMessage.test(event.message)) {
      this.undecided += 1;
      return;
    }
    this.violations.push({
      urn: event.resourceUrn === "" ? undefined : event.resourceUrn,
      policy: printable(event.policyName),
      mandatory: event.enforcementLevel === "mandatory",
      message: printable(event.message).trimEnd(),
    });
  }

  private recordChecks(event: Omit<PolicySummaryEvent, "resourceUrn">): void {
    for (const rule of [...(event.passed ?? []), ...(event.failed ?? [])]) this.rules.add(rule);
    this.passed += event.passed?.length ?? 0;
  }
}

function violationKey({ urn, policy, mandatory, message }: PolicyFinding): string {
  return JSON.stringify([urn, policy, mandatory, message]);
}

function equalAdvisories(violations: readonly PolicyFinding[]): readonly (readonly PolicyFinding[])[] {
  const groups = new Map<string, PolicyFinding[]>();
  for (const violation of violations.filter(({ mandatory }) => !mandatory)) {
    const key = JSON.stringify([violation.policy, violation.message]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [violation]);
    else group.push(violation);
  }
  return [...groups.values()];
}

/** As `policies/exceptions.yaml` words it; why it is excepted is written there. */
const exception = /Excepted until (\d{4}-\d{2}-\d{2})/;

/** The last day of the exception that excuses a finding; undefined when none does. */
function exceptionEnd({ mandatory, message }: PolicyFinding): string | undefined {
  return mandatory ? undefined : exception.exec(message)?.[1];
}

/** An exception is one line: it was reviewed when it was made. Everything else is said in full, once for all it is about. */
function violationLines(group: readonly PolicyFinding[], paint: Paint): string[] {
  const [first] = group;
  if (first === undefined) return [];
  const expiry = exceptionEnd(first);
  const advisory = paint("warn", expiry === undefined ? "! [advisory]" : `! [excepted until ${expiry}]`);
  const level = first.mandatory ? paint("danger", "✗ [mandatory]") : advisory;
  const subject = subjectOf(group);
  const headline = `    ${level}  ${first.policy}${subject === "" ? "" : `  ${subject}`}`;
  if (expiry !== undefined) return [headline];
  const names = group.length === 1 ? [] : [group.map(({ urn }) => urnName(urn ?? "")).join(", ")];
  return [headline, ...[...names, ...first.message.split("\n")].map((line) => `        ${line}`)];
}

/** `keyvault:Secret token`, `4 × keyvault:Secret`; nothing for what is about the stack. */
function subjectOf(group: readonly PolicyFinding[]): string {
  const urns = group.flatMap(({ urn }) => (urn === undefined ? [] : [urn]));
  const [urn] = urns;
  if (urn === undefined) return "";
  const types = new Set(urns.map((each) => treeType(urnType(each), false)));
  if (urns.length === 1) return `${[...types].join()} ${urnName(urn)}`;
  return `${urns.length} × ${types.size === 1 ? [...types].join() : "resource"}`;
}
