import { describe, expect, it } from "vitest";
import { Budget } from "../../components/budget/budget";
import { Cache } from "../../components/cache/cache";
import { ContainerApp } from "../../components/container-apps/container-app";
import { ContainerAppsEnvironment } from "../../components/container-apps/container-apps-environment";
import { KeyVault } from "../../components/key-vault/key-vault";
import { type AlertRule, Alerts } from "../../components/observability/alerts";
import { LogAnalytics } from "../../components/observability/log-analytics";
import { type WatchLevel, type WatchRule, watchRuleSchema } from "../../components/observability/schema";
import { signals, type WatchedKind, watchedKinds } from "../../components/observability/signals";
import { alertRules } from "../../components/observability/watch-rules";
import { PostgresServer } from "../../components/postgres-server/postgres-server";
import { Queues } from "../../components/queues/queues";
import type { PropertyMap } from "../../deployment/values/property-value";
import { checkAgainst } from "../../lib/located-yaml/schema-problems";
import { evaluateAlerts, type Signals } from "../../sandbox/clouds/azure-native/monitor/alert-evaluation";
import type { LogRow } from "../../sandbox/clouds/azure-native/monitor/log-query";
import { mapsAt, textAt, textsAt } from "../../sandbox/clouds/read-property";
import { AzureStack, context, deployer, type Surroundings, subscriptionId, tenantId } from "./azure-stack";

const emails = { ops: "ops@example.com" };
const thisMonth = new Date().toISOString().slice(0, 7);

describe("LogAnalytics", () => {
  it("deploys with defaults and with everything set, twice", async () => {
    const stack = new AzureStack();
    await stack.upTwice(({ context, resourceGroupName }) => {
      const common = { resourceGroupName, context: { ...context, lasting: true } };
      new LogAnalytics("short", { resourceGroupName, context });
      new LogAnalytics("long", common);
      new LogAnalytics("all", {
        ...common,
        retentionInDays: 90,
        dailyQuotaGb: 1,
        transform: { workspace: { forceCmkForQuery: false } },
      });
    });
    const workspaces = await stack.inputs("azure-native:operationalinsights:Workspace");
    expect(["short", "long", "all"].map((name) => workspaces.get(name)?.retentionInDays)).toEqual([30, 365, 90]);
    expect(workspaces.get("all")).toMatchObject({ workspaceCapping: { dailyQuotaGb: 1 }, forceCmkForQuery: false });
  });

  it.each([
    [29, "at least 30"],
    [731, "at most 730"],
    [30.5, "a whole number"],
  ])("refuses to keep logs for %d days", async (retentionInDays, expected) => {
    const refusal = await new AzureStack().refusal((around) => new LogAnalytics("bad", { ...around, retentionInDays }));
    expect(refusal).toContain(`LogAnalytics "bad": retentionInDays: expected ${expected}, got ${retentionInDays}`);
  });
});

const routes = { critical: ["pagerduty", "ops"], warning: ["ops"], info: ["ops"] };
const receivers = { ...emails, pagerduty: "pagerduty@example.com" };

const measured: Extract<AlertRule["measure"], { kind: "metric" }> = {
  kind: "metric",
  namespace: "Microsoft.OperationalInsights/workspaces",
  metric: "Heartbeat",
  aggregation: "Total",
  resourceId: "",
};

function aRule(more: Partial<AlertRule>): AlertRule {
  return {
    ...{ name: "logs-quiet", severity: "critical", says: "logs: quiet", runbook: "https://docs.example/app#down" },
    ...{ window: "1h", operator: "LessThan", threshold: 1, measure: measured, ...more },
  };
}

