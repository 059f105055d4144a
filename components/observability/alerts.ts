import { ActionGroup, type ActionGroupArgs, MetricAlert, type MetricAlertArgs } from "@pulumi/azure-native/monitor";
import * as pulumi from "@pulumi/pulumi";
import { refuse } from "../../lib/refusal";
import type { StackContext } from "../context/stack-context";
import { physicalName } from "../naming/physical-name";
import { type Transform, transformed } from "../transform/transform";

/** A metric that is compared with a fixed threshold. */
export interface MetricRule {
  /** Unique within the component; part of the logical name. @example "postgres-storage" */
  readonly name: string;
  /** The Azure id of what is measured. */
  readonly resourceId: pulumi.Input<string>;
  /** @example "Microsoft.DBforPostgreSQL/flexibleServers" */
  readonly metricNamespace: string;
  /** @example "storage_percent" */
  readonly metricName: string;
  readonly aggregation: "Average" | "Maximum" | "Minimum" | "Total" | "Count";
  readonly operator: "GreaterThan" | "GreaterThanOrEqual" | "LessThan" | "LessThanOrEqual";
  readonly threshold: number;
  /** 0 critical, 1 error, 2 warning, 3 information. */
  readonly severity: 0 | 1 | 2 | 3;
  /** Minutes looked back at each check. Default: 5. */
  readonly windowMinutes?: 1 | 5 | 15 | 30 | 60 | undefined;
  /** The page that says what to do. Every alert names one. @example "docs/runbooks/postgres-storage.md" */
  readonly runbook: string;
}

export interface AlertsArgs {
  readonly context: StackContext;
  readonly resourceGroupName: pulumi.Input<string>;
  /** What the alerts are called on a phone: at most 12 characters. @example "alai-ops" */
  readonly shortName: string;
  /** Who gets mail, by a name for the receiver. */
  readonly emails: Readonly<Record<string, pulumi.Input<string>>>;
  /** What is watched. Default: nothing; the group is then there for budgets and other rules. */
  readonly metrics?: readonly MetricRule[] | undefined;
  readonly transform?: { readonly group?: Transform<ActionGroupArgs>; readonly metric?: Transform<MetricAlertArgs> };
}

/** Who is told, and the metrics that make us tell them. */
export class Alerts extends pulumi.ComponentResource {
  /** The action group, for budgets and rules made elsewhere. */
  readonly groupId: pulumi.Output<string>;

  constructor(name: string, args: AlertsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("landscape:observability:Alerts", name, {}, opts);
    refuse(`Alerts "${name}"`, alertProblems(args), args);
    const { context, resourceGroupName } = args;

    const group = new ActionGroup(
      ...transformed<ActionGroupArgs>(
        args.transform?.group,
        name,
        {
          resourceGroupName,
          location: "Global",
          actionGroupName: physicalName(context, "actionGroup", name),
          groupShortName: args.shortName,
          enabled: true,
          emailReceivers: Object.entries(args.emails).map(([receiver, emailAddress]) => ({
            name: receiver,
            emailAddress,
            useCommonAlertSchema: true,
          })),
        },
        { parent: this },
      ),
    );
    this.groupId = group.id;
    for (const rule of args.metrics ?? []) {
      new MetricAlert(
        ...transformed<MetricAlertArgs>(
          args.transform?.metric,
          `${name}-${rule.name}`,
          {
            resourceGroupName,
            location: "global",
            ruleName: physicalName(context, "metricAlert", rule.name),
            ...metricAlert(rule, group.id),
          },
          { parent: this },
        ),
      );
    }
    this.registerOutputs({ groupId: this.groupId });
  }
}

function metricAlert(rule: MetricRule, groupId: pulumi.Input<string>): Omit<MetricAlertArgs, "resourceGroupName"> {
  return {
    description: `Runbook: ${rule.runbook}`,
    enabled: true,
    severity: rule.severity,
    scopes: [rule.resourceId],
    evaluationFrequency: "PT1M",
    windowSize: rule.windowMinutes === 60 ? "PT1H" : `PT${rule.windowMinutes ?? 5}M`,
    autoMitigate: true,
    criteria: {
      odataType: "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
      allOf: [
        {
          criterionType: "StaticThresholdCriterion",
          name: rule.name,
          metricNamespace: rule.metricNamespace,
          metricName: rule.metricName,
          timeAggregation: rule.aggregation,
          operator: rule.operator,
          threshold: rule.threshold,
        },
      ],
    },
    actions: [{ actionGroupId: groupId }],
  };
}

function alertProblems(args: AlertsArgs): string[] {
  const problems: string[] = [];
  if (args.shortName === "" || args.shortName.length > 12) {
    problems.push(`shortName "${args.shortName}" has ${args.shortName.length} characters; Azure takes 1 to 12`);
  }
  if (Object.keys(args.emails).length === 0) problems.push("emails is empty, so nobody would be told; name a receiver");
  const names = (args.metrics ?? []).map((rule) => rule.name);
  const twice = names.find((rule, index) => names.indexOf(rule) !== index);
  if (twice !== undefined) problems.push(`the metric rule "${twice}" is given twice; keep one of them`);
  return problems;
}
