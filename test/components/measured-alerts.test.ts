import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ContainerApp } from "../../components/container-apps/container-app";
import { ContainerAppsEnvironment } from "../../components/container-apps/container-apps-environment";
import { ContainerRegistry } from "../../components/container-registry/container-registry";
import { Alerts } from "../../components/observability/alerts";
import { MetricsWorkspace } from "../../components/observability/metrics-workspace";
import { type Monitoring, ruleGroupsIn } from "../../components/observability/rule-groups";
import { budgetMetric, sloGroup, sloSchema } from "../../components/observability/slos";
import { promqlProblem } from "../../lib/promql";
import { evaluateAlerts } from "../../sandbox/clouds/azure-native/monitor/alert-evaluation";
import { evaluatePromql, type MetricSeries } from "../../sandbox/clouds/azure-native/monitor/promql-evaluation";
import { mapsAt, textAt } from "../../sandbox/clouds/read-property";
import { loadApplicationInventory } from "../../stacks/inventory/application-inventory";
import { addressBlockOf } from "../../stacks/registry";
import { AzureStack, type Surroundings } from "./azure-stack";
import { release } from "./released-image";

type Level = (minute: number) => number;
type Labels = Readonly<Record<string, string>>;

const minutes = 90;
const everyMinute = Array.from({ length: minutes }, (_, index) => index + 1);

/** A value in each minute. */
function gauge(name: string, labels: Labels, value: Level): MetricSeries {
  return { labels: { ...labels, __name__: name }, samples: everyMinute.map((minute) => [minute, value(minute)]) };
}

/** What grows in each minute by so much. */
function counter(name: string, labels: Labels, growth: Level): MetricSeries {
  let total = 0;
  return gauge(name, labels, (minute) => {
    total += growth(minute);
    return total;
  });
}

/** A hundred each minute, of which a share has a label. */
function shared(name: string, labels: Labels, label: string, [bad, good]: readonly [string, string], share: Level) {
  return [
    counter(name, { ...labels, [label]: bad }, (minute) => 100 * share(minute)),
    counter(name, { ...labels, [label]: good }, (minute) => 100 * (1 - share(minute))),
  ];
}

/** A hundred each minute, of which a share takes longer than a bound, at most twice as long. */
function timed(name: string, labels: Labels, bound: number, slow: Level): readonly MetricSeries[] {
  const within = (le: string, share: Level) =>
    counter(`${name}_bucket`, { ...labels, le }, (minute) => 100 * share(minute));
  return [
    within(String(bound), (minute) => 1 - slow(minute)),
    within(String(2 * bound), () => 1),
    within("+Inf", () => 1),
  ];
}

const api = { job: "api", service: "api", replica: "api-1" };
const requests = (share: Level) => shared("http_requests_total", api, "status", ["503", "200"], share);
const answers = (bound: number) => (slow: Level) => timed("http_request_duration_seconds", api, bound, slow);
const agents = (outcome: string) => (share: Level) =>
  shared("agent_tasks_total", { job: "agents", agent: "planner" }, "outcome", [outcome, "done"], share);
const quota = (share: Level) => [
  gauge("memory_tier_used_bytes", { tier: "long" }, (minute) => 1000 * share(minute)),
  gauge("memory_tier_quota_bytes", { tier: "long" }, () => 1000),
];
const up = (value: Level) => [gauge("up", api, value)];

