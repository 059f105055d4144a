import { join } from "node:path";
import { takesTags } from "../lib/taggable-types";
import { today as currentDay } from "../lib/today";
import {
  type ExceptionCheck,
  exceptionChecks,
  hasExpired,
  isOfStack,
  matches,
  type PolicyException,
  readExceptions,
  stackOf,
} from "./exceptions";
import { decide, type Finding, type RuleOutcome } from "./outcome";
import type { PolicyResource, PolicyRule, RuleDescription, RuleLevel, StackRule } from "./rule";
import { ruleIds, rules, stackRules } from "./rules";
import type { StackMembers } from "./stack-members";
import { readStackParameters, type StackParameters } from "./stack-parameters";
import { readUnreadTypes, reasonForNone, typeCheck, typesCheck, typesRead, type UnreadTypes } from "./unread-types";

/** The pack's name in reports and summaries. */
export const packName = "landscape";

/** What is reported of one resource or stack. */
export interface PolicyReport {
  readonly level: "mandatory" | "advisory";
  /** The rule's description, a line break, and what was found: as CrossGuard writes its messages. */
  readonly message: string;
  /** Where the unknown is, when the rule could not be decided. */
  readonly undecidedPath: string | undefined;
  /** The resource it is about, when a stack rule found it; what a rule finds in a resource is about that one. */
  readonly urn: string | undefined;
}

/** What a rule made of a resource, or of a stack. No reports: it complies. */
export type RuleResult =
  | { readonly result: "not-applicable"; readonly reason: string }
  | { readonly result: "checked"; readonly reports: readonly PolicyReport[] };

/** What a pack is made of; {@link loadRulePack} reads it from the pack's directory. */
export interface RulePackContent {
  readonly exceptions: readonly PolicyException[];
  /** Default: every type needs a rule. */
  readonly unreadTypes?: UnreadTypes;
  readonly parametersOf: (stack: string) => StackParameters;
  /** `YYYY-MM-DD`, to tell which exceptions have expired. */
  readonly today: string;
}

/** The rules together with exceptions and parameters. One instance checks one run: it remembers which exceptions were needed. */
export class RulePack {
  readonly rules: readonly PolicyRule[] = rules;
  readonly stackRules: readonly StackRule[] = stackRules;
  readonly exceptionChecks: readonly ExceptionCheck[] = exceptionChecks;
  private readonly parameters = new Map<string, StackParameters>();
  private readonly read = new Map<StackParameters, ReadonlySet<string>>();
  private readonly neededExceptions = new Set<PolicyException>();

  constructor(private readonly content: RulePackContent) {}

  /** Why a rule has nothing to say about a type (current token), or undefined when it has. */
  reasonNotApplicable(rule: PolicyRule, type: string): string | undefined {
    if (rule.types === "taggable") return takesTags(type) ? undefined : "the type takes no tags";
    return rule.types.includes(type) ? undefined : `the rule is about ${rule.types.join(" and ")}`;
  }

  /** Checks one resource of a type that the rule is about. */
  check(rule: PolicyRule, resource: PolicyResource): RuleResult {
    const stack = this.parametersOf(stackOf(resource.urn));
    const level = stack.levels[rule.id] ?? rule.level;
    if (level === "disabled") return { result: "not-applicable", reason: `disabled for stack ${stack.stack}` };
    const outcome = decide(() => rule.evaluate(resource, stack, this.content.today));
    if (outcome.outcome === "not-applicable") return { result: "not-applicable", reason: outcome.reason };
    return { result: "checked", reports: this.reports(rule, level, resource.urn, outcome) };
  }

  /** Checks a whole stack with a rule about what must be beside its resources. */
  checkStack(rule: StackRule, members: StackMembers): RuleResult {
    const stack = this.parametersOf(stackOf(members.all[0]?.urn ?? ""));
    const level = stack.levels[rule.id] ?? rule.level;
    if (level === "disabled") return { result: "not-applicable", reason: `disabled for stack ${stack.stack}` };
    const checked = this.stackOutcomes(rule, members).filter(({ outcome }) => outcome.outcome !== "not-applicable");
    if (checked.length === 0)
      return { result: "not-applicable", reason: "the stack has nothing that the rule is about" };
    const reports = checked.flatMap(({ urn, outcome }) =>
      this.reports(rule, level, urn, outcome).map((report) => ({ ...report, urn })),
    );
    return { result: "checked", reports };
  }

  /** What a stack rule makes of each resource that it asks about. */
  stackOutcomes(
    rule: StackRule,
    members: StackMembers,
  ): readonly { readonly urn: string; readonly outcome: RuleOutcome }[] {
    const stack = this.parametersOf(stackOf(members.all[0]?.urn ?? ""));
    return rule.types
      .flatMap((type) => members.ofType(type))
      .map((subject) => ({ urn: subject.urn, outcome: decide(() => rule.evaluate(subject, members, stack)) }));
  }