describe("Alerts", () => {
  it("deploys with defaults and with everything set, twice", async () => {
    const stack = new AzureStack();
    await stack.upTwice((around) => {
      const { workspaceId } = around;
      new Alerts("quiet", { ...around, receivers, routes });
      const query = "Heartbeat\n| summarize Beats = count()";
      new Alerts("ops", {
        ...{ ...around, receivers, routes },
        rules: [
          aRule({ measure: { ...measured, resourceId: workspaceId } }),
          aRule({ name: "logs", window: "1d", measure: { kind: "log", query, column: "Beats", aggregation: "Total" } }),
        ],
        transform: { group: { enabled: false }, metric: { autoMitigate: false }, log: { displayName: "Logs" } },
      });
    });
    const groups = await stack.inputs("azure-native:monitor:ActionGroup");
    expect(groups.get("ops-critical")).toMatchObject({ enabled: false, groupShortName: "alai-crit" });
    expect((await stack.inputs("azure-native:monitor:MetricAlert")).get("ops-logs-quiet")).toMatchObject({
      description: "logs: quiet. Runbook: https://docs.example/app#down",
      ...{ severity: 0, windowSize: "PT1H", evaluationFrequency: "PT5M", autoMitigate: false },
    });
    expect((await stack.inputs("azure-native:monitor:ScheduledQueryRule")).get("ops-logs")).toMatchObject({
      ...{ displayName: "Logs", windowSize: "P1D", evaluationFrequency: "PT15M", overrideQueryTimeRange: "P2D" },
    });
  });

  it("refuses a receiver without an address and rules given twice", async () => {
    const refusal = await new AzureStack().refusal((around) => {
      const rules = [aRule({}), aRule({})];
      new Alerts("bad", { ...around, receivers, routes: { ...routes, info: ["opps"] }, rules });
    });
    expect(refusal).toContain(
      'Alerts "bad": info goes to "opps", who has no address; there are ops and pagerduty; did you mean "ops"?',
    );
    expect(refusal).toContain('Alerts "bad": the rule "logs-quiet" is given twice; keep one of them');
  });
});

/** A thing of each kind, as an environment has it. */
function deployWatched(around: Surroundings, rules: readonly WatchRule[]): void {
  const environment = new ContainerAppsEnvironment("apps", around);
  const image = { ownedBy: "program", repository: "ghcr.io/example/api", digest: `sha256:${"a".repeat(64)}` } as const;
  const app = new ContainerApp("api", {
    ...around,
    environment,
    image,
    ingress: { exposure: "environment", port: 8080 },
  });
  const queues = new Queues("queues", { ...around, tier: "Basic", queues: [{ name: "jobs" }] });
  const cache = new Cache("sessions", { ...around, size: "b0", eviction: "allkeys-lru" });
  const { postgres: network } = around.network;
  if (network === undefined) throw new Error("the network has no subnet for databases");
  const postgres = new PostgresServer("postgres", {
    ...{ ...around, tenantId, version: "16", size: "b1ms", databases: ["main"] },
    access: { kind: "network", network },
    administrators: [deployer],
  });
  const vault = new KeyVault("vault", { ...around, tenantId, reachedBy: [{ who: "apps", via: "private-endpoint" }] });
  const targets = {
    app: [{ name: "api", id: app.id, replicas: { min: 1, max: 3 } }],
    job: [{ name: "meditation", jobNames: ["meditation"], schedule: "0 2 * * *" }],
    database: [{ name: "postgres", id: postgres.id, connections: 50, standsBy: true }],
    cache: [{ name: "sessions", id: cache.id }],
    queue: [{ name: "jobs", id: queues.id }],
    vault: [{ name: "vault", id: vault.id }],
  };
  new Alerts("alerts", {
    ...around,
    receivers,
    routes,
    rules: alertRules(rules, "dev", targets, "https://docs.example"),
  });
}

const minute = (at: number, Log: string, ReplicaName = "a"): LogRow => {
  return { TimeGenerated: at, JobName: "meditation", Reason: "ProcessExited", Log, ReplicaName };
};

type Signalled = number | LogRow[] | string;

