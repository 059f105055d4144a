import { typesWith } from "../../lib/resource-types";
import { allOf, anyOf, compliant, each, notApplicable, type RuleOutcome, violation } from "../outcome";
import type { StackMember } from "../rule";
import { rulesOf } from "../rule";
import type { StackMembers } from "../stack-members";
import { requireCompanion } from "../stack-members";
import type { StackParameters } from "../stack-parameters";
import { checkParameter, requireParameter } from "./shared/postgres-parameter";
import { anyReading, isEmpty, items, type Reading, read, readWithin, textsOf } from "./shared/property-reading";
import {
  requireAzureId,
  requireEmpty,
  requireListed,
  requireNumber,
  requireSet,
  requireSetting,
  requireValue,
} from "./shared/requirements";
import {
  hidesAlerts,
  recurrencesOf,
  requireBreaks,
  requireOneZone,
  requireOpenHours,
  requireShortWindow,
  suppressionType,
} from "./shared/suppressions";

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
    types: [suppressionType],
    evaluate: (rule, stack) => {
      if (!hidesAlerts(rule)) return notApplicable("it hides nothing");
      const recurrences = recurrencesOf(rule);
      if (isEmpty(recurrences)) return requireShortWindow(rule);
      return stack.production
        ? violation(recurrences.path, "comes again in production, where somebody is told at every hour")
        : requireOpenHours([rule]);
    },
  },
  {
    id: "suppressions-together",
    controls: ["Own"],
    description:
      "All of a stack that keeps alerts from telling people is counted together, in one time zone: what comes again leaves at least 48 hours of each week, and what is once does not follow one another for longer than a day.",
    remediation:
      "Let them be at the same times, of the same time zone, or leave one of them out: two that follow one another are one that is longer.",
    types: [suppressionType],
    companions: [],
    evaluate: (subject: StackMember, members: StackMembers) => {
      if (!hidesAlerts(subject)) return notApplicable("it hides nothing");
      const all = members.ofType(suppressionType).filter(hidesAlerts);
      // The first one speaks for all of them.
      if (all[0] !== subject) return notApplicable("another one speaks for all");
      const again = all.filter((rule) => !isEmpty(recurrencesOf(rule)));
      const once = all.filter((rule) => !again.includes(rule));
      const requirements = [
        () => requireOpenHours(again),
        () => requireBreaks(once),
        () => allOf(each([again, once], requireOneZone)),
      ];
      return allOf(each(requirements, (require) => require()));
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
