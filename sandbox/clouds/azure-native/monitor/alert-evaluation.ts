import type { PropertyMap } from "../../../../deployment/values/property-value";
import { parseIsoDuration } from "../../../../lib/duration";
import type { WorldObject, WorldReading } from "../../../world/world";
import { mapAt, mapsAt, numberAt, textAt, textsAt } from "../../read-property";
import { isWithin, sameId } from "../arm-id";
import { isSuppressed } from "./alert-processing";
import { systemTopicType } from "./event-grid";
import { type LogRow, runLogQuery } from "./log-query";
import { evaluatePromql, type Labelled, type MetricSeries } from "./promql-evaluation";

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
  /** What services told by events, and when. */
  readonly events?: readonly { readonly source: string; readonly type: string; readonly minute: number }[];
  /** What apps measured of themselves. */
  readonly series?: readonly MetricSeries[];
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

/**
 * Runs every rule that is there for so many minutes, and says who was told what. A rule tells when it begins to fire and when it ends.
 *
 * @param began when the first minute began, in milliseconds since 1970: what keeps alerts back has times. Default: 0
 */
export function evaluateAlerts(
  world: WorldReading,
  signals: Signals,
  minutes: number,
  began = 0,
): readonly Notification[] {
  const rules = [
    ...world.list("azure-native:monitor:MetricAlert"),
    ...world.list("azure-native:monitor:ScheduledQueryRule"),
  ];
  const groups = world.list("azure-native:alertsmanagement:PrometheusRuleGroup");
  return [
    ...world
      .list("azure-native:eventgrid:SystemTopicEventSubscription")
      .flatMap((subscription) => notificationsOfEvents(subscription, world, signals, minutes)),
    ...rules.flatMap((rule) => notificationsOf(rule, world, signals, minutes)),
    ...groups.flatMap((group) => notificationsOfGroup(group, world, signals.series ?? [], minutes)),
  ]
    .filter(
      ({ minute, rule, severity, targets }) =>
        !isSuppressed(world, { rule, targets, severity, at: began + minute * 60_000 }),
    )
    .map(({ targets: _, ...notification }) => notification)
    .sort((one, other) => one.minute - other.minute);
}

/** A message with the ids of what it is about: what rules that keep alerts back look at. */
type Message = Notification & { readonly targets: readonly string[] };

/** Each event is an alert of its own, which nothing ends. */
function notificationsOfEvents(
  { id, properties }: WorldObject,
  world: WorldReading,
  { events = [] }: Signals,
  minutes: number,
): Message[] {
  const topic = world.list(systemTopicType).find((one) => isWithin(id, one.id));
  const source = textAt(topic?.properties ?? {}, "source");
  const types = textsAt(properties, "filter.includedEventTypes");
  const told = {
    ...{ name: textAt(properties, "name") ?? "", description: textAt(properties, "destination.description") ?? "" },
    severity: Number(textAt(properties, "destination.severity")?.slice("Sev".length)),
    actions: mapAt(properties, "destination"),
    scopes: source === undefined ? [] : [source],
  };
  return events
    .filter((event) => event.minute <= minutes && sameId(event.source, source) && types.includes(event.type))
    .flatMap(({ minute }) => tell(told, world, minute, "fired"));
}

function notificationsOf(rule: WorldObject, world: WorldReading, signals: Signals, minutes: number): Message[] {
  const { properties } = rule;
  const every = minutesOf(properties, "evaluationFrequency");
  const sent: Message[] = [];
  const lookBack = textAt(properties, "overrideQueryTimeRange") === undefined ? "windowSize" : "overrideQueryTimeRange";
  const mute = properties.autoMitigate === false ? minutesOf(properties, "muteActionsDuration", 0) : undefined;
  let mutedUntil = 0;
  let fires = false;
  let healthy = 0;
  for (let minute = every; minute <= minutes; minute += every) {
    const met = mapsAt(properties, "criteria.allOf").every((criterion) =>
      rule.kind === "azure-native:monitor:MetricAlert"
        ? metricMeets(criterion, properties, signals, minute)
        : logMeets(criterion, signals, minute, minutesOf(properties, lookBack)),
    );
    if (mute !== undefined) {
      // It knows no state: as long as it holds it tells each time, except for a while after it has told.
      if (!met || minute < mutedUntil) continue;
      sent.push(...tell(properties, world, minute, "fired"));
      mutedUntil = minute + mute;
      continue;
    }
    healthy = met ? 0 : healthy + 1;
    const changed = met ? !fires : fires && healthy === healthyChecks;
    if (!changed) continue;
    fires = met;
    sent.push(...tell(properties, world, minute, met ? "fired" : "resolved"));
  }
  return sent;
}

