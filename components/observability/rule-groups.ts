import type { input } from "@pulumi/azure-native/types";
import type { Output } from "@pulumi/pulumi";
import { z } from "zod";
import { durationSeconds, isoDuration } from "../../lib/duration";
import { dashboardSchema } from "./dashboard-schema";
import {
  type AlertingRule,
  type AlertSeverity,
  type RuleGroup,
  routesSchema,
  ruleGroupSchema,
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

/**
 * A group's rules as Azure takes them. An alert ends by itself, five minutes after what it tells of has.
 *
 * @param runbooks where the pages of docs/runbooks are
 */
export function azureRules(
  { rules }: RuleGroup,
  groupIds: Readonly<Record<AlertSeverity, Output<string>>>,
  runbooks: string,
): AzureRule[] {
  return rules.map((rule): AzureRule => {
    const common = { expression: rule.expr.trim(), enabled: true };
    if ("record" in rule) return { ...common, record: rule.record, labels: rule.labels ?? {} };
    return { ...common, ...azureAlert(rule, runbooks), actions: [{ actionGroupId: groupIds[rule.severity] }] };
  });
}

function azureAlert(rule: AlertingRule, runbooks: string) {
  const runbook = `${runbooks}/${rule.runbook}`;
  return {
    alert: rule.alert,
    ...(rule.for === undefined ? {} : { for: isoDuration(durationSeconds(rule.for)) }),
    severity: azureSeverity[rule.severity],
    annotations: { summary: rule.summary, description: `${rule.summary}. Runbook: ${runbook}`, runbook_url: runbook },
    resolveConfiguration: { autoResolved: true, timeToResolve: "PT5M" },
  };
}
