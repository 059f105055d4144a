import type { PropertyMap } from "../../../../deployment/values/property-value";
import { didYouMean } from "../../../../lib/closest-name";
import { parseIsoDuration } from "../../../../lib/duration";
import { ServiceError } from "../../../engine/provider";
import { mapsAt, textAt, textsAt } from "../../read-property";
import { typeOfId } from "../arm-id";

interface Metric {
  readonly aggregations: readonly string[];
  readonly dimensions: readonly string[];
}

const all = ["Average", "Total", "Maximum", "Minimum", "Count"];
const levels = ["Average", "Maximum", "Minimum"];
const of = (aggregations: readonly string[], ...dimensions: string[]): Metric => ({ aggregations, dimensions });

/**
 * What Azure measures, by resource type in lower case. Source: Azure Monitor, "Supported metrics"; of a type that is not here every metric
 * is taken.
 */
const metrics: Readonly<Record<string, Readonly<Record<string, Metric>>>> = {
  "microsoft.app/containerapps": {
    CpuPercentage: of(all, "podName"),
    MemoryPercentage: of(all, "podName"),
    Replicas: of(all, "revisionName", "deploymentName"),
    Requests: of(all, "revisionName", "podName", "statusCodeCategory", "statusCode"),
    ResponseTime: of(all, "revisionName", "podName", "statusCodeCategory", "statusCode"),
    RestartCount: of(all, "revisionName", "podName"),
    UsageNanoCores: of(all, "revisionName", "podName"),
    WorkingSetBytes: of(all, "revisionName", "podName"),
  },
  "microsoft.dbforpostgresql/flexibleservers": {
    active_connections: of(all),
    connections_failed: of(["Total"]),
    cpu_credits_remaining: of(levels),
    cpu_percent: of(levels),
    is_db_alive: of(["Average", "Maximum", "Minimum", "Count"]),
    memory_percent: of(levels),
    physical_replication_delay_in_seconds: of(levels),
    storage_percent: of(levels),
  },
  "microsoft.cache/redisenterprise": {
    connectedclients: of(["Maximum", "Total"], "InstanceId"),
    evictedkeys: of(["Total", "Maximum"], "InstanceId"),
    percentProcessorTime: of(["Maximum"], "InstanceId"),
    usedmemorypercentage: of(["Maximum"], "InstanceId"),
  },
  "microsoft.servicebus/namespaces": {
    ActiveMessages: of(levels, "EntityName"),
    DeadletteredMessages: of(levels, "EntityName"),
    IncomingMessages: of(["Total"], "EntityName"),
  },
};

/**
 * What the service says of a metric rule, and azure-native does not.
 * Source: hashicorp/terraform-provider-azurerm, `azurerm_monitor_metric_alert`; Azure Monitor, "Troubleshoot metric alerts".
 */
export function refuseMetricRule(inputs: PropertyMap): void {
  refuseSchedule(inputs, {
    frequencies: ["PT1M", "PT5M", "PT15M", "PT30M", "PT1H"],
    windows: ["PT1M", "PT5M", "PT15M", "PT30M", "PT1H", "PT6H", "PT12H", "P1D", "PT24H"],
  });
  const types = textsAt(inputs, "scopes").map((scope) => typeOfId(scope).toLowerCase());
  for (const criterion of mapsAt(inputs, "criteria.allOf")) {
    const namespace = (textAt(criterion, "metricNamespace") ?? types[0] ?? "").toLowerCase();
    const other = types.find((type) => type !== namespace);
    if (other !== undefined)
      throw badRequest(`The metric namespace '${namespace}' is not one of the target resource's type '${other}'.`);
    refuseCriterion(criterion, namespace);
  }
}

function refuseCriterion(criterion: PropertyMap, namespace: string): void {
  const known = metrics[namespace];
  if (known === undefined) return;
  const name = textAt(criterion, "metricName") ?? "";
  const metric = known[name];
  if (metric === undefined) {
    const message = `Couldn't find a metric named '${name}' in '${namespace}'${didYouMean(name, Object.keys(known))}`;
    throw badRequest(message);
  }
  const aggregation = textAt(criterion, "timeAggregation") ?? "";
  if (!metric.aggregations.includes(aggregation))
    throw badRequest(`The metric '${name}' is not aggregated by '${aggregation}': ${metric.aggregations.join(", ")}.`);
  const dimension = mapsAt(criterion, "dimensions").map((part) => textAt(part, "name") ?? "");
  const stranger = dimension.find((part) => !metric.dimensions.includes(part));
  if (stranger !== undefined)
    throw badRequest(`The dimension '${stranger}' is not one of '${name}': ${metric.dimensions.join(", ") || "none"}.`);
}

/** Source: hashicorp/terraform-provider-azurerm, `monitor_scheduled_query_rules_alert_v2_resource.go`. */
export function refuseLogRule(inputs: PropertyMap): void {
  const hours = ["PT1H", "PT2H", "PT3H", "PT4H", "PT5H", "PT6H", "P1D"];
  const frequencies = ["PT1M", "PT5M", "PT10M", "PT15M", "PT30M", "PT45M", ...hours];
  refuseSchedule(inputs, { frequencies, windows: [...frequencies, "P2D"] });
  const mute = textAt(inputs, "muteActionsDuration");
  const override = textAt(inputs, "overrideQueryTimeRange");
  if (mute !== undefined && inputs.autoMitigate !== false)
    throw badRequest("muteActionsDuration and autoMitigate cannot be set together.");
  for (const duration of [mute, override].flatMap((given) => given ?? [])) {
    if ([...frequencies.slice(1), "PT20M", "P2D"].includes(duration)) continue;
    throw badRequest(`The duration '${duration}' is not supported: it is P2D at most.`);
  }
  if (textsAt(inputs, "scopes").length !== 1) throw badRequest("A scheduled query rule has exactly one scope.");
  for (const criterion of mapsAt(inputs, "criteria.allOf")) {
    const query = textAt(criterion, "query") ?? "";
    const column = textAt(criterion, "metricMeasureColumn");
    if (query.trim() === "") throw badRequest("The query is empty.");
    if (column !== undefined && !new RegExp(`\\b${column}\\b`).test(query))
      throw badRequest(`The query has no column '${column}', which metricMeasureColumn names.`);
  }
}

function refuseSchedule(
  inputs: PropertyMap,
  { frequencies, windows }: { readonly frequencies: readonly string[]; readonly windows: readonly string[] },
): void {
  const frequency = textAt(inputs, "evaluationFrequency") ?? "";
  const window = textAt(inputs, "windowSize") ?? "";
  if (!frequencies.includes(frequency))
    throw badRequest(`evaluationFrequency '${frequency}' is not supported: ${frequencies.join(", ")}.`);
  if (!windows.includes(window)) throw badRequest(`windowSize '${window}' is not supported: ${windows.join(", ")}.`);
  if ((parseIsoDuration(frequency) ?? 0) > (parseIsoDuration(window) ?? 0))
    throw badRequest(`evaluationFrequency '${frequency}' is longer than windowSize '${window}'.`);
}

function badRequest(message: string): ServiceError {
  return new ServiceError("BadRequest", message);
}