/** Of each alert what its apps measure, at a level that says nothing and at one that does, and whom it then tells. */
const cases: readonly (readonly [
  system: string,
  alert: string,
  measured: (level: Level) => readonly MetricSeries[],
  under: number,
  over: number,
  severity: number,
])[] = [
  ["latticeforge", "ServiceDown", up, 1, 0, 0],
  ["latticeforge", "HighErrorRate", requests, 0.04, 0.06, 2],
  ["latticeforge", "HighErrorRateCritical", requests, 0.09, 0.11, 0],
  ["latticeforge", "HighLatency", answers(2), 0.005, 0.05, 2],
  ["betterworld", "APIDown", up, 1, 0, 0],
  ["betterworld", "HighErrorRate", requests, 0.09, 0.11, 0],
  ["betterworld", "ElevatedErrorRate", requests, 0.01, 0.03, 2],
  ["betterworld", "HighLatency", answers(0.5), 0.04, 0.2, 2],
  [
    "betterworld",
    "QueueBacklog",
    (size) => ["a", "b"].map((replica) => gauge("bullmq_queue_size", { queue: "guardrail-evaluation", replica }, size)),
    ...([500, 501, 2] as const),
  ],
  ["betterworld", "GuardrailSlow", (slow) => timed("guardrail_evaluation_duration_seconds", {}, 5, slow), 0.04, 0.2, 3],
  ["betterworld", "QueriesSlow", (slow) => timed("db_query_duration_seconds", api, 0.2, slow), 0.04, 0.2, 2],
  ["betterworld", "QueriesVerySlow", (slow) => timed("db_query_duration_seconds", api, 0.5, slow), 0.04, 0.2, 0],
  [
    "kimberly",
    "MemoryRetrievalSlow",
    (slow) => timed("memory_retrieval_duration_seconds", {}, 0.15, slow),
    0.04,
    0.2,
    2,
  ],
  [
    "kimberly",
    "VectorSearchSlowMedian",
    (slow) => timed("vector_search_duration_seconds", {}, 0.05, slow),
    0.4,
    0.7,
    2,
  ],
  ["kimberly", "VectorSearchSlow", (slow) => timed("vector_search_duration_seconds", {}, 0.5, slow), 0.005, 0.05, 2],
  ["kimberly", "MemoryTierNearQuota", quota, 0.8, 0.81, 2],
  ["kimberly", "MemoryTierFull", quota, 0.95, 0.96, 0],
  [
    "kimberly",
    "WorkerFailures",
    (share) => shared("worker_tasks_total", { job: "workers" }, "outcome", ["error", "done"], share),
    ...([0.04, 0.06, 2] as const),
  ],
  ["kimberly", "AgentErrorRateHigh", agents("error"), 0.04, 0.06, 2],
  ["kimberly", "AgentTimeout", agents("timeout"), 0.04, 0.06, 2],
];

const systems = ["latticeforge", "betterworld", "kimberly"] as const;
const monitoringOf = (system: string): Monitoring =>
  loadApplicationInventory(join(__dirname, "..", "..", "stacks", system, "inventory"), addressBlockOf(system))
    .monitoring;

function deployRules({ context, resourceGroupName, workspaceId: logs }: Surroundings, monitoring: Monitoring): void {
  const place = { context, resourceGroupName };
  const metrics = new MetricsWorkspace("metrics", { ...place, everySeconds: 30 });
  const receivers = { critical: "c@example.com", warning: "w@example.com", info: "i@example.com" };
  new Alerts("alerts", {
    ...{ ...place, workspaceId: logs, receivers },
    routes: { critical: ["critical"], warning: ["warning"], info: ["info"] },
    measured: { workspaceId: metrics.id, groups: ruleGroupsIn(monitoring, "prod"), runbooks: "https://docs.example" },
  });
}

describe("an alert over what apps measure", () => {
  it.each(systems)(
    "of %s tells its receiver once when its threshold is passed, and once when that ends",
    async (system) => {
      const monitoring = monitoringOf(system);
      const stack = new AzureStack();
      await stack.upTwice((around) => deployRules(around, monitoring));
      const mine = cases.filter(([of]) => of === system);
      const known = ruleGroupsIn({ ...monitoring, slos: [] }, "prod").flatMap(({ rules }) =>
        rules.flatMap((rule) => ("alert" in rule ? [rule.alert] : [])),
      );
      expect(mine.map(([, alert]) => alert).sort()).toEqual([...known].sort());
      for (const [, alert, measured, under, over, severity] of mine) {
        const told = (level: Level) =>
          stack.world.read((world) =>
            evaluateAlerts(world, { series: measured(level) }, minutes)
              .filter(({ rule }) => rule === alert)
              .map((message) => [message.state, message.receiver, message.severity]),
          );
        const receiver = { 0: "critical", 2: "warning", 3: "info" }[severity];
        expect([alert, await told(() => under)]).toEqual([alert, []]);
        expect([alert, await told((minute) => (minute <= 60 ? over : under))]).toEqual([
          alert,
          [
            ["fired", receiver, severity],
            ["resolved", receiver, severity],
          ],
        ]);
      }
    },
  );

  it("waits as long as its plan says, and says what is wrong and what to do", async () => {
    const stack = new AzureStack();
    await stack.up((around) => deployRules(around, monitoringOf("betterworld")));
    const messages = await stack.world.read((world) => evaluateAlerts(world, { series: up(() => 0) }, minutes));
    expect(messages.map(({ rule, minute }) => [rule, minute])).toEqual([["APIDown", 3]]);
    expect(messages[0]?.text).toBe("The API does not answer in api-1. Runbook: https://docs.example/app#down");
  });
});

