import type { Input } from "@pulumi/pulumi";
import { longestGapSeconds } from "../../lib/cron";
import { durationSeconds } from "../../lib/duration";
import type { AlertRule } from "./alerts";
import { severities, type WatchLevel, type WatchRule } from "./schema";
import { type Signal, signalOf, type WatchedKind } from "./signals";

/** What an environment has of everything that can be watched. */
export interface WatchTargets {
  readonly app: readonly (MetricTarget & { readonly replicas: { readonly min: number; readonly max: number } })[];
  readonly job: readonly WatchedJob[];
  readonly database: readonly (MetricTarget & { readonly connections: number; readonly standsBy: boolean })[];
  readonly cache: readonly MetricTarget[];
  /** The id is the namespace's. */
  readonly queue: readonly MetricTarget[];
}

/** A job, and when it runs. */
export interface WatchedJob {
  readonly name: string;
  /** What Azure calls it. */
  readonly jobName: string;
  readonly schedule: string | undefined;
  /** The container whose end is the run's, where others end before it. Default: the only one. */
  readonly container?: string;
}

interface MetricTarget {
  readonly name: string;
  /** The Azure id of what is measured. */
  readonly id: Input<string>;
}

type Target = WatchTargets[WatchedKind][number];

/**
 * The alert rules of one environment. What a signal cannot tell of, a rule passes by: an app that may sleep is not down without a replica,
 * one with a fixed number of replicas is always at its maximum, a job without a schedule is never missing, and only a copy is behind.
 *
 * @param runbooks where the pages of docs/runbooks are. @example "https://docs.example.com/runbooks"
 */
export function alertRules(
  rules: readonly WatchRule[],
  environment: string,
  targets: WatchTargets,
  runbooks: string,
): readonly AlertRule[] {
  return rules.flatMap((rule): readonly AlertRule[] => {
    const signal = signalOf(rule.watch, rule.signal);
    if (signal === undefined || rule.environments?.includes(environment) === false) return [];
    const watched: readonly Target[] = targets[rule.watch];
    return watched
      .filter((target) => rule.only?.includes(target.name) !== false && tellsOf(rule.signal, target))
      .flatMap((target) =>
        severities.flatMap((severity): readonly AlertRule[] => {
          const level = rule[severity];
          if (level === undefined) return [];
          return [
            {
              name: `${rule.watch}-${rule.signal}-${target.name}-${severity}`,
              severity,
              says: sentence(rule.watch, target.name, signal, level),
              runbook: `${runbooks}/${rule.runbook ?? `${rule.watch}#${rule.signal}`}`,
              window: level.for ?? signal.window,
              operator: signal.operator,
              threshold: threshold(signal, level, target),
              measure: measureOf(rule, signal, target, level),
            },
          ];
        }),
      );
  });
}

function tellsOf(signal: string, target: Target): boolean {
  if ("replicas" in target) {
    if (signal === "down") return target.replicas.min > 0;
    if (signal === "replicas-at-maximum") return target.replicas.max > target.replicas.min;
  }
  if (signal === "missing" && "jobName" in target) return target.schedule !== undefined;
  return signal !== "lag" || ("standsBy" in target && target.standsBy);
}

/** @example "app api: uses more of its CPU than 80 percent (15m)" */
function sentence(watch: WatchedKind, name: string, { says, unit, window }: Signal, level: WatchLevel): string {
  const threshold = level.above === undefined ? "" : ` ${level.above} ${unit}`;
  return `${watch} ${name}: ${says}${threshold} (${level.for ?? window})`;
}

function threshold({ limit, shareOf }: Signal, { above = 0 }: WatchLevel, target: Target): number {
  if (typeof limit === "number") return limit;
  if (limit === "within") return 1;
  if (limit === "replicas") return "replicas" in target ? target.replicas.max : 0;
  return shareOf !== undefined && shareOf in target ? Math.floor((above * target[shareOf]) / 100) : above;
}

function measureOf(rule: WatchRule, { measure }: Signal, target: Target, level: WatchLevel): AlertRule["measure"] {
  if (measure.kind === "log") return { ...measure, query: logQuery(rule.signal, target, level) };
  const id = "id" in target ? target.id : "";
  const dimension = rule.watch === "queue" ? { name: "EntityName", value: target.name } : measure.dimension;
  return { ...measure, dimension, resourceId: id };
}

/**
 * What the logs say of a job's runs. Container Apps logs how a container ended; a job's clean-up ends containers, too.
 * Source: NHSDigital/dtos-devops-templates, `infrastructure/modules/container-app-job/alerts.tf`.
 */
function logQuery(signal: string, target: Target, level: WatchLevel): string {
  if (!("jobName" in target)) {
    return [
      "AzureDiagnostics",
      '| where Category == "PostgreSQLLogs"',
      '| where Message has "duration:"',
      "| summarize Statements = count()",
    ].join("\n");
  }
  const ended = [
    "ContainerAppSystemLogs",
    `| where JobName == "${target.jobName}"`,
    '| where Log !contains "JobCleanup: Pod"',
  ];
  const exits = [
    ...ended,
    '| where Reason == "ProcessExited"',
    '| extend ExitCode = toint(extract(@"exit code:\\s*(\\d+)", 1, Log))',
  ];
  switch (signal) {
    case "failed":
      return [...exits, "| where ExitCode != 0", "| summarize Failures = count()"].join("\n");
    case "missing":
      return [
        ...exits,
        `| where TimeGenerated > ago(${lookBackMinutes(target.schedule, level)}m)`,
        // Azure logs "Container 'NAME' was terminated …" of each container.
        ...(target.container === undefined ? [] : [`| where Log contains "'${target.container}'"`]),
        "| where ExitCode == 0",
        "| summarize Runs = count()",
      ].join("\n");
    default:
      return [
        ...ended,
        '| summarize Seconds = datetime_diff("second", max(TimeGenerated), min(TimeGenerated)) by ReplicaName',
      ].join("\n");
  }
}

/** From a run's time to the next one's, and how long that one may take. */
function lookBackMinutes(schedule: string | undefined, { within = "1h" }: WatchLevel): number {
  return ((longestGapSeconds(schedule ?? "") ?? 86_400) + durationSeconds(within)) / 60;
}
