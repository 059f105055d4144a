import type { EngineEvent, PolicySummaryEvent } from "../engine-event";
import { type Paint, printable } from "./terminal";
import { shortType, urnName, urnType } from "./urn-text";

export interface ShownViolation {
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
  readonly violations: ShownViolation[] = [];
  private readonly rules = new Set<string>();
  private passed = 0;
  private undecided = 0;

  record(event: EngineEvent): void {
    if (event.policyEvent) this.recordViolation(event.policyEvent);
    if (event.policyAnalyzeSummaryEvent) this.recordChecks(event.policyAnalyzeSummaryEvent);
    if (event.policyAnalyzeStackSummaryEvent) this.recordChecks(event.policyAnalyzeStackSummaryEvent);
  }

  get mandatory(): readonly ShownViolation[] {
    return this.violations.filter((violation) => violation.mandatory);
  }

  of(urn: string): readonly ShownViolation[] {
    return this.violations.filter((violation) => violation.urn === urn);
  }

  lines(packs: ReadonlyMap<string, string>, paint: Paint): string[] {
    // Packs that never got to checking anything have nothing to say.
    if (this.rules.size === 0 && this.violations.length === 0) return [];
    const names = [...packs].map(([name, version]) => `${name.split("|")[0]} ${version}`).join(", ");
    return [
      `    ${names === "" ? "" : `${names}: `}${this.tally()}`,
      ...this.violations.flatMap((violation) => violationLines(violation, paint)),
    ];
  }

  private tally(): string {
    const advisory = this.violations.length - this.mandatory.length;
    return [
      `${this.rules.size} ${this.rules.size === 1 ? "rule" : "rules"}`,
      `${this.passed} checks passed`,
      `${this.mandatory.length} ${this.mandatory.length === 1 ? "violation" : "violations"}`,
      ...(advisory > 0 ? [`${advisory} advisory`] : []),
      ...(this.undecided > 0 ? [`${this.undecided} checked again at up`] : []),
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

function violationLines(violation: ShownViolation, paint: Paint): string[] {
  const subject = violation.urn === undefined ? "" : `  ${shortType(urnType(violation.urn))} ${urnName(violation.urn)}`;
  const level = violation.mandatory ? paint("danger", "✗ [mandatory]") : paint("warn", "! [advisory]");
  return [
    `    ${level}  ${violation.policy}${subject}`,
    ...violation.message.split("\n").map((line) => `        ${line}`),
  ];
}