/** Of each signal a rule, what does not set it off, and what does. Of metrics the value; of logs the rows; of vaults the event. */
const cases: readonly (readonly [
  watch: WatchedKind,
  signal: string,
  level: WatchLevel,
  under: Signalled,
  over: Signalled,
])[] = [
  ["app", "down", {}, 1, 0],
  ["app", "restarts", { above: 3 }, 3, 4],
  ["app", "replicas-at-maximum", {}, 2, 3],
  ["app", "cpu", { above: 80 }, 80, 81],
  ["app", "memory", { above: 85 }, 85, 86],
  ["app", "server-errors", { above: 50 }, 10, 11],
  ["app", "latency", { above: 500 }, 500, 501],
  [
    "job",
    "failed",
    {},
    [minute(5, "exit code: 0"), minute(6, "JobCleanup: Pod, exit code: 137")],
    [minute(5, "exit code: 1")],
  ],
  ["job", "missing", { within: "1h" }, [minute(1, "exit code: 0")], [minute(1, "exit code: 1")]],
  ["job", "slow", { above: 60 }, [minute(1, ""), minute(2, ""), minute(9, "", "b")], [minute(1, ""), minute(3, "")]],
  ["database", "down", {}, 1, 0],
  ["database", "storage", { above: 85 }, 85, 86],
  ["database", "cpu", { above: 90 }, 90, 91],
  ["database", "memory", { above: 90 }, 90, 91],
  // Eighty percent of the fifty connections of a b1ms.
  ["database", "connections", { above: 80 }, 40, 41],
  ["database", "lag", { above: 150 }, 150, 151],
  [
    "database",
    "slow-queries",
    { above: 0 },
    [],
    [{ TimeGenerated: 5, Category: "PostgreSQLLogs", Message: "LOG: duration: 1200 ms" }],
  ],
  ["cache", "memory", { above: 90 }, 90, 91],
  ["cache", "evictions", { above: 150 }, 10, 11],
  ["cache", "connections", { above: 1000 }, 1000, 1001],
  ["queue", "dead-letters", { above: 0 }, 0, 1],
  ["queue", "backlog", { above: 1000 }, 1000, 1001],
  ["vault", "expiring", {}, "SecretNewVersionCreated", "SecretNearExpiry"],
  ["vault", "expired", {}, "SecretNearExpiry", "CertificateExpired"],
];

