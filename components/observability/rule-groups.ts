import type { input } from "@pulumi/azure-native/types";
import type { Output } from "@pulumi/pulumi";
import { z } from "zod";
import { durationSeconds, isoDuration } from "../../lib/duration";
import { comparedWith } from "../../lib/promql";
import { dashboardSchema } from "./dashboard-schema";
import { resolveSeconds, whileFiring } from "./inhibition";
import {
  type AlertingRule,
  type AlertSeverity,
  type RuleGroup,
  routesSchema,
  ruleGroupSchema,
  severities,
  watchRuleSchema,
} from "./schema";
import { azureSeverity } from "./signals";
import { sloGroup, sloSchema } from "./slos";

/** What is watched in a system, and who hears of it. */
export const monitoringSchema = z.strictObject({
  routes: routesSchema,
  rules: z.array(watchRuleSchema),
  groups: z.array(ruleGroupSchema).exactOptional().meta({
    description: "Rules over what apps measure of themselves, in environments that collect it. Default: none",
  }),
  dashboards: z.array(dashboardSchema).exactOptional().meta({
    description: "Pages of charts beside the overview of each environment. Default: none",
  }),
  slos: z.array(sloSchema).exactOptional().meta({
    description: "What services promise, in environments that collect what they measure. Default: nothing",
  }),
});

export type Monitoring = z.infer<typeof monitoringSchema>;

/** The rule groups of one environment, those of its objectives among them, without the rules that are meant for others. */
export function ruleGroupsIn({ groups = [], slos = [] }: Monitoring, environment: string): readonly RuleGroup[] {
  const isHere = ({ environments }: { readonly environments?: readonly string[] | undefined }) =>
    environments?.includes(environment) !== false;
  return [...groups, ...slos.map(sloGroup)]
    .filter(isHere)
    .map((group) => ({ ...group, rules: group.rules.filter((rule) => "record" in rule || isHere(rule)) }))
    .filter(({ rules }) => rules.length > 0);
}

type AzureRule = input.alertsmanagement.PrometheusRuleArgs;

/** What the rules of a group belong to. */
interface RuleSurroundings {
  readonly groupIds: Readonly<Record<AlertSeverity, Output<string>>>;
  /** Where the pages of docs/runbooks are. */
  readonly runbooks: string;
  /** All groups of the environment: an alert of one can be hidden by an alert of another. */
  readonly groups: readonly RuleGroup[];
}

/** A group's rules as Azure takes them. An alert ends by itself, five minutes after what it tells of has. */
export function azureRules({ rules }: RuleGroup, { groupIds, runbooks, groups }: RuleSurroundings): AzureRule[] {
  return rules.map((rule): AzureRule => {
    const enabled = true;
    if ("record" in rule)
      return { enabled, expression: rule.expr.trim(), record: rule.record, labels: rule.labels ?? {} };
    const hiding = hidingRules(rule, groups);
    const expression = [rule.expr.trim(), ...hiding.map((more) => whileFiring(more.rule, more.every))].join(
      "\nunless\n",
    );
    const actions = [{ actionGroupId: groupIds[rule.severity] }];
    const wait = waitSeconds(rule, hiding);
    return { enabled, expression, ...azureAlert(rule, wait, runbooks), actions };
  });
}

/** A more severe alert about the same, with the seconds between two looks of its group. */
interface HidingRule {
  readonly rule: AlertingRule;
  readonly every: number;
}

/** The alerts that tell of the same, and are more severe: while one of them fires, this one says nothing. */
function hidingRules({ expr, severity }: AlertingRule, groups: readonly RuleGroup[]): readonly HidingRule[] {
  const rank = (one: AlertSeverity) => severities.indexOf(one);
  const subject = comparedSubject(expr);
  const alerts = groups.flatMap(({ rules, interval }) =>
    rules.flatMap((rule) => ("alert" in rule ? [{ rule, every: durationSeconds(interval ?? "1m") }] : [])),
  );
  return alerts.filter(
    ({ rule }) =>
      rank(rule.severity) < rank(severity) && subject !== undefined && comparedSubject(rule.expr) === subject,
  );
}

/** How long an alert's expression has to hold: longer than a more severe one's that waits as long, so that this is there before. */
function waitSeconds(rule: AlertingRule, hiding: readonly HidingRule[]): number | undefined {
  if (rule.for === undefined) return undefined;
  const own = durationSeconds(rule.for);
  const others = hiding.flatMap((more) => {
    const wait = more.rule.for === undefined ? undefined : durationSeconds(more.rule.for);
    return wait === undefined || wait > own ? [] : [wait + more.every];
  });
  return Math.max(own, ...others);
}

/** What an alert compares, and how, without the number. @example "a / b >" */
function comparedSubject(expression: string): string | undefined {
  const compared = comparedWith(expression);
  return compared && `${compared.left.replace(/\s+/g, " ")} ${compared.operator}`;
}

function azureAlert(rule: AlertingRule, wait: number | undefined, runbooks: string) {
  const runbook = `${runbooks}/${rule.runbook}`;
  return {
    alert: rule.alert,
    ...(wait === undefined ? {} : { for: isoDuration(wait) }),
    severity: azureSeverity[rule.severity],
    annotations: { summary: rule.summary, description: `${rule.summary}. Runbook: ${runbook}`, runbook_url: runbook },
    resolveConfiguration: { autoResolved: true, timeToResolve: isoDuration(resolveSeconds) },
  };
}
