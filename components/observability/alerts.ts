import { PrometheusRuleGroup, type PrometheusRuleGroupArgs } from "@pulumi/azure-native/alertsmanagement";
import type { SystemTopic, SystemTopicEventSubscriptionArgs } from "@pulumi/azure-native/eventgrid";
import {
  ActionGroup,
  type ActionGroupArgs,
  MetricAlert,
  type MetricAlertArgs,
  ScheduledQueryRule,
  type ScheduledQueryRuleArgs,
} from "@pulumi/azure-native/monitor";
import * as pulumi from "@pulumi/pulumi";
import { didYouMean } from "../../lib/closest-name";
import { durationSeconds, isoDuration } from "../../lib/duration";
import { listed } from "../../lib/located-yaml/messages";
import { type RefusalReason, refuse } from "../../lib/refusal";
import type { StackContext } from "../context/stack-context";
import { physicalName } from "../naming/physical-name";
import { type Transform, transformed } from "../transform/transform";
import { subscribeToEvents } from "./event-alerts";
import { azureRules } from "./rule-groups";
import { type AlertSeverity, type Routes, type RuleGroup, severities } from "./schema";
import { azureSeverity, type EventMeasure, type LogMeasure, type MetricMeasure, type Signal } from "./signals";

/** Something that is compared with a threshold, over and over. */
export interface AlertRule {
  /** Unique within the component; part of the logical name. @example "app-cpu-api-warning" */
  readonly name: string;
  readonly severity: AlertSeverity;
  /** What is wrong when it fires. @example "app api: uses more of its CPU than 80 percent (15m)" */
  readonly says: string;
  /** The page that says what to do. Every alert names one. */
  readonly runbook: string;
  /** How long is looked back at each check. @example "15m" */
  readonly window: string;
  readonly operator: Signal["operator"];
  readonly threshold: number;
  /**
   * The threshold of a more severe rule about the same: beyond it that one tells, and this one says nothing. Default: none is more severe.
   */
  readonly hiddenBeyond?: number | undefined;
  /**
   * How long a log rule says nothing more after it has told, where it cannot see the end of what it tells of. It then never tells of an end.
   * Default: it tells once when it begins, and once when it ends.
   */
  readonly mutedFor?: string | undefined;
  readonly measure:
    | (MetricMeasure & { /** The Azure id of what is measured. */ readonly resourceId: pulumi.Input<string> })
    | (LogMeasure & { /** Kusto, over the workspace. */ readonly query: string })
    | (EventMeasure & {
        /** The name of what tells; part of the logical name. */
        readonly source: string;
        /** Its Azure id. */
        readonly resourceId: pulumi.Input<string>;
      });
}

export interface AlertsArgs {
  readonly context: StackContext;
  readonly resourceGroupName: pulumi.Input<string>;
  /** The workspace that log rules ask. */
  readonly workspaceId: pulumi.Input<string>;
  /** The addresses of everybody who can be told, by a name for the receiver. PagerDuty and Slack have addresses, too. */
  readonly receivers: Readonly<Record<string, pulumi.Input<string>>>;
  /** Who is told of each severity, by the receivers' names. */
  readonly routes: Routes;
  /** What is watched. Default: nothing; the groups are then there for budgets. */
  readonly rules?: readonly AlertRule[] | undefined;
  /** Rules over what apps measure, and the workspace that has it. Default: none. */
  readonly measured?:
    | {
        readonly workspaceId: pulumi.Input<string>;
        readonly groups: readonly RuleGroup[];
        /** Where the pages of docs/runbooks are. @example "https://docs.example.com/runbooks" */
        readonly runbooks: string;
      }
    | undefined;
  readonly transform?: {
    readonly group?: Transform<ActionGroupArgs>;
    readonly metric?: Transform<MetricAlertArgs>;
    readonly log?: Transform<ScheduledQueryRuleArgs>;
    readonly ruleGroup?: Transform<PrometheusRuleGroupArgs>;
    readonly subscription?: Transform<SystemTopicEventSubscriptionArgs>;
  };
}