describe("a watch rule", () => {
  const rules = cases.map(([watch, signal, critical]): WatchRule => watchRuleSchema.parse({ watch, signal, critical }));

  it("covers every signal that there is", () => {
    const known = watchedKinds.flatMap((kind) => Object.keys(signals[kind]).map((signal) => `${kind} ${signal}`));
    expect(cases.map(([watch, signal]) => `${watch} ${signal}`)).toEqual(known);
  });

  it("tells the receivers of its severity once when its signal passes the threshold, and once when that ends", async () => {
    const stack = new AzureStack();
    await stack.up((around) => deployWatched(around, rules));
    const alerts = await stack.inputs("azure-native:monitor:MetricAlert");
    const topic = (await stack.inputs("azure-native:eventgrid:SystemTopic")).get("alerts-vault") ?? {};
    const source = textAt(topic, "source") ?? "";
    const told = (name: string, signal: (typeof cases)[number], value: Signalled, minutes: number) =>
      stack.world.read((world) => {
        const signals =
          typeof value === "string"
            ? { events: [{ source, type: `Microsoft.KeyVault.${value}`, minute: minutes }] }
            : emulated(alerts.get(`alerts-${name}`), signal, value, minutes);
        return evaluateAlerts(world, signals, 90).filter(({ rule }) => rule.endsWith(name));
      });
    for (const entry of cases) {
      const [watch, signal, , under, over] = entry;
      const target = {
        app: "api",
        job: "meditation",
        database: "postgres",
        cache: "sessions",
        queue: "jobs",
        vault: "vault",
      }[watch];
      const name = `${watch}-${signal}-${target}-critical`;
      expect([name, await told(name, entry, under, 90)]).toEqual([name, []]);
      const messages = (await told(name, entry, over, 45)).map(({ state, receiver, severity }) => [
        state,
        receiver,
        severity,
      ]);
      const fired = [
        ["fired", "pagerduty", 0],
        ["fired", "ops", 0],
      ];
      // What a job did not do stays undone for a day, and an event has no end.
      const resolved = [
        ["resolved", "pagerduty", 0],
        ["resolved", "ops", 0],
      ];
      expect([name, messages]).toEqual([
        name,
        signal === "missing" || watch === "vault" ? fired : [...fired, ...resolved],
      ]);
    }
  });

  it("tells once in a week that a weekly job did not run, and nothing when all of them did", async () => {
    const stack = new AzureStack();
    const watch = watchRuleSchema.parse({ watch: "job", signal: "missing", critical: { within: "3h" } });
    // Sundays at 02:00, and two that are alike.
    const job = [{ name: "exports", jobNames: ["zones", "mirrors"], schedule: "0 2 * * 0" }];
    const none = { app: [], database: [], cache: [], queue: [], vault: [] };
    await stack.upTwice(
      (around) =>
        new Alerts("alerts", {
          ...{ ...around, receivers, routes },
          rules: alertRules([watch], "dev", { ...none, job }, "https://docs.example"),
        }),
    );
    const ended = (JobName: string, at: number, exit = 0): LogRow => {
      return { TimeGenerated: at, JobName, Reason: "ProcessExited", Log: `exit code: ${exit}` };
    };
    const week = 7 * 1440;
    const told = async (rows: readonly LogRow[], minutes = 2 * week) => {
      const logs = { ContainerAppSystemLogs: [...rows] };
      const messages = await stack.world.read((world) => evaluateAlerts(world, { logs }, minutes));
      return messages.map(({ minute, state, receiver }) => `${minute} ${state} ${receiver}`);
    };
    const both = [125, week + 130].flatMap((at) => [ended("zones", at), ended("mirrors", at)]);
    expect(await told(both)).toEqual([]);
    // From five o'clock on it is too late, each week anew.
    const firstWeek = ["300 fired pagerduty", "300 fired ops"];
    expect(await told([])).toEqual([...firstWeek, `${week + 300} fired pagerduty`, `${week + 300} fired ops`]);
    expect(await told(both.slice(1))).toEqual(firstWeek);
    expect(await told([ended("zones", 125, 1), ...both.slice(1)])).toEqual(firstWeek);
    // One that ran twice does not stand for the other.
    expect(await told([ended("zones", 125), ended("zones", 126), ...both.slice(2)])).toEqual(firstWeek);
    // The run of a week ago is none of this week's.
    expect(await told(both.slice(0, 2))).toEqual([`${week + 300} fired pagerduty`, `${week + 300} fired ops`]);
  });

  it("passes by what its signal cannot tell of", () => {
    const asleep = {
      app: [{ name: "api", id: "a", replicas: { min: 0, max: 0 } }],
      job: [{ name: "migrations", jobNames: ["migrations"], schedule: undefined }],
      database: [{ name: "postgres", id: "p", connections: 50, standsBy: false }],
      ...{ cache: [], queue: [], vault: [] },
    };
    const names = alertRules(rules, "dev", asleep, "https://docs.example").map(({ name }) => name);
    for (const signal of ["app-down", "app-replicas", "job-missing", "database-lag"]) {
      expect(names.filter((name) => name.startsWith(signal))).toEqual([]);
    }
    expect(names.length).toBe(cases.length - 4 - 3 - 2 - 2);
  });

  it.each([
    [{ watch: "app", signal: "cpuu", warning: { above: 1 } }, 'no signal "cpuu" of app'],
    [{ watch: "app", signal: "cpu", warning: {} }, "above is missing: the threshold, in percent"],
    [{ watch: "app", signal: "down", warning: { above: 1 } }, "is not said of this signal; leave it out"],
    [
      { watch: "app", signal: "cpu", warning: { above: 1, for: "10m" } },
      "expected 1m, 5m, 15m, 30m, 1h, 6h, 12h, 1d, which Azure looks back; got 10m",
    ],
    [
      { watch: "job", signal: "failed", warning: { for: "1m" } },
      "expected 5m, 10m, 15m, 30m, 45m, 1h, 2h, 3h, 4h, 5h, 6h, 1d, which Azure looks back; got 1m",
    ],
    [{ watch: "vault", signal: "expired", critical: { for: "1m" } }, "is not said of this signal; leave it out"],
    [{ watch: "app", signal: "cpu" }, "says no severity; give critical, warning, info"],
    [
      { watch: "job", signal: "slow", warning: { above: 1200 } },
      "no check would see what takes 1200 seconds from its beginning to its end: expected for, 2100 seconds or longer",
    ],
  ])("is refused where Azure has no such rule: %j", (rule, message) => {
    const checked = checkAgainst(watchRuleSchema, rule);
    expect(checked.kind === "invalid" ? checked.problems.map((problem) => problem.message).join() : "").toContain(
      message,
    );
  });
});