describe("an objective", () => {
  const slo = sloSchema.parse({
    ...{ name: "api-availability", service: "api", objective: 99.9, runbook: "slo#availability" },
    ...{ total: "http_requests_total", bad: 'http_requests_total{status=~"5.."}' },
  });
  /** Who is told when so large a share fails in the first minutes, and nothing after. */
  async function messagesWith(share: number, until: number) {
    const routes = { critical: ["critical"], warning: ["warning"], info: ["info"] };
    const stack = new AzureStack();
    await stack.up((around) => deployRules(around, { routes, rules: [], slos: [slo] }));
    const series = requests((minute) => (minute <= until ? share : 0));
    const messages = await stack.world.read((world) => evaluateAlerts(world, { series }, minutes));
    return messages.map(({ rule, state, severity }) => `${rule} ${state} ${severity}`);
  }

  it("pages when its budget burns 14.4 times too fast, and stops soon after that has ended", async () => {
    expect(await messagesWith(0.0005, 60)).toEqual([]);
    const told = await messagesWith(0.02, 30);
    expect(told.filter((message) => message.startsWith("ApiAvailabilityBurnsFast"))).toEqual([
      "ApiAvailabilityBurnsFast fired 0",
      // The long window still remembers; the short one does not.
      "ApiAvailabilityBurnsFast resolved 0",
    ]);
    expect(told).toContain("ApiAvailabilityBurnsSlowly fired 2");
    const slowly = await messagesWith(0.008, 60);
    expect(slowly).toContain("ApiAvailabilityBurnsSlowly fired 2");
    expect(slowly.join()).not.toContain("BurnsFast");
  });

  it("knows what is left of its budget, each request weighing alike", () => {
    const budget = sloGroup(slo).rules.find((rule) => "record" in rule && rule.record === budgetMetric);
    const rates = (name: string, values: readonly [number, number]): MetricSeries => ({
      labels: { __name__: name, slo: "api-availability" },
      samples: [
        [1, values[0]],
        [2, values[1]],
      ],
    });
    // One of 2,000 failed, half of what may. In the quiet minute it was everything.
    const series = [rates("slo:bad:rate5m", [1, 0]), rates("slo:total:rate5m", [1, 1999])];
    const left = evaluatePromql(budget?.expr ?? "", series, 3);
    expect(typeof left === "number" ? left : left[0]?.value).toBeCloseTo(0.5, 6);
  });

  it("can count what went well instead, and is refused where its fastest burn would be everything", () => {
    const { bad: _, ...rest } = slo;
    const good = sloGroup(sloSchema.parse({ ...rest, good: 'http_requests_total{status=~"2.."}' }));
    expect(good.rules[0]?.expr).toBe(
      'sum(rate(http_requests_total[5m])) - sum(rate(http_requests_total{status=~"2.."}[5m]))',
    );
    for (const { expr } of [...good.rules, ...sloGroup(slo).rules])
      expect([expr, promqlProblem(expr)]).toEqual([expr, undefined]);
    const accepted = (more: object) => sloSchema.safeParse({ ...slo, ...more }).success;
    const given = [{}, { objective: 90 }, { good: "x" }, { window: "90d" }];
    expect(given.map(accepted)).toEqual([true, false, false, false]);
  });
});

