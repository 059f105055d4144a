import type { RuleOutcome } from "./outcome";
import type { PolicyValue } from "./policy-value";
import type { StackParameters } from "./stack-parameters";

export type RuleFamily = "tagging" | "encryption" | "public-access";

/** What happens to a deployment that breaks a rule: `mandatory` stops it, `advisory` is shown, `disabled` is not checked. */
export type RuleLevel = "mandatory" | "advisory" | "disabled";

/** A resource as rules see it. */
export interface PolicyResource {
  readonly urn: string;
  /** The current, unversioned type token; see {@link currentType}. */
  readonly type: string;
  /** The logical name. */
  readonly name: string;
  /** A top-level input property. Only what a rule asks for is translated. */
  readonly property: (key: string) => PolicyValue | undefined;
}

/**
 * One control over the configuration of some types of resources. A rule knows type tokens and property names; it sees no provider
 * SDK, no other resource, and neither the operation nor the old state.
 */
export interface PolicyRule {
  /** Kebab case; the policy's name in reports, exceptions and levels. */
  readonly id: string;
  readonly family: RuleFamily;
  /** The row of the benchmark (`benchmark.json`) it comes from; absent where no public benchmark has it. */
  readonly benchmarkRow?: number;
  /** The published controls that it covers, with their version. @example "CIS Azure 6.0 9.3.4" */
  readonly controls: readonly string[];
  /** What compliant means, as one sentence. */
  readonly description: string;
  /** What to do about a violation, as one sentence. */
  readonly remediation: string;
  /** What a violation does unless a stack's parameters say otherwise. */
  readonly level: RuleLevel;
  /** The types it reads, as current tokens, or `taggable`: every type in the table of types that take tags. */
  readonly types: readonly string[] | "taggable";
  readonly evaluate: (resource: PolicyResource, stack: StackParameters) => RuleOutcome;
}
