import type { RuleOutcome } from "./outcome";
import type { PolicyValue } from "./policy-value";
import type { StackMembers } from "./stack-members";
import type { StackParameters } from "./stack-parameters";

/** What a rule is about. */
export type RuleFamily =
  | "tagging"
  | "encryption"
  | "public-access"
  /** Who may do what, without passwords and keys. */
  | "identity"
  /** Backups, redundancy, and what keeps things from being lost. */
  | "recovery"
  | "logging"
  /** What gets into production, and through whose hands. */
  | "delivery";

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
  /** The names of the properties that are set. */
  readonly keys: () => readonly string[];
}

/** A resource as stack rules see it: its properties are outputs, and it says which resources its inputs come from. */
export interface StackMember extends PolicyResource {
  /** URNs of the resources whose outputs an input property was made from. Known in a preview, too. */
  readonly sources: (property: string) => readonly string[];
}

/** What every rule says of itself. */
export interface RuleDescription {
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
  /** What a violation does unless a stack's parameters say otherwise. A disabled rule is an option that stacks switch on. */
  readonly level: RuleLevel;
}

/**
 * One control over the configuration of some types of resources. A rule knows type tokens and property names; it sees no provider
 * SDK, no other resource, and neither the operation nor the old state.
 */
export interface PolicyRule extends RuleDescription {
  /** The types it reads, as current tokens, or `taggable`: every type in the table of types that take tags. */
  readonly types: readonly string[] | "taggable";
  /** It compares a resource with another stack's: a type that no other rule reads counts as unread. Default: false. */
  readonly comparesOnly?: boolean;
  /** @param today `YYYY-MM-DD` */
  readonly evaluate: (resource: PolicyResource, stack: StackParameters, today: string) => RuleOutcome;
}

/** One control over what some resources must have beside them: a lock, an endpoint, logs. Checked once the whole stack is known. */
export interface StackRule extends RuleDescription {
  /** The types that it asks about, as current tokens. */
  readonly types: readonly string[];
  /** The types that it looks for beside them. */
  readonly companions: readonly string[];
  readonly evaluate: (subject: StackMember, members: StackMembers, stack: StackParameters) => RuleOutcome;
}

/** A rule as its family's file has it: it is mandatory unless it says otherwise. */
type WrittenRule = (Written<PolicyRule> & { readonly companions?: undefined }) | Written<StackRule>;
type Written<Rule extends RuleDescription> = Omit<Rule, "family" | "level"> & { readonly level?: RuleLevel };

/** The rules of a family. */
export function rulesOf(family: RuleFamily, rules: readonly WrittenRule[]): readonly (PolicyRule | StackRule)[] {
  return rules.map((rule) => ({ level: "mandatory", ...rule, family }));
}
