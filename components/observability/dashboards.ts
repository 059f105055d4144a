import { Workbook, type WorkbookArgs } from "@pulumi/azure-native/applicationinsights";
import * as pulumi from "@pulumi/pulumi";
import { leastBudget } from "../../lib/error-budget";
import { comparedWith } from "../../lib/promql";
import type { StackContext } from "../context/stack-context";
import { uuidV5 } from "../identity/role-assignment";
import { type Transform, transformed } from "../transform/transform";
import type { AlertRule } from "./alerts";
import type { Dashboard, Panel } from "./dashboard-schema";
import { type AlertingRule, type AlertSeverity, type RuleGroup, severities } from "./schema";
import { signalOf, type WatchedKind } from "./signals";
import { budgetMetric } from "./slos";
import type { WatchTargets } from "./watch-rules";

export interface DashboardsArgs {
  readonly context: StackContext;
  readonly resourceGroupName: pulumi.Input<string>;
  readonly groupId: pulumi.Input<string>;
  /** What is watched, by which rules: the charts' lines are theirs. */
  readonly targets: WatchTargets;
  readonly rules: readonly AlertRule[];
  readonly groups: readonly RuleGroup[];
  /** The workspace with what apps measure. Default: nobody collects it, and charts of it are left out. */
  readonly metricsId?: pulumi.Input<string> | undefined;
  /** Beside the overview. Default: none. */
  readonly dashboards?: readonly Dashboard[] | undefined;
  readonly transform?: { readonly workbook?: Transform<WorkbookArgs> };
}

/** A number that a rule compares with, and how bad it is beyond. */
interface Threshold {
  readonly severity: AlertSeverity;
  readonly value: number;
}

/** A chart before Azure's ids are known in it. */
type Item = pulumi.Input<Readonly<Record<string, unknown>>>;

/**
 * Workbooks of an environment: an overview of everything that is in it, and those of the inventory. What is drawn, and where the lines
 * are, comes from the rules that alert; whoever opens one sees what they may read.
 *
 * The form of a workbook's items: github.com/microsoft/Application-Insights-Workbooks, schema/workbook.json.
 */
export class Dashboards extends pulumi.ComponentResource {
  constructor(name: string, args: DashboardsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("landscape:observability:Dashboards", name, {}, opts);
    const { context } = args;
    this.#workbook("overview", `${context.project} ${context.environment}: overview`, overview(args), args);
    for (const { name: key, title, panels, environments } of args.dashboards ?? []) {
      if (environments?.includes(context.environment) === false) continue;
      const items = panels.flatMap((panel) => panelItems(panel, args));
      if (items.length > 0) this.#workbook(key, `${context.project} ${context.environment}: ${title}`, items, args);
    }
    this.registerOutputs({});
  }

  #workbook(key: string, displayName: string, items: readonly Item[], args: DashboardsArgs): void {
    const { context, resourceGroupName, groupId, transform } = args;
    const serializedData = pulumi
      .all([groupId, ...items])
      .apply(([group, ...known]) =>
        JSON.stringify({ version: "Notebook/1.0", items: [timeRange, ...known], fallbackResourceIds: [group] }),
      );
    new Workbook(
      ...transformed<WorkbookArgs>(
        transform?.workbook,
        `dashboard-${key}`,
        {
          resourceGroupName,
          location: context.location,
          // Azure takes a UUID. Source: azure-rest-api-specs, Microsoft.Insights/workbooks, "resourceName".
          resourceName: uuidV5(`${context.project}/${context.environment}/dashboard-${key}`),
          ...{ category: "workbook", kind: "shared", displayName, serializedData, version: "Notebook/1.0" },
          sourceId: groupId,
        },
        { parent: this },
      ),
    );
  }
}

const timeRange = {
  type: 9,
  name: "time",
  content: {
    version: "KqlParameterItem/1.0",
    parameters: [
      { id: "time", version: "KqlParameterItem/1.0", name: "TimeRange", type: 4, value: { durationMs: 3_600_000 } },
    ],
  },
};

