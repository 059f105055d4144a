import { typesWith } from "../../lib/resource-types";
import { allOf, anyOf, compliant, each, notApplicable, type RuleOutcome, violation } from "../outcome";
import type { StackMember } from "../rule";
import { rulesOf } from "../rule";
import type { StackMembers } from "../stack-members";
import { requireCompanion } from "../stack-members";
import type { StackParameters } from "../stack-parameters";
import { checkParameter, requireParameter } from "./shared/postgres-parameter";
import {
  anyReading,
  comparable,
  isEmpty,
  items,
  type Reading,
  read,
  readWithin,
  textsOf,
} from "./shared/property-reading";
import {
  requireAzureId,
  requireEmpty,
  requireListed,
  requireNumber,
  requireSet,
  requireSetting,
  requireValue,
} from "./shared/requirements";

/** Where a data collection rule can send what it gets, beside workspaces. Source: azure-rest-api-specs, `DestinationsSpec`. */
const otherDestinations = [
  "azureDataExplorer",
  "azureMonitorMetrics",
  "eventHubs",
  "eventHubsDirect",
  "logAnalytics",
  "microsoftFabric",
  "storageAccounts",
  "storageBlobsDirect",
  "storageTablesDirect",
];

/** What an alert of a group needs so that somebody hears of it; a recording rule tells nobody. */
function requireTold(rule: Reading): RuleOutcome {
  if (isEmpty(readWithin(rule, "alert"))) return notApplicable("it only records");
  const actions = readWithin(rule, "actions");
  const told = each(items(actions), (action) => requireSet(readWithin(action, "actionGroupId")));
  return allOf([
    requireValue(readWithin(rule, "enabled"), { oneOf: [true], absent: "complies" }),
    told.length === 0 ? violation(actions.path, "is empty") : allOf(told),
  ]);
}

const hourMilliseconds = 3_600_000;

/** A suppression begins, and ends within a day of that: one without a beginning may have begun long ago. */
function requireShortWindow(schedule: Reading): RuleOutcome {
  const [from, until] = [readWithin(schedule, "effectiveFrom"), readWithin(schedule, "effectiveUntil")];
  const set = allOf(each([from, until], requireSet));
  if (set.outcome !== "compliant") return set;
  const [begin = Number.NaN, end = Number.NaN] = [from, until].map((time) => momentOf(time));
  return end - begin <= 24 * hourMilliseconds
    ? compliant
    : violation(until.path, "is no moment within 24 hours of effectiveFrom");
}

/** A local time, as Azure takes it: both ends have one zone. NaN for what is none. */
function momentOf(time: Reading): number {
  const [text = ""] = textsOf([time]);
  return /^\d{4}-\d\d-\d\dt\d\d:\d\d(?::\d\d)?$/.test(text) ? Date.parse(`${text.toUpperCase()}Z`) : Number.NaN;
}

const weekDays = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
const [dayMinutes, weekMinutes] = [1440, 10_080];
/** Ours; nights and weekends off leave 72. */
const openHours = 48;

/** Recurrences together leave enough of a week in which people are told. */
function requireOpenHours(recurrences: Reading): RuleOutcome {
  const covered = new Set(items(recurrences).flatMap(coveredMinutes));
  return weekMinutes - covered.size >= openHours * 60
    ? compliant
    : violation(recurrences.path, `leaves less than ${openHours} hours of a week`);
}

/** The minutes of a week that a recurrence covers. One that names no days of the week counts as daily, one without times as all day. */
function coveredMinutes(recurrence: Reading): readonly number[] {
  const [type] = textsOf([readWithin(recurrence, "recurrenceType")]);
  const named = textsOf(items(readWithin(recurrence, "daysOfWeek")));
  const days = type === "weekly" && named.length > 0 ? named.map((day) => weekDays.indexOf(day)) : [...weekDays.keys()];
  const start = minuteOfDay(readWithin(recurrence, "startTime")) ?? 0;
  const end = minuteOfDay(readWithin(recurrence, "endTime")) ?? dayMinutes;
  // One that does not end after it begins ends the next day.
  const length = end > start ? end - start : end + dayMinutes - start;
  return days.flatMap((day) =>
    Array.from({ length }, (_, minute) => (day * dayMinutes + start + minute) % weekMinutes),
  );
}

/** Rounded up, so that 23:59:59 is midnight; undefined for what is no time. */
function minuteOfDay(time: Reading): number | undefined {
  const [, hours, minutes, seconds] = /^(\d\d):(\d\d)(?::(\d\d))?$/.exec(textsOf([time])[0] ?? "") ?? [];
  return hours === undefined ? undefined : Number(hours) * 60 + Number(minutes) + (Number(seconds ?? 0) > 0 ? 1 : 0);
}

const logRule = "azure-native:monitor:ScheduledQueryRule";