/** A group of receivers for each severity, and the rules that make us tell them. An alert that fires is told once, and once when it ends. */
export class Alerts extends pulumi.ComponentResource {
  /** The action groups by severity, for budgets and rules made elsewhere. */
  readonly groupIds: Readonly<Record<AlertSeverity, pulumi.Output<string>>>;
  /** Where what tells by events does so: Azure takes one topic for each. */
  readonly #topics = new Map<string, SystemTopic>();

  constructor(name: string, args: AlertsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("landscape:observability:Alerts", name, {}, opts);
    refuse(`Alerts "${name}"`, alertProblems(args), args);
    const group = (severity: AlertSeverity) => this.#group(name, severity, args);
    this.groupIds = { critical: group("critical"), warning: group("warning"), info: group("info") };
    for (const rule of args.rules ?? []) this.#rule(name, rule, args);
    if (args.measured !== undefined) this.#evaluate(name, args.measured, args);
    this.registerOutputs({ groupIds: this.groupIds });
  }

  #group(
    name: string,
    severity: AlertSeverity,
    { context, resourceGroupName, receivers, routes, transform }: AlertsArgs,
  ) {
    const group = new ActionGroup(
      ...transformed<ActionGroupArgs>(
        transform?.group,
        `${name}-${severity}`,
        {
          resourceGroupName,
          location: "Global",
          actionGroupName: physicalName(context, "actionGroup", name, severity),
          // Azure takes 12 characters.
          groupShortName: `${context.project.slice(0, 7)}-${severity.slice(0, 4)}`,
          enabled: true,
          emailReceivers: routes[severity].flatMap((receiver) => {
            const emailAddress = receivers[receiver];
            return emailAddress === undefined ? [] : [{ name: receiver, emailAddress, useCommonAlertSchema: true }];
          }),
        },
        { parent: this },
      ),
    );
    return group.id;
  }

  #evaluate(
    name: string,
    { workspaceId, groups, runbooks }: NonNullable<AlertsArgs["measured"]>,
    { context, resourceGroupName, transform }: AlertsArgs,
  ): void {
    for (const group of groups) {
      new PrometheusRuleGroup(
        ...transformed<PrometheusRuleGroupArgs>(
          transform?.ruleGroup,
          `${name}-${group.name}`,
          {
            ...{ resourceGroupName, location: context.location, scopes: [workspaceId], enabled: true },
            ruleGroupName: physicalName(context, "ruleGroup", group.name),
            interval: isoDuration(durationSeconds(group.interval ?? "1m")),
            rules: azureRules(group, { groupIds: this.groupIds, runbooks, groups }),
          },
          { parent: this },
        ),
      );
    }
  }

  #rule(name: string, rule: AlertRule, args: AlertsArgs): void {
    if (rule.measure.kind === "event") {
      const groupId = this.groupIds[rule.severity];
      subscribeToEvents(name, rule, rule.measure, { ...args, topics: this.#topics, groupId, parent: this });
      return;
    }
    const { context, resourceGroupName, transform } = args;
    const logicalName = `${name}-${rule.name}`;
    const common = {
      resourceGroupName,
      ruleName: physicalName(context, "alertRule", rule.name),
      description: `${rule.says}. Runbook: ${rule.runbook}`,
      enabled: true,
      severity: azureSeverity[rule.severity],
      // It ends by itself when what it tells of does, and is told again only after that.
      autoMitigate: true,
      windowSize: isoDuration(durationSeconds(rule.window)),
    };
    const groupId = this.groupIds[rule.severity];
    if (rule.measure.kind === "log") {
      new ScheduledQueryRule(
        ...transformed<ScheduledQueryRuleArgs>(
          transform?.log,
          logicalName,
          {
            ...common,
            ...logAlert(rule, rule.measure),
            ...{ location: context.location, scopes: [args.workspaceId] },
            actions: { actionGroups: [groupId] },
          },
          { parent: this },
        ),
      );
      return;
    }
    new MetricAlert(
      ...transformed<MetricAlertArgs>(
        transform?.metric,
        logicalName,
        { ...common, ...metricAlert(rule, rule.measure), location: "global", actions: [{ actionGroupId: groupId }] },
        { parent: this },
      ),
    );
  }
}