/** An alert of a rule group: since when its expression holds for some labels, and when it did last. */
interface Instance {
  since: number;
  last: number;
  told: boolean;
}

/** A series that a rule of a group makes. */
interface Recorded {
  readonly labels: MetricSeries["labels"];
  readonly samples: [minute: number, value: number][];
}

/** Rules of a group are evaluated in their order, so that one can ask for what another before it records. */
function notificationsOfGroup(
  { properties }: WorldObject,
  world: WorldReading,
  series: readonly MetricSeries[],
  minutes: number,
): Message[] {
  const every = minutesOf(properties, "interval");
  const recorded = new Map<string, Recorded>();
  const instances = new Map<string, Instance>();
  const sent: Message[] = [];
  for (let minute = every; minute <= minutes; minute += every) {
    for (const [position, rule] of mapsAt(properties, "rules").entries()) {
      const expression = textAt(rule, "expression") ?? "";
      const found = evaluatePromql(expression, [...series, ...recorded.values()], minute);
      const values: readonly Labelled[] = typeof found === "number" ? [{ labels: {}, value: found }] : found;
      const name = textAt(rule, "record");
      if (name !== undefined) {
        const given = Object.fromEntries(
          Object.entries(mapAt(rule, "labels")).map(([key, value]) => [key, String(value)]),
        );
        for (const { labels, value } of values) {
          const all = { ...labels, ...given, __name__: name };
          const kept: Recorded = recorded.get(JSON.stringify(all)) ?? { labels: all, samples: [] };
          kept.samples.push([minute, value]);
          recorded.set(JSON.stringify(all), kept);
        }
        continue;
      }
      const scoped = { ...rule, scopes: textsAt(properties, "scopes") };
      sent.push(...changesOf(scoped, String(position), values, instances, world, minute));
    }
  }
  return sent;
}

/** Who is told of an alert's beginnings and ends at one evaluation. */
function changesOf(
  rule: PropertyMap,
  prefix: string,
  values: readonly Labelled[],
  instances: Map<string, Instance>,
  world: WorldReading,
  minute: number,
): Message[] {
  const sent: Message[] = [];
  const pending = textAt(rule, "for") === undefined ? 0 : minutesOf(rule, "for");
  for (const found of values) {
    const key = `${prefix} ${JSON.stringify(found.labels)}`;
    const instance = instances.get(key) ?? { since: minute, last: minute, told: false };
    instances.set(key, instance);
    instance.last = minute;
    if (instance.told || minute - instance.since < pending) continue;
    instance.told = true;
    sent.push(...tell(rule, world, minute, "fired", found));
  }
  for (const [key, { last, told }] of instances) {
    if (!key.startsWith(`${prefix} `) || last === minute) continue;
    // One that was told stays until it has been well for a while; one that was not begins anew.
    if (told && minute - last < minutesOf(rule, "resolveConfiguration.timeToResolve")) continue;
    instances.delete(key);
    if (told) sent.push(...tell(rule, world, minute, "resolved"));
  }
  return sent;
}

function tell(
  rule: PropertyMap,
  world: WorldReading,
  minute: number,
  state: Notification["state"],
  found: Labelled = { labels: {}, value: Number.NaN },
): Message[] {
  const groups = [
    ...mapsAt(rule, "actions").flatMap((action) => textAt(action, "actionGroupId") ?? []),
    ...textsAt(rule, "actions.actionGroups"),
  ];
  const text = textAt(rule, "description") ?? textAt(rule, "annotations.description") ?? "";
  const receivers = world
    .list("azure-native:monitor:ActionGroup")
    .filter(({ id }) => groups.some((group) => sameId(group, id)))
    .flatMap((group) => mapsAt(group.properties, "emailReceivers"));
  return receivers.map((receiver) => ({
    ...{ minute, state, targets: textsAt(rule, "scopes") },
    rule: textAt(rule, "name") ?? textAt(rule, "alert") ?? "",
    severity: numberAt(rule, "severity") ?? -1,
    receiver: textAt(receiver, "name") ?? "",
    text: text
      .replace(/\{\{ \$labels\.(\w+) \}\}/g, (_, label: string) => found.labels[label] ?? "")
      .replace(/\{\{ \$value(?: \| \w+)? \}\}/g, String(found.value)),
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

function minutesOf(properties: PropertyMap, path: string, otherwise = 1): number {
  return (parseIsoDuration(textAt(properties, path) ?? "") ?? 60 * otherwise) / 60;
}
