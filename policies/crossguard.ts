import {
  type PolicyResource as CrossGuardResource,
  type Policies,
  type ReportViolation,
  type ResourceValidationArgs,
  UnknownValueError,
} from "@pulumi/policy";
import { currentType } from "../lib/type-token";
import type { ExceptionCheck } from "./exceptions";
import { type PolicyValue, unknownValue } from "./policy-value";
import type { PolicyResource, PolicyRule, RuleDescription, StackMember, StackRule } from "./rule";
import type { PolicyReport, RulePack } from "./rule-pack";
import { StackMembers } from "./stack-members";
import { typeCheck, typesCheck } from "./unread-types";

type CrossGuardPolicy = Policies[number];

/** The pack's rules as CrossGuard policies. */
export function crossGuardPolicies(pack: RulePack): Policies {
  return [
    ...pack.rules.map((rule) => resourcePolicy(pack, rule)),
    ...pack.stackRules.map((rule) => stackPolicy(pack, rule)),
    typePolicy(pack),
    typesPolicy(pack),
    // Last: they ask which exceptions the others needed.
    ...pack.exceptionChecks.map((check) => exceptionPolicy(pack, check)),
  ];
}

function resourcePolicy(pack: RulePack, rule: PolicyRule): CrossGuardPolicy {
  return {
    ...described(rule),
    validateResource: (args, report) => {
      const type = currentType(args.type);
      const reason = pack.reasonNotApplicable(rule, type);
      if (reason !== undefined) sayNotApplicable(args, reason);
      const result = pack.check(rule, resourceOf(args, type));
      if (result.result === "not-applicable") sayNotApplicable(args, result.reason);
      else for (const found of result.reports) send(report, found, rule.description);
    },
  };
}

function stackPolicy(pack: RulePack, rule: StackRule): CrossGuardPolicy {
  return {
    ...described(rule),
    validateStack: (args, report) => {
      const result = pack.checkStack(rule, new StackMembers(args.resources.map(memberOf)));
      if (result.result === "not-applicable") sayNotApplicable(args, result.reason);
      else for (const found of result.reports) send(report, found, rule.description);
    },
  };
}

function typePolicy(pack: RulePack): CrossGuardPolicy {
  return {
    name: typeCheck.id,
    description: typeCheck.description,
    remediationSteps: typeCheck.remediation,
    enforcementLevel: "mandatory",
    validateResource: (args, report) => {
      const result = pack.checkType({ urn: args.urn, type: currentType(args.type) });
      if (result.result === "not-applicable") sayNotApplicable(args, result.reason);
      else for (const found of result.reports) send(report, found, typeCheck.description);
    },
  };
}

function typesPolicy(pack: RulePack): CrossGuardPolicy {
  return {
    name: typesCheck.id,
    description: typesCheck.description,
    remediationSteps: typesCheck.remediation,
    enforcementLevel: "mandatory",
    validateStack: (args, report) => {
      for (const found of pack.checkTypes(new StackMembers(args.resources.map(memberOf))))
        send(report, found, typesCheck.description);
    },
  };
}

function described(rule: RuleDescription) {
  return {
    name: rule.id,
    description: rule.description,
    // What is disabled here is never asked, and stacks may enable it; each report has the level that its stack says.
    enforcementLevel: rule.level === "disabled" ? "advisory" : rule.level,
    tags: [rule.family, ...rule.controls],
    remediationSteps: rule.remediation,
  };
}

function exceptionPolicy(pack: RulePack, check: ExceptionCheck): CrossGuardPolicy {
  return {
    name: check.id,
    description: check.description,
    enforcementLevel: check.level,
    validateStack: (args, report) => {
      const urns = args.resources.map(({ urn }) => urn);
      for (const found of pack.checkExceptions(check, urns)) send(report, found, check.description);
    },
  };
}

/**
 * Reports with a level of its own: it depends on the stack and on exceptions. The SDK takes an object for that, which its type
 * declaration does not list.
 */
function send(report: ReportViolation, { message, level, urn }: PolicyReport, description: string): void {
  Reflect.apply(report, undefined, [{ message, description, enforcementLevel: level, urn }]);
}

/**
 * Throws the SDK's own error, without a stack trace that nobody reads: most rules have nothing to say about most resources, and traces
 * took half of the pack's time.
 */
function sayNotApplicable(args: Pick<ResourceValidationArgs, "notApplicable">, reason: string): never {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return args.notApplicable(reason);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function resourceOf(resource: ResourceValidationArgs | CrossGuardResource, type: string): PolicyResource {
  const properties: object = resource.props;
  const property = (key: string) => (key in properties ? translate(properties, key) : undefined);
  return { urn: resource.urn, type, name: resource.name, property, keys: () => Object.keys(properties) };
}

function memberOf(resource: CrossGuardResource): StackMember {
  const sources = (property: string) => (resource.propertyDependencies[property] ?? []).map(({ urn }) => urn);
  return { ...resourceOf(resource, currentType(resource.type)), sources };
}

/** The SDK throws when an unknown value is touched, which would turn a mandatory rule into a note that it could not run. */
function translate(container: object, key: string): PolicyValue {
  try {
    return translated(Reflect.get(container, key));
  } catch (error) {
    if (error instanceof UnknownValueError) return unknownValue;
    throw error;
  }
}

function translated(value: unknown): PolicyValue {
  if (typeof value === "boolean" || typeof value === "number" || typeof value === "string") return value;
  if (typeof value !== "object" || value === null) return null;
  if (Array.isArray(value)) return Array.from({ length: value.length }, (_, index) => translate(value, String(index)));
  return Object.fromEntries(Object.keys(value).map((key) => [key, translate(value, key)]));
}