/** What holds where a comparison does not. */
const opposite = {
  GreaterThan: "LessThanOrEqual",
  GreaterThanOrEqual: "LessThan",
  LessThan: "GreaterThanOrEqual",
} as const satisfies Readonly<Record<Signal["operator"], string>>;

function metricAlert(
  { name, window, operator, threshold, hiddenBeyond }: AlertRule,
  { resourceId, namespace, metric, aggregation, dimension }: Extract<AlertRule["measure"], { kind: "metric" }>,
) {
  const criterion = {
    criterionType: "StaticThresholdCriterion" as const,
    metricNamespace: namespace,
    metricName: metric,
    timeAggregation: aggregation,
    // Beside another criterion a dimension has one value. Source: Azure/azure-cli, help of `az monitor metrics alert create`.
    ...(dimension === undefined
      ? {}
      : { dimensions: [{ name: dimension.name, operator: "Include", values: [dimension.value] }] }),
  };
  return {
    scopes: [resourceId],
    // Azure checks at least as often as it looks back, and what looks back for hours needs no check a minute.
    evaluationFrequency: durationSeconds(window) <= 900 ? "PT1M" : "PT5M",
    criteria: {
      odataType: "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria" as const,
      allOf: [
        { ...criterion, name, operator, threshold },
        ...(hiddenBeyond === undefined
          ? []
          : [{ ...criterion, name: `${name}-alone`, operator: opposite[operator], threshold: hiddenBeyond }]),
      ],
    },
  };
}

/** In Kusto. */
const comparisons = { GreaterThan: "<=", GreaterThanOrEqual: "<", LessThan: ">=" } as const;

function logAlert(
  { window, operator, threshold, hiddenBeyond, mutedFor }: AlertRule,
  { query, column, aggregation }: Extract<AlertRule["measure"], { kind: "log" }>,
) {
  return {
    kind: "LogAlert",
    // Azure takes one of the two. Source: hashicorp/terraform-provider-azurerm, `azurerm_monitor_scheduled_query_rules_alert_v2`.
    ...(mutedFor === undefined
      ? {}
      : { autoMitigate: false, muteActionsDuration: isoDuration(durationSeconds(mutedFor)) }),
    // Each check is paid for: four an hour, which is in time for what is looked at within the hour.
    evaluationFrequency: isoDuration(Math.min(durationSeconds(window), 900)),
    // What the query itself looks back, which may be longer than the window.
    ...(durationSeconds(window) >= 86_400 ? { overrideQueryTimeRange: "P2D" } : {}),
    // A table is there from its first line on, and the rule is there before.
    skipQueryValidation: true,
    criteria: {
      allOf: [
        {
          query:
            hiddenBeyond === undefined ? query : `${query}\n| where ${column} ${comparisons[operator]} ${hiddenBeyond}`,
          metricMeasureColumn: column,
          timeAggregation: aggregation,
          operator,
          threshold,
          failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 },
        },
      ],
    },
  };
}

function alertProblems({ receivers, routes, rules = [] }: AlertsArgs): RefusalReason[] {
  const known = Object.keys(receivers);
  const strangers = severities.flatMap((severity) =>
    routes[severity]
      .filter((receiver) => !known.includes(receiver))
      .map(
        (receiver) =>
          `${severity} goes to "${receiver}", who has no address; there are ${listed(known)}${didYouMean(receiver, known)}`,
      ),
  );
  const names = rules.map((rule) => rule.name);
  const twice = new Set(names.filter((rule, index) => names.indexOf(rule) !== index));
  return [...strangers, ...[...twice].map((rule) => `the rule "${rule}" is given twice; keep one of them`)];
}
