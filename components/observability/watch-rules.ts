import type { Input } from "@pulumi/pulumi";
import { longestGapSeconds, weeklyRuns } from "../../lib/cron";
import { durationSeconds } from "../../lib/duration";
import type { AlertRule } from "./alerts";
import { type AlertSeverity, severities, type WatchLevel, type WatchRule } from "./schema";
import { type Signal, signalOf, type WatchedKind } from "./signals";

/** What an environment has of everything that can be watched. */
export interface WatchTargets {
  readonly app: readonly WatchedApp[];
  readonly job: readonly WatchedJob[];
  readonly database: readonly (MetricTarget & { readonly connections: number; readonly standsBy: boolean })[];
  readonly cache: readonly MetricTarget[];
  /** The id is the namespace's. */
  readonly queue: readonly MetricTarget[];
  readonly vault: readonly MetricTarget[];
}

export type WatchedApp = MetricTarget & { readonly replicas: { readonly min: number; readonly max: number } };

/** A job, or several that are alike, and when they run. */
export interface WatchedJob {
  readonly name: string;
  /** What Azure calls them. */
  readonly jobNames: readonly string[];
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
  const here = rules.filter((rule) => rule.environments?.includes(environment) !== false);
  const isAbout = ({ only }: WatchRule, { name }: Target) => only?.includes(name) !== false;
  return here.flatMap((rule): readonly AlertRule[] => {
    const signal = signalOf(rule.watch, rule.signal);
    if (signal === undefined) return [];
    const alike = here.filter(({ watch, signal: other }) => watch === rule.watch && other === rule.signal);
    const watched: readonly Target[] = targets[rule.watch];
    return watched
      .filter((target) => isAbout(rule, target) && tellsOf(rule.signal, target))
      .flatMap((target) =>
        severities.flatMap((severity): readonly AlertRule[] => {
          const level = rule[severity];
          if (level === undefined) return [];
          const limit = threshold(signal, level, target);
          const others = [rule, ...alike.filter((other) => isAbout(other, target))];
          const beyond = hiddenBeyond(others, severity, level, signal, target);
          // The more severe one tells of all that this one would.
          if (beyond !== undefined && beyond <= limit) return [];
          return [
            {
              name: `${rule.watch}-${rule.signal}-${target.name}-${severity}`,
              severity,
              says: sentence(rule.watch, target.name, signal, level),
              runbook: `${runbooks}/${rule.runbook ?? `${rule.watch}#${rule.signal}`}`,
              window: level.for ?? signal.window,
              operator: signal.operator,
              threshold: limit,
              hiddenBeyond: beyond,
              measure: measureOf(rule, signal, target, level),
              mutedFor: isRare(rule.signal, target, level) ? "2d" : undefined,
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
  if (signal === "missing" && "jobNames" in target) return target.schedule !== undefined;
  return signal !== "lag" || ("standsBy" in target && target.standsBy);
}

/** @example "app api: uses more of its CPU than 80 percent (15m)" */
function sentence(watch: WatchedKind, name: string, signal: Signal, level: WatchLevel): string {
  const { says, unit, window, measure } = signal;
  if (measure.kind === "event") return `${watch} ${name}: ${says}`;
  const threshold = level.above === undefined ? "" : ` ${level.above} ${unit}`;
  return `${watch} ${name}: ${says}${threshold} (${level.for ?? window})`;
}

function threshold({ limit, shareOf }: Signal, { above = 0 }: WatchLevel, target: Target): number {
  if (typeof limit === "number") return limit;
  if (limit === "within") return "jobNames" in target ? target.jobNames.length : 1;
  if (limit === "replicas") return "replicas" in target ? target.replicas.max : 0;
  return shareOf !== undefined && shareOf in target ? Math.floor((above * target[shareOf]) / 100) : above;
}

/**
 * The threshold of the next more severe level, of a rule about the same that has one of its own. A rule compares with it over its own
 * time, so there is none where the other has not told of all that is beyond it then: a sum over a longer time, and anything over a
 * shorter one.
 */
function hiddenBeyond(
  rules: readonly WatchRule[],
  severity: AlertSeverity,
  own: WatchLevel,
  signal: Signal,
  target: Target,
): number | undefined {
  if (signal.limit !== "above") return undefined;
  const more = severities.slice(0, severities.indexOf(severity)).reverse();
  const [level] = more.flatMap((other) => rules.flatMap((rule) => rule[other] ?? []));
  if (level === undefined) return undefined;
  const [ownTime, itsTime] = [own, level].map((one) => durationSeconds(one.for ?? signal.window));
  if (ownTime === undefined || itsTime === undefined || ownTime < itsTime) return undefined;
  if (ownTime > itsTime && signal.measure.kind !== "event" && signal.measure.aggregation === "Total") return undefined;
  return threshold(signal, level, target);
}

function measureOf(rule: WatchRule, { measure }: Signal, target: Target, level: WatchLevel): AlertRule["measure"] {
  if (measure.kind === "log") return { ...measure, query: logQuery(rule.signal, target, level) };
  const id = "id" in target ? target.id : "";
  if (measure.kind === "event") return { ...measure, source: target.name, resourceId: id };
  const dimension = rule.watch === "queue" ? { name: "EntityName", value: target.name } : measure.dimension;
  return { ...measure, dimension, resourceId: id };
}

/**
 * What the logs say of a job's runs. Container Apps logs how a container ended; a job's clean-up ends containers, too.
 * Source: NHSDigital/dtos-devops-templates, `infrastructure/modules/container-app-job/alerts.tf`.
 */
function logQuery(signal: string, target: Target, level: WatchLevel): string {
  if (!("jobNames" in target)) {
    return [
      "AzureDiagnostics",
      '| where Category == "PostgreSQLLogs"',
      '| where Message has "duration:"',
      "| summarize Statements = count()",
    ].join("\n");
  }
  const ended = [
    "ContainerAppSystemLogs",
    `| where JobName in (${target.jobNames.map((name) => `"${name}"`).join(", ")})`,
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
    case "missing": {
      const { before, since, after } = missedRun(target, level);
      return [
        ...before,
        ...exits,
        `| where TimeGenerated > ${since}`,
        // Azure logs "Container 'NAME' was terminated …" of each container.
        ...(target.container === undefined ? [] : [`| where Log contains "'${target.container}'"`]),
        "| where ExitCode == 0",
        "| distinct JobName",
        "| summarize Runs = count()",
        ...after,
      ].join("\n");
    }
    default:
      return [
        ...ended,
        '| summarize Seconds = datetime_diff("second", max(TimeGenerated), min(TimeGenerated)) by ReplicaName',
      ].join("\n");
  }
}

/**
 * From when on a run is looked for. Azure's log rules look back two days at most: for a job with longer times between its runs a rule
 * looks only in the two days after one was due, from when on it has to be over; it cannot see the end of what it tells of.
 */
function missedRun(job: WatchedJob, level: WatchLevel) {
  const { schedule = "" } = job;
  const within = minutesWithin(level);
  if (!isRare("missing", job, level)) {
    // From a run's time to the next one's, and how long that one may take.
    const gap = (longestGapSeconds(schedule) ?? 86_400) / 60;
    return { before: [], since: `ago(${gap + within}m)`, after: [] };
  }
  const dues = (weeklyRuns(schedule) ?? []).map((minute) => `startofweek(now() - ${minute}m) + ${minute}m`);
  return {
    before: [`let due = ${dues.length === 1 ? dues[0] : `max_of(${dues.join(", ")})`};`],
    since: "due",
    after: [`| where now() between ((due + ${within}m) .. (due + 47h))`],
  };
}

function minutesWithin({ within = "1h" }: WatchLevel): number {
  return durationSeconds(within) / 60;
}

/** Source: hashicorp/terraform-provider-azurerm, `query_time_range_override`. */
const longestLookBackMinutes = 2 * 1440;

/** Whether more time may pass between two runs than Azure looks back. */
function isRare(signal: string, target: Target, level: WatchLevel): boolean {
  if (signal !== "missing" || !("jobNames" in target)) return false;
  const gap = longestGapSeconds(target.schedule ?? "");
  return gap !== undefined && gap / 60 + minutesWithin(level) > longestLookBackMinutes;
}

/**
 * Why a rule could not tell that a job did not run; undefined when it can. Of a job that runs each day or more often it looks back
 * from one run to the next, of others from when they were due.
 *
 * @param within how long after its time a run has to be over
 */
export function unseenSilence(schedule: string, within: string): string | undefined {
  const gap = longestGapSeconds(schedule);
  const runs = weeklyRuns(schedule);
  if (gap === undefined || runs === undefined)
    return "which days of the month that is takes a calendar: give days of the week";
  if ((gap + durationSeconds(within)) / 60 <= longestLookBackMinutes) return undefined;
  if (runs.length > 7)
    return "Azure looks back two days at most, and of a job with longer pauses a rule knows seven times a week";
  return durationSeconds(within) <= 86_400 ? undefined : "Azure looks back two days at most: say 1d or less";
}