/** The panels that the template of all systems asks for (Monitoring, 4.2). */
function overview(args: DashboardsArgs): readonly Item[] {
  const measured = (title: string, expr: string, thresholds: readonly Threshold[] = []) =>
    args.metricsId === undefined ? [] : [promqlItem(title, expr, thresholds, args.metricsId)];
  const promises = args.groups.some(({ rules }) =>
    rules.some((rule) => "record" in rule && rule.record === budgetMetric),
  );
  const p99 = "histogram_quantile(0.99, sum(rate(http_request_duration_seconds_bucket[5m])) by (le, service))";
  return [
    graphItem("Service health", args.groupId, serviceHealth, "table"),
    metricItem("Request rate", requests, args.targets.app, []),
    watchedItem("Error rate", "app", "server-errors", args),
    ...(args.metricsId === undefined
      ? [watchedItem("Latency on average", "app", "latency", args)]
      : measured("P99 latency", p99, thresholdsOf(p99, args))),
    graphItem("Active incidents", args.groupId, incidents, "tiles"),
    ...(promises
      ? measured("Error budget remaining", budgetMetric, [{ severity: "critical", value: leastBudget }])
      : []),
    graphItem("Last deployment", args.groupId, lastDeployment, "table"),
    watchedItem("Infrastructure: CPU of apps", "app", "cpu", args),
    watchedItem("Infrastructure: memory of apps", "app", "memory", args),
    watchedItem("Infrastructure: disk of the database", "database", "storage", args),
  ];
}

const requests = { namespace: "Microsoft.App/containerApps", metric: "Requests", aggregation: "Total" } as const;

/** Nothing where nobody collects what a panel shows. */
function panelItems({ title, alerts = [], expr, watch, signal }: Panel, args: DashboardsArgs): readonly Item[] {
  if (watch !== undefined && signal !== undefined) return [watchedItem(title, watch, signal, args)];
  if (args.metricsId === undefined) return [];
  if (expr !== undefined) return [promqlItem(title, expr, [], args.metricsId)];
  const compared = alertsNamed(alerts, args).flatMap((rule) => comparisonOf(rule) ?? []);
  const [first] = compared;
  return first === undefined ? [] : [promqlItem(title, first.left, compared, args.metricsId)];
}

function comparisonOf({ expr, severity }: AlertingRule): (Threshold & { readonly left: string }) | undefined {
  const compared = comparedWith(expr);
  return compared && { ...compared, severity };
}

function alertsNamed(names: readonly string[], { groups }: Pick<DashboardsArgs, "groups">): readonly AlertingRule[] {
  const alerting = groups.flatMap(({ rules }) => rules.flatMap((rule) => ("alert" in rule ? [rule] : [])));
  return names.flatMap((name) => alerting.filter(({ alert }) => alert === name));
}

/** The lines of all alerts that compare an expression. */
function thresholdsOf(expression: string, { groups }: DashboardsArgs): readonly Threshold[] {
  return groups.flatMap(({ rules }) =>
    rules.flatMap((rule) => {
      const compared = "alert" in rule ? comparisonOf(rule) : undefined;
      return compared?.left === expression ? [compared] : [];
    }),
  );
}

/** What Azure measures of every one of a kind, with the lines of the rules that watch it. */
function watchedItem(title: string, watch: WatchedKind, signal: string, args: DashboardsArgs): Item {
  const measure = signalOf(watch, signal)?.measure;
  if (measure?.kind !== "metric") throw new Error(`Azure measures no ${signal} of ${watch}`);
  const rules = args.rules.filter(({ name }) => name.startsWith(`${watch}-${signal}-`));
  return metricItem(title, measure, args.targets[watch], linesOf(rules));
}

/** One line for each severity: where the first of the kind's rules begins. */
function linesOf(rules: readonly AlertRule[]): readonly Threshold[] {
  return severities.flatMap((severity) => {
    const values = rules.filter((rule) => rule.severity === severity).map(({ threshold }) => threshold);
    return values.length === 0 ? [] : [{ severity, value: Math.min(...values) }];
  });
}

interface Measure {
  readonly namespace: string;
  readonly metric: string;
  readonly aggregation: "Average" | "Maximum" | "Total";
  readonly dimension?: { readonly name: string; readonly value: string } | undefined;
}

/** Source: Azure Monitor, "Metric aggregation types", as workbooks number them. */
const aggregations = { Total: 1, Maximum: 3, Average: 4 } as const;