  /** Checks that somebody looks at a resource; before it is made, where it would stay. */
  checkType({ urn, type }: Pick<PolicyResource, "urn" | "type">): RuleResult {
    const stack = this.parametersOf(stackOf(urn));
    if (!stack.lasting) return { result: "not-applicable", reason: "the stack does not last; types-read counts" };
    if (!this.isUnread(type, stack)) return { result: "not-applicable", reason: "a rule reads it, or none has to" };
    return { result: "checked", reports: [unreadReport(typeCheck, "mandatory", type)] };
  }

  /** Checks that somebody looks at every resource of a stack. */
  checkTypes(members: StackMembers): readonly PolicyReport[] {
    const stack = this.parametersOf(stackOf(members.all[0]?.urn ?? ""));
    return [...members.types]
      .filter((type) => this.isUnread(type, stack))
      .sort()
      .map((type) => {
        const count = members.ofType(type).length;
        return unreadReport(typesCheck, stack.lasting ? "mandatory" : "advisory", `${type} (${count})`);
      });
  }

  private isUnread(type: string, stack: StackParameters): boolean {
    const read = this.read.get(stack) ?? typesRead([...this.rules, ...this.stackRules], stack);
    this.read.set(stack, read);
    return !read.has(type) && reasonForNone(this.content.unreadTypes ?? new Map(), type) === undefined;
  }

  /** What a stack's file says, or the defaults. */
  parametersOf(stack: string): StackParameters {
    const known = this.parameters.get(stack);
    if (known !== undefined) return known;
    const read = this.content.parametersOf(stack);
    this.parameters.set(stack, read);
    return read;
  }

  /**
   * Checks the exceptions themselves, after all resources.
   *
   * @param urns the resources of the stack
   */
  checkExceptions(check: ExceptionCheck, urns: readonly string[]): readonly PolicyReport[] {
    const ofStack = this.content.exceptions.filter((exception) => isOfStack(exception, urns[0] ?? ""));
    const needed = (exception: PolicyException) => this.neededExceptions.has(exception);
    return check.evaluate(ofStack, this.content.today, needed).map((found) => ({
      level: check.level,
      message: `${check.description}\n${found}`,
      undecidedPath: undefined,
      urn: undefined,
    }));
  }

  private reports(
    rule: RuleDescription,
    level: Exclude<RuleLevel, "disabled">,
    urn: string,
    outcome: RuleOutcome,
  ): readonly PolicyReport[] {
    const exceptions = this.exceptionsFor(rule, urn);
    if (outcome.outcome === "undecided") {
      // What it will find is not known yet, so each of them may be needed.
      for (const exception of exceptions) this.neededExceptions.add(exception);
      return outcome.paths.map((path) => undecidedReport(rule, path));
    }
    if (outcome.outcome !== "violation") return [];
    return outcome.findings.map((finding) => this.violationReport(rule, level, finding, exceptions));
  }

  private exceptionsFor(rule: RuleDescription, urn: string): readonly PolicyException[] {
    return this.content.exceptions.filter((exception) => exception.rule === rule.id && matches(exception, urn));
  }

  private violationReport(
    rule: RuleDescription,
    level: Exclude<RuleLevel, "disabled">,
    { path, message }: Finding,
    exceptions: readonly PolicyException[],
  ): PolicyReport {
    const found = `${path} ${message}`;
    const report = (reported: PolicyReport["level"], more: string): PolicyReport => ({
      level: reported,
      message: `${rule.description}\n${found}. ${more}`,
      undecidedPath: undefined,
      urn: undefined,
    });
    const exception = exceptions.find(({ finding }) => finding === found);
    if (exception === undefined) {
      const others = exceptions.map(
        ({ owner, finding }) => `The exception of ${owner} is for another finding: ${finding}. `,
      );
      return report(level, `${others.join("")}${rule.remediation}`);
    }
    this.neededExceptions.add(exception);
    const { owner, expires, reason } = exception;
    if (hasExpired(exception, this.content.today)) {
      return report(level, `The exception of ${owner} for it expired on ${expires}. ${rule.remediation}`);
    }
    return report("advisory", `Excepted until ${expires} by ${owner}: ${reason}`);
  }
}

function unreadReport(check: typeof typeCheck, level: PolicyReport["level"], what: string): PolicyReport {
  const message = `${check.description}\nno rule reads ${what}. ${check.remediation}`;
  return { level, message, undecidedPath: undefined, urn: undefined };
}

/** Begins as the SDK begins when a policy touches an unknown value, so that whoever counts those counts these. */
function undecidedReport(rule: RuleDescription, path: string): PolicyReport {
  const found = `can't run policy '${rule.id}' during preview: ${path} is known only at up, and is checked again there`;
  return { level: "advisory", message: `${rule.description}\n${found}`, undecidedPath: path, urn: undefined };
}

/**
 * The pack as its files describe it.
 *
 * @param today `YYYY-MM-DD`; the day of the run by default
 * @throws PolicyFileError when the exceptions are malformed; parameters are read, and refused, when a stack is first checked
 */
export function loadRulePack(today = currentDay()): RulePack {
  return new RulePack({
    exceptions: readExceptions(join(__dirname, "exceptions.yaml"), ruleIds),
    unreadTypes: readUnreadTypes(join(__dirname, "unread-types.yaml")),
    parametersOf: (stack) => readStackParameters(join(__dirname, "parameters"), stack, ruleIds),
    today,
  });
}
