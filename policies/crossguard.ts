import { type Policies, type ReportViolation, type ResourceValidationArgs, UnknownValueError } from "@pulumi/policy";
import type { ExceptionCheck } from "./exception-checks";
import { type PolicyValue, unknownValue } from "./policy-value";
import type { PolicyResource, PolicyRule } from "./rule";
import type { PolicyReport, RulePack } from "./rule-pack";
import { currentType } from "./type-tokens";

type CrossGuardPolicy = Policies[number];

/** The pack's rules as CrossGuard policies. */
export function crossGuardPolicies(pack: RulePack): Policies {
  return [
    ...pack.rules.map((rule) => resourcePolicy(pack, rule)),
    ...pack.exceptionChecks.map((check) => stackPolicy(pack, check)),
  ];
}

function resourcePolicy(pack: RulePack, rule: PolicyRule): CrossGuardPolicy {
  return {
    name: rule.id,
    description: rule.description,
    enforcementLevel: rule.level,
    tags: [rule.family, ...rule.controls],
    remediationSteps: rule.remediation,
    validateResource: (args, report) => {
      const type = currentType(args.type);
      const reason = pack.reasonNotApplicable(rule, type);
      if (reason !== undefined) args.notApplicable(reason);
      const result = pack.check(rule, resourceOf(args, type));
      if (result.result === "not-applicable") args.notApplicable(result.reason);
      else for (const found of result.reports) send(report, found, rule.description);
    },
  };
}

function stackPolicy(pack: RulePack, check: ExceptionCheck): CrossGuardPolicy {
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
function send(report: ReportViolation, { message, level }: PolicyReport, description: string): void {
  Reflect.apply(report, undefined, [{ message, description, enforcementLevel: level }]);
}

function resourceOf(args: ResourceValidationArgs, type: string): PolicyResource {
  const properties: object = args.props;
  const property = (key: string) => (key in properties ? translate(properties, key) : undefined);
  return { urn: args.urn, type, name: args.name, property };
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