function metricItem(
  title: string,
  { namespace, metric, aggregation, dimension }: Measure,
  targets: WatchTargets[WatchedKind],
  lines: readonly Threshold[],
): Item {
  const ids = targets.flatMap((target) => ("id" in target ? [target.id] : []));
  const type = namespace.toLowerCase();
  return pulumi.all(ids).apply((resourceIds) => ({
    type: 10,
    name: title,
    customWidth: "50",
    content: {
      ...{ version: "MetricsItem/2.0", chartId: title, size: 0, chartType: 2, metricScope: 0 },
      title: titleWith(title, lines),
      resourceType: type,
      resourceIds: [...new Set(resourceIds)],
      timeContextFromParameter: "TimeRange",
      metrics: [
        {
          ...{ namespace: type, metric: `${type}--${metric}`, aggregation: aggregations[aggregation] },
          ...(dimension === undefined
            ? {}
            : { filters: [{ key: dimension.name, operator: 0, values: [dimension.value] }] }),
        },
      ],
      chartSettings: firstLine(lines),
    },
  }));
}

/** A chart draws one line by itself; the title names all of them. */
function firstLine(lines: readonly Threshold[]): Readonly<Record<string, unknown>> {
  const [worst] = lines;
  return worst === undefined ? {} : { customThresholdLine: String(worst.value), customThresholdLineStyle: 1 };
}

function titleWith(title: string, lines: readonly Threshold[]): string {
  return lines.length === 0
    ? title
    : `${title} (${lines.map(({ severity, value }) => `${severity} ${value}`).join(", ")})`;
}

/** What apps measure. Each line is a series of its own beside it. */
function promqlItem(title: string, expr: string, lines: readonly Threshold[], workspaceId: pulumi.Input<string>): Item {
  const drawn = lines.map(({ severity, value }) => `label_replace(vector(${value}), "line", "${severity}", "", "")`);
  const queryText = drawn.length === 0 ? expr : `(${expr}) or ${drawn.join(" or ")}`;
  return pulumi.output(workspaceId).apply((id) => ({
    type: 3,
    name: title,
    customWidth: "50",
    content: {
      ...{ version: "KqlItem/1.0", title: titleWith(title, lines), size: 0, queryType: 16, visualization: "timechart" },
      query: JSON.stringify({
        version: "PrometheusQueryProvider/1.0",
        customEndpoint: false,
        queryText,
        type: "query_range",
      }),
      ...{
        resourceType: "microsoft.monitor/accounts",
        crossComponentResources: [id],
        timeContextFromParameter: "TimeRange",
      },
      chartSettings: firstLine(lines),
    },
  }));
}

const fired = `alertsmanagementresources
| where properties.essentials.monitorCondition == "Fired"
| extend severity = tostring(properties.essentials.severity), target = tolower(tostring(properties.essentials.targetResource))`;

const serviceHealth = `resources
| where type =~ "microsoft.app/containerapps"
| extend target = tolower(id)
| join kind = leftouter (${fired}
| summarize worst = min(severity) by target) on target
| project Service = name, State = case(worst == "Sev0", "red", isempty(worst), "green", "yellow")
| order by State desc`;

const incidents = `${fired}
| where severity == "Sev0"
| summarize Incidents = count()`;

const lastDeployment = `resources
| where type =~ "microsoft.app/containerapps"
| project Service = name, Version = tostring(properties.template.containers[0].image), Revision = tostring(properties.latestRevisionName), Changed = tostring(systemData.lastModifiedAt)`;

/** A question to Azure Resource Graph about what is in the group. */
function graphItem(
  title: string,
  groupId: pulumi.Input<string>,
  query: string,
  visualization: "table" | "tiles",
): Item {
  return pulumi.output(groupId).apply((id) => ({
    type: 3,
    name: title,
    customWidth: "50",
    content: {
      ...{ version: "KqlItem/1.0", title, size: 1, query, queryType: 1, visualization },
      ...{ resourceType: "microsoft.resourcegraph/resources", crossComponentResources: [id] },
      ...(visualization === "table" ? { gridSettings: { formatters: healthColours } } : {}),
    },
  }));
}

/** A green, yellow or red cell. */
const healthColours = [
  {
    columnMatch: "State",
    formatter: 18,
    formatOptions: {
      thresholdsOptions: "colors",
      thresholdsGrid: ["green", "yellow", "red"].map((colour) => {
        return { operator: "==", thresholdValue: colour, representation: colour, text: "{0}{1}" };
      }),
    },
  },
];