describe("the collector beside a replica", () => {
  const type = "azure-native:app:ContainerApp";
  const deploy = (around: Surroundings) => {
    const metrics = new MetricsWorkspace("metrics", { ...around, everySeconds: 30 });
    const registry = new ContainerRegistry("registry", { ...around, size: { sku: "Basic" } });
    new ContainerApp("api", {
      ...{ ...around, registry, image: { ownedBy: "release", repository: "api" } as const },
      environment: new ContainerAppsEnvironment("apps", around),
      ingress: { exposure: "network", port: 8080 },
      roles: [metrics.send],
      sidecars: [metrics.collector("api", { port: 9090 })],
    });
  };
  const settingsOf = async (stack: AzureStack) => {
    const [, collector = {}] = mapsAt((await stack.inputs(type)).get("api") ?? {}, "template.containers");
    const settings = mapsAt(collector, "env").find((entry) => entry.name === "COLLECTOR_SETTINGS");
    return { collector, settings: JSON.parse(textAt(settings ?? {}, "value") ?? "") as unknown };
  };

  it("asks nothing of a placeholder, and of a release its metrics, which it sends as its app", async () => {
    const stack = new AzureStack();
    await stack.upTwice(deploy);
    const before = await settingsOf(stack);
    expect(before.settings).toMatchObject({
      receivers: { nop: {} },
      service: { pipelines: { metrics: { receivers: ["nop"] } } },
    });
    const rules = stack.world.objects().filter(({ kind }) => kind === "azure-native:monitor:DataCollectionRule");
    const roles = [...(await stack.inputs("azure-native:authorization:RoleAssignment")).values()];
    expect(roles.map(({ scope }) => scope)).toContain(rules[0]?.id);
    await release(stack, { type, name: "alai-dev-api", repository: "api" });
    await stack.upTwice(deploy);
    const { collector, settings } = await settingsOf(stack);
    expect(collector).toMatchObject({ name: "collector", args: ["--config=env:COLLECTOR_SETTINGS"] });
    expect(mapsAt(collector, "env").map((entry) => entry.name)).toContain("AZURE_CLIENT_ID");
    const [immutableId, address] = ["DataCollectionRule", "DataCollectionEndpoint"].map((kind) => {
      const made = stack.world.objects().find((object) => object.kind === `azure-native:monitor:${kind}`);
      return textAt(
        made?.properties ?? {},
        kind === "DataCollectionRule" ? "immutableId" : "metricsIngestion.endpoint",
      );
    });
    expect(settings).toMatchObject({
      extensions: { azure_auth: { scopes: ["https://monitor.azure.com/.default"] } },
      receivers: {
        prometheus: {
          config: {
            scrape_configs: [
              {
                job_name: "api",
                scrape_interval: "30s",
                metrics_path: "/metrics",
                static_configs: [{ targets: ["localhost:9090"] }],
              },
            ],
          },
        },
      },
      exporters: {
        prometheusremotewrite: {
          endpoint: `${address}/dataCollectionRules/${immutableId}/streams/Microsoft-PrometheusMetrics/api/v1/write?api-version=2023-04-24`,
          auth: { authenticator: "azure_auth" },
        },
      },
    });
  });

  it("is refused where an app has no processor left for it, or runs on other hardware", async () => {
    const sidecars = (around: Surroundings) => [
      new MetricsWorkspace("metrics", { ...around, everySeconds: 30 }).collector("api", { port: 9090 }),
    ];
    const refusal = (more: { readonly cpu?: number; readonly profile?: string }) =>
      new AzureStack().refusal((around) => {
        const environment = new ContainerAppsEnvironment("apps", { ...around, profiles: { big: { type: "D4" } } });
        const image = { ownedBy: "release", repository: "ghcr.io/example/api" } as const;
        new ContainerApp("api", {
          ...around,
          environment,
          image,
          ingress: { exposure: "none" },
          sidecars: sidecars(around),
          ...more,
        });
      });
    expect(await refusal({ cpu: 4 })).toContain(
      "cpu 4 and its sidecars are 4.25 together, more than the 4 of Consumption",
    );
    expect(await refusal({ profile: "big" })).toContain('sidecars are for Consumption, and the profile is "big"');
  });
});

describe("the emulated evaluation of PromQL", () => {
  const series: readonly MetricSeries[] = [
    {
      labels: { __name__: "hits", replica: "a" },
      samples: [
        [1, 0],
        [2, 60],
        [3, 120],
        [4, 30],
      ],
    },
    {
      labels: { __name__: "hits", replica: "b" },
      samples: [
        [1, 0],
        [4, 180],
      ],
    },
  ];
  it.each([
    ["sum(increase(hits[5m]))", [{ labels: {}, value: 250 + 300 }]],
    ['rate(hits{replica="a"}[5m])', [{ labels: { replica: "a" }, value: 150 / 180 }]],
    ["sum(nothing) or vector(0)", [{ labels: {}, value: 0 }]],
    ["hits > 100", [{ labels: { __name__: "hits", replica: "b" }, value: 180 }]],
    ['hits unless hits{replica="a"}', [{ labels: { __name__: "hits", replica: "b" }, value: 180 }]],
    ["absent(nothing)", [{ labels: {}, value: 1 }]],
    ["(1 - 0.9) * 10 > 2", 0],
  ])("computes %s", (expression, value) => {
    expect(evaluatePromql(expression, series, 4)).toEqual(value);
  });

  it("refuses what it does not understand", () => {
    expect(() => evaluatePromql("topk(1, hits)", series, 4)).toThrow("do not understand");
  });
});

describe("an expression", () => {
  it.each([
    ["", "something is missing at its end"],
    ["sum(rate(x[5m]) > 1", "something is missing at its end"],
    ["foo bar", '"bar" cannot be read'],
    ["ratee(x[5m])", '"(x[5m])" cannot be read'],
    ["sum(rate(x))", "rate() takes a range of samples, such as [5m]: rate(x)"],
    ["avg(x[5m])", "x[5m] is a range of samples, which only functions such as rate() take"],
  ])("is refused where Prometheus could not evaluate it: %s", (expression, problem) => {
    expect(promqlProblem(expression)).toContain(problem);
  });
});
