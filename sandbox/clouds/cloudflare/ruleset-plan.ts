import type { PropertyMap } from "../../../deployment/values/property-value";
import { type CloudflarePlan, type CountedPhase, managedRulesets, planFacts } from "../../../lib/cloudflare-plans";
import { ServiceError } from "../../engine/provider";
import { mapsAt, numberAt, textAt } from "../read-property";

/**
 * What a zone's plan does not have. The texts are Cloudflare's as people report them (the ones about rate limits in ma-r-s/crossplay#106,
 * those about managed rulesets, fields and operators in comments of public Terraform code). None of these reports tells the code, so it
 * is that of a second entry point, which is a quota, too. Nobody reports what the API says of a time at the edge that is too short, and
 * of `log`.
 */
export function refuseBeyondPlan(inputs: PropertyMap, plan: CloudflarePlan): void {
  const phase = textAt(inputs, "phase") ?? "";
  const rules = mapsAt(inputs, "rules");
  const most = isCounted(phase) ? planFacts[plan].rules[phase] : rules.length;
  if (rules.length > most)
    refuse(`exceeded maximum number of rules in the phase ${phase}: ${rules.length} out of ${most}`);
  for (const rule of rules) {
    refuseExpression(rule, phase, plan);
    if (phase === "http_ratelimit") refuseRateLimit(rule, plan);
    if (phase === "http_request_firewall_managed") refuseManagedRuleset(rule, plan);
    if (phase === "http_request_cache_settings") refuseEdgeTtl(rule, plan);
    if (phase === "http_request_firewall_custom" && textAt(rule, "action") === "log" && !planFacts[plan].logs)
      refuse("not entitled to use the log action");
  }
}

function refuse(message: string): never {
  throw new ServiceError("20217", message);
}

function isCounted(phase: string): phase is CountedPhase {
  return Object.hasOwn(planFacts.free.rules, phase);
}

function refuseRateLimit(rule: PropertyMap, plan: CloudflarePlan): void {
  const { periods, timeouts, actions } = planFacts[plan].rateLimit;
  const period = numberAt(rule, "ratelimit.period") ?? 0;
  if (period !== 0 && !periods.includes(period))
    refuse(`not entitled to use the period ${period}, can only use a period among [${periods.join(", ")}]`);
  const timeout = numberAt(rule, "ratelimit.mitigationTimeout") ?? 0;
  if (timeout !== 0 && !timeouts.includes(timeout))
    refuse(`not entitled to use a mitigation timeout different from ${timeouts.join(", ")}`);
  const action = textAt(rule, "action") ?? "";
  if (!actions.includes(action)) refuse(`not entitled to use the ${action} action in ratelimiting`);
}

/** Names of fields in an expression: words with dots between, outside of quotes and of sets of addresses. */
const fieldNames = /\b(?:http|ip|cf|ssl)(?:\.[a-z_0-9]+)+\b|\bssl\b/g;

function refuseExpression(rule: PropertyMap, phase: string, plan: CloudflarePlan): void {
  const expression = (textAt(rule, "expression") ?? "").replace(/"[^"]*"/g, '""');
  if (/ matches |\bregex_replace\(/.test(expression) && !planFacts[plan].regularExpressions)
    refuse(
      "not entitled: the use of operator Matches is not allowed, a Business plan or a WAF Advanced plan is required",
    );
  if (phase !== "http_ratelimit") return;
  const { fields } = planFacts[plan].rateLimit;
  const unknown = (expression.match(fieldNames) ?? []).find((field) => !fields.some((known) => isWithin(field, known)));
  if (unknown === undefined) return;
  refuse(`not entitled: the use of field ${unknown} is not allowed, an higher Advanced Rate Limiting plan is required`);
}

/** `http.request.uri.path.extension` is part of the path; `http.request.uri` is more than it. */
function isWithin(field: string, known: string): boolean {
  return field === known || (known !== "http.request.uri" && field.startsWith(`${known}.`));
}

function refuseManagedRuleset(rule: PropertyMap, plan: CloudflarePlan): void {
  const id = textAt(rule, "actionParameters.id");
  if (textAt(rule, "action") !== "execute" || id === undefined) return;
  if (!planFacts[plan].managedRulesets.some((name) => managedRulesets[name] === id))
    refuse("not entitled to execute this managed ruleset");
}

function refuseEdgeTtl(rule: PropertyMap, plan: CloudflarePlan): void {
  if (textAt(rule, "actionParameters.edgeTtl.mode") !== "override_origin") return;
  const seconds = numberAt(rule, "actionParameters.edgeTtl.default") ?? 0;
  const { shortestEdgeTtl } = planFacts[plan];
  if (seconds < shortestEdgeTtl)
    refuse(`not entitled to use the edge TTL ${seconds}, can only use one of ${shortestEdgeTtl} or more`);
}
