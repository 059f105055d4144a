import type { PropertyMap } from "../../../../deployment/values/property-value";
import { parseIsoDuration } from "../../../../lib/duration";
import type { WorldObject, WorldReading } from "../../../world/world";
import { mapsAt, numberAt, textAt, textsAt } from "../../read-property";
import { sameId } from "../arm-id";
import { type LogRow, runLogQuery } from "./log-query";

/** What Azure measured: a metric of a resource, minute by minute from the first one on. */
export interface MeasuredMetric {
  readonly resourceId: string;
  readonly metric: string;
  /** The values of its dimensions. Default: it has none. */
  readonly dimensions?: Readonly<Record<string, string>>;
  readonly minutes: readonly number[];
}

/** What happened in the world that rules look at. */
export interface Signals {
  readonly metrics?: readonly MeasuredMetric[];
  /** Rows of the workspace's tables. Their TimeGenerated is in minutes from the first one. */
  readonly logs?: Readonly<Record<string, readonly LogRow[]>>;
}

/** A message to one receiver. */
export interface Notification {
  /** The minute in which it was sent. */
  readonly minute: number;
  readonly rule: string;
  readonly state: "fired" | "resolved";
  readonly severity: number;
  readonly receiver: string;
  readonly text: string;
}

/** Source: Azure Monitor, "Alerts overview": a metric alert is resolved when its condition is not met for three checks in a row. */
const healthyChecks = 3;

/** Runs every rule that is there for so many minutes, and says who was told what. A rule tells when it begins to fire and when it ends. */
export function evaluateAlerts(world: WorldReading, signals: Signals, minutes: number): readonly Notification[] {
  const rules = [
    ...world.list("azure-native:monitor:MetricAlert"),
    ...world.list("azure-native:monitor:ScheduledQueryRule"),
  ];
  return rules
    .flatMap((rule) => notificationsOf(rule, world, signals, minutes))
    .sort((one, other) => one.minute - other.minute);
}

function notificationsOf(rule: WorldObject, world: WorldReading, signals: Signals, minutes: number): Notification[] {
  const { properties } = rule;
  const every = minutesOf(properties, "evaluationFrequency");
  const sent: Notification[] = [];
  let fires = false;
  let healthy = 0;
  for (let minute = every; minute <= minutes; minute += every) {
    const met = mapsAt(properties, "criteria.allOf").every((criterion) =>
      rule.kind === "azure-native:monitor:MetricAlert"
        ? metricMeets(criterion, properties, signals, minute)
        : logMeets(criterion, signals, minute, minutesOf(properties, "windowSize")),
    );
    healthy = met ? 0 : healthy + 1;
    const changed = met ? !fires : fires && healthy === healthyChecks;
    if (!changed) continue;
    fires = met;
    sent.push(...tell(rule, world, minute, met ? "fired" : "resolved"));
  }
  return sent;
}

function tell(rule: WorldObject, world: WorldReading, minute: number, state: Notification["state"]): Notification[] {
  const groups = [
    ...mapsAt(rule.properties, "actions").flatMap((action) => textAt(action, "actionGroupId") ?? []),
    ...textsAt(rule.properties, "actions.actionGroups"),
  ];
  const receivers = world
    .list("azure-native:monitor:ActionGroup")
    .filter(({ id }) => groups.some((group) => sameId(group, id)))
    .flatMap((group) => mapsAt(group.properties, "emailReceivers"));
  return receivers.map((receiver) => ({
    ...{ minute, state },
    rule: textAt(rule.properties, "name") ?? rule.id,
    severity: numberAt(rule.properties, "severity") ?? -1,
    receiver: textAt(receiver, "name") ?? "",
    text: textAt(rule.properties, "description") ?? "",
  }));
}

/** A metric that nobody measured says nothing: its rule does not fire. */
function metricMeets(criterion: PropertyMap, rule: PropertyMap, { metrics = [] }: Signals, minute: number): boolean {
  const scopes = textsAt(rule, "scopes");
  const wanted = mapsAt(criterion, "dimensions");
  const series = metrics.filter(
    ({ resourceId, metric, dimensions = {} }) =>
      scopes.some((scope) => sameId(scope, resourceId)) &&
      metric === textAt(criterion, "metricName") &&
      wanted.every((part) => textsAt(part, "values").includes(dimensions[textAt(part, "name") ?? ""] ?? "")),
  );
  const from = Math.max(0, minute - minutesOf(rule, "windowSize"));
  return meets(
    criterion,
    series.flatMap(({ minutes }) => minutes.slice(from, minute)),
  );
}

function logMeets(criterion: PropertyMap, { logs = {} }: Signals, minute: number, windowMinutes: number): boolean {
  const query = textAt(criterion, "query") ?? "";
  const rows = runLogQuery(query, logs, { now: minute, windowMinutes });
  const column = textAt(criterion, "metricMeasureColumn") ?? "";
  return meets(
    criterion,
    rows.map((row) => Number(row[column])),
  );
}

function meets(criterion: PropertyMap, values: readonly number[]): boolean {
  if (values.length === 0) return false;
  const total = values.reduce((sum, value) => sum + value, 0);
  const aggregated = {
    Average: total / values.length,
    Total: total,
    Maximum: Math.max(...values),
    Minimum: Math.min(...values),
    Count: values.length,
  }[textAt(criterion, "timeAggregation") ?? ""];
  const threshold = numberAt(criterion, "threshold");
  if (aggregated === undefined || threshold === undefined) return false;
  switch (textAt(criterion, "operator")) {
    case "GreaterThan":
      return aggregated > threshold;
    case "GreaterThanOrEqual":
      return aggregated >= threshold;
    case "LessThan":
      return aggregated < threshold;
    default:
      return aggregated <= threshold;
  }
}

function minutesOf(properties: PropertyMap, path: string): number {
  return (parseIsoDuration(textAt(properties, path) ?? "") ?? 60) / 60;
}