/** A log rule counts the runs of a job, and tells somebody. */
function requireToldOfSilence(rule: StackMember, jobName: string): RuleOutcome {
  const queries = items(read(rule, "criteria.allOf")).map((criterion) => readWithin(criterion, "query"));
  const counts = anyReading(
    queries,
    (query) => typeof query === "string" && query.includes(`"${jobName}"`) && query.includes("summarize Runs ="),
  );
  return allOf([
    counts ? compliant : violation("criteria.allOf", "does not count its runs"),
    requireValue(read(rule, "enabled"), { oneOf: [true], absent: "complies" }),
    requireSet(read(rule, "actions.actionGroups")),
  ]);
}

export const loggingRules = rulesOf("logging", [
  {
    id: "apps-environment-logs",
    benchmarkRow: 56,
    controls: ["AVM"],
    description: "Container Apps environments send their logs somewhere.",
    remediation: "Set appLogsConfiguration.destination to azure-monitor or log-analytics.",
    types: ["azure-native:app:ManagedEnvironment"],
    evaluate: requireSetting("appLogsConfiguration.destination", {
      oneOf: ["azure-monitor", "log-analytics"],
      absent: "violates",
    }),
  },
  {
    id: "diagnostic-setting-audit",
    benchmarkRow: 72,
    controls: ["CIS Azure 6.0 6.1.4", "MCSB v1 LT-3"],
    description: "Diagnostic settings send at least the audit logs to a workspace.",
    remediation: "Enable a log with categoryGroup audit or allLogs, and give workspaceId.",
    types: ["azure-native:monitor:DiagnosticSetting"],
    evaluate: (setting) => {
      const logs = read(setting, "logs");
      const sent = items(logs).map((log) =>
        allOf([
          requireValue(readWithin(log, "categoryGroup"), { oneOf: ["audit", "allLogs"], absent: "violates" }),
          requireValue(readWithin(log, "enabled"), { oneOf: [true], absent: "violates" }),
        ]),
      );
      const audited = sent.length === 0 ? violation(logs.path, "is empty") : anyOf(sent);
      return allOf([audited, requireSet(read(setting, "workspaceId"))]);
    },
  },
  {
    id: "diagnostics-exist",
    benchmarkRow: 72,
    controls: ["CIS Azure 6.0 6.1.4", "MCSB v1 LT-3"],
    description:
      "Storage accounts, vaults, servers, registries, environments and caches send their logs to a workspace.",
    remediation: "Make a DiagnosticSetting with the resource's id as its resourceUri.",
    types: typesWith("sendsLogs"),
    companions: ["azure-native:monitor:DiagnosticSetting"],
    evaluate: (subject: StackMember, members: StackMembers) =>
      requireCompanion(subject, members, {
        type: "azure-native:monitor:DiagnosticSetting",
        property: "resourceUri",
        missing: "has no diagnostic setting",
      }),
  },
  {
    id: "job-silence-noticed",
    controls: ["Own"],
    description: "Of a job that runs by the clock a log rule tells somebody when it did not run.",
    remediation:
      "Name it in monitoring.yaml, { watch: job, signal: missing, only: [NAME], … }, or declare it in the stack's silenceNoticedElsewhere.",
    types: ["azure-native:app:Job"],
    companions: [logRule],
    evaluate: (job: StackMember, members: StackMembers, stack: StackParameters) => {
      if (!stack.lasting) return notApplicable("nothing there lasts");
      if (stack.silenceNoticedElsewhere.includes(job.name)) return notApplicable("the stack says who else notices");
      if (read(job, "configuration.scheduleTriggerConfig").state === "absent")
        return notApplicable("it has no schedule");
      const [name = ""] = textsOf([read(job, "name")]);
      const rules = members.ofType(logRule);
      const silent = violation(job.name, "has no rule that tells when it did not run");
      const told = anyOf(each(rules, (rule) => requireToldOfSilence(rule, name)));
      return rules.length === 0 || told.outcome === "violation" ? silent : told;
    },
  },
  {
    id: "metrics-destination",
    controls: ["Own"],
    description:
      "What is collected of apps goes to workspaces of the tenant, which are named by their ids, and nowhere else.",
    remediation: "Set accountResourceId of each of destinations.monitoringAccounts, and remove other destinations.",
    types: ["azure-native:monitor:DataCollectionRule"],
    evaluate: (rule) => {
      const accounts = items(read(rule, "destinations.monitoringAccounts"));
      const others = otherDestinations.map((kind) => read(rule, `destinations.${kind}`));
      return allOf([
        ...each(accounts, (account) => requireAzureId(readWithin(account, "accountResourceId"))),
        ...each(others, (other) => requireEmpty(other, "is another destination")),
      ]);
    },
  },
  {
    id: "metric-alerts-tell",
    controls: ["Own"],
    description: "Rules over metrics are evaluated, and each alert tells an action group.",
    remediation: "Set enabled, and give the alert an action with an actionGroupId.",
    types: ["azure-native:alertsmanagement:PrometheusRuleGroup"],
    evaluate: (group) =>
      allOf([
        requireValue(read(group, "enabled"), { oneOf: [true], absent: "complies" }),
        ...each(items(read(group, "rules")), requireTold),
      ]),
  },
  {
    id: "suppressions-end",
    controls: ["Own"],
    description:
      "What keeps alerts from telling people ends a day after it begins, or outside production leaves people at least 48 hours of each week.",
    remediation:
      "Set effectiveFrom and effectiveUntil of properties.schedule, at most 24 hours apart; or outside production recurrences with a startTime and an endTime. Take out a rule that should never tell anybody.",
    types: ["azure-native:alertsmanagement:AlertProcessingRuleByName"],
    evaluate: (rule, stack) => {
      const actions = items(read(rule, "properties.actions")).map((action) => readWithin(action, "actionType"));
      if (!anyReading(actions, (action) => comparable(action) === "removeallactiongroups"))
        return notApplicable("it hides nothing");
      const recurrences = read(rule, "properties.schedule.recurrences");
      if (isEmpty(recurrences)) return requireShortWindow(read(rule, "properties.schedule"));
      return stack.production
        ? violation(recurrences.path, "comes again in production, where somebody is told at every hour")
        : requireOpenHours(recurrences);
    },
  },
  {
    id: "events-told",
    controls: ["Own"],
    description: "What resources tell by events becomes alerts that tell an action group, and goes nowhere else.",
    remediation:
      "Set destination to one with endpointType MonitorAlert and actionGroups, and remove what says another.",
    types: ["azure-native:eventgrid:EventSubscription", "azure-native:eventgrid:SystemTopicEventSubscription"],
    evaluate: (subscription) =>
      allOf([
        requireValue(read(subscription, "destination.endpointType"), { oneOf: ["MonitorAlert"], absent: "violates" }),
        requireSet(read(subscription, "destination.actionGroups")),
        requireEmpty(read(subscription, "deliveryWithResourceIdentity"), "is another destination"),
        requireEmpty(read(subscription, "deadLetterDestination"), "is another destination"),
        requireEmpty(read(subscription, "deadLetterWithResourceIdentity"), "is another destination"),
      ]),
  },
  {
    id: "postgres-audit",
    benchmarkRow: 41,
    controls: ["Azure Policy dd626066", "Azure Policy eadbb524"],
    description: "PostgreSQL servers audit changes of roles, schemas and settings.",
    remediation: "Name pgaudit in shared_preload_libraries, and role,ddl,misc in pgaudit.log.",
    types: ["azure-native:dbforpostgresql:Configuration"],
    evaluate: (parameter) =>
      checkParameter(parameter, {
        shared_preload_libraries: (value) => requireListed(value, ["pgaudit"]),
        "pgaudit.log": (value) => requireListed(value, ["role", "ddl", "misc"]),
      }),
  },
  {
    id: "postgres-log-checkpoints",
    benchmarkRow: 37,
    controls: ["CIS Azure 3.0 5.2.2", "Azure Policy 70be9e12"],
    description: "PostgreSQL servers log checkpoints.",
    remediation: "Set the server parameter log_checkpoints to on.",
    types: ["azure-native:dbforpostgresql:Configuration"],
    evaluate: requireParameter("log_checkpoints", { oneOf: ["on"], absent: "violates" }),
  },
  {
    id: "postgres-log-connections",
    benchmarkRow: 40,
    controls: ["CIS Azure 3.0 5.2.6", "CIS Azure 3.0 5.2.7"],
    description: "PostgreSQL servers log who connects and disconnects.",
    remediation: "Set the server parameters log_connections and log_disconnections to on.",
    types: ["azure-native:dbforpostgresql:Configuration"],
    evaluate: (parameter) => {
      const isOn = (value: Reading) => requireValue(value, { oneOf: ["on"], absent: "violates" });
      return checkParameter(parameter, { log_connections: isOn, log_disconnections: isOn });
    },
  },
  {
    id: "postgres-log-days",
    benchmarkRow: 38,
    controls: ["CIS Azure 3.0 5.2.4", "Azure Policy f5ed3f7a"],
    description: "PostgreSQL servers keep their log files for at least 7 days.",
    remediation: "Set the server parameter logfiles.retention_days to 7.",
    types: ["azure-native:dbforpostgresql:Configuration"],
    evaluate: (parameter) =>
      checkParameter(parameter, {
        "logfiles.retention_days": (value) => requireNumber(value, { atLeast: 7, absent: "violates" }),
      }),
  },
]);