/**
 * What Azure would have measured for a rule: a value in each of the first minutes and nothing wrong after, or lines of a log. What is
 * of another queue, and answers that are no errors, go on as they like.
 */
function emulated(
  alert: PropertyMap | undefined,
  [watch, , , under]: (typeof cases)[number],
  value: number | LogRow[],
  minutes: number,
): Signals {
  if (typeof value !== "number") return { logs: { ContainerAppSystemLogs: value, AzureDiagnostics: value } };
  const [criterion = {}] = mapsAt(alert ?? {}, "criteria.allOf");
  const metric = textAt(criterion, "metricName") ?? "";
  const resourceId = textsAt(alert ?? {}, "scopes")[0] ?? "";
  const other = { resourceId, metric, minutes: Array.from({ length: 90 }, () => 1_000_000) };
  const [own, others] =
    watch === "queue"
      ? [{ EntityName: "jobs" }, [{ ...other, dimensions: { EntityName: "other" } }]]
      : metric === "Requests"
        ? [{ statusCodeCategory: "5xx" }, [{ ...other, dimensions: { statusCodeCategory: "2xx" } }]]
        : [{}, []];
  const quiet = Array.from({ length: 90 - minutes }, () => Number(under));
  return {
    metrics: [
      { resourceId, metric, dimensions: own, minutes: [...Array.from({ length: minutes }, () => value), ...quiet] },
      ...others,
    ],
  };
}

describe("Budget", () => {
  it("deploys with defaults and with everything set, twice", async () => {
    const stack = new AzureStack();
    await stack.upTwice((around) => {
      const scope = around.resourceGroupName.apply((name) => `${subscriptionId}/resourceGroups/${name}`);
      const { groupIds } = new Alerts("ops", { ...around, receivers, routes });
      new Budget("month", { ...around, scope, monthlyAmount: 32, contactEmails: ["ops@example.com"] });
      new Budget("all", {
        ...around,
        scope,
        monthlyAmount: 165,
        contactGroups: [groupIds.warning],
        startMonth: thisMonth,
        transform: { budget: { category: "Cost" } },
      });
    });
    const budgets = await stack.inputs("azure-native:consumption:Budget");
    expect(budgets.get("month")).toMatchObject({
      amount: 32,
      timePeriod: { startDate: `${thisMonth}-01T00:00:00Z` },
      notifications: {
        "actual-80": { threshold: 80, thresholdType: "Actual", contactEmails: ["ops@example.com"] },
        "forecast-100": { threshold: 100, thresholdType: "Forecasted" },
      },
    });
  });

  it("stays as it is when the month changes", async () => {
    const stack = new AzureStack();
    const budget = (startMonth: string) => () =>
      new Budget("month", {
        context,
        scope: subscriptionId,
        monthlyAmount: 32,
        contactEmails: ["ops@example.com"],
        startMonth,
      });
    await stack.up(budget(thisMonth));
    const later = await stack.up(budget("2099-01"));
    expect(later.changes).not.toHaveProperty("update");
    expect(later.changes).not.toHaveProperty("replace");
  });

  it("refuses an amount, a month or a list of readers that is none", async () => {
    const refusal = await new AzureStack().refusal(({ context }) => {
      new Budget("bad", { context, scope: subscriptionId, monthlyAmount: 0, startMonth: "2026-13" });
    });
    expect(refusal).toContain('Budget "bad": monthlyAmount: expected more than 0, got 0');
    expect(refusal).toContain('Budget "bad": nobody would be told; give contactEmails or contactGroups');
    expect(refusal).toContain('Budget "bad": startMonth is "2026-13"; give a month such as "2026-11"');
  });
});
