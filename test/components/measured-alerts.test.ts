import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ContainerApp } from "../../components/container-apps/container-app";
import { ContainerAppsEnvironment } from "../../components/container-apps/container-apps-environment";
import { ContainerRegistry } from "../../components/container-registry/container-registry";
import { MetricsWorkspace } from "../../components/observability/metrics-workspace";
import type { Monitoring } from "../../components/observability/rule-groups";
import { budgetMetric, sloGroup, sloSchema } from "../../components/observability/slos";
import { leastBudget } from "../../lib/error-budget";
import { promqlProblem } from "../../lib/promql";
import { evaluateAlerts } from "../../sandbox/clouds/azure-native/monitor/alert-evaluation";
import { evaluatePromql, type MetricSeries } from "../../sandbox/clouds/azure-native/monitor/promql-evaluation";
import { mapsAt, textAt } from "../../sandbox/clouds/read-property";
import { loadApplicationInventory } from "../../stacks/inventory/application-inventory";
import { addressBlockOf } from "../../stacks/registry";
import { AzureStack, type Surroundings } from "./azure-stack";
import { deployRules } from "./deploy-rules";
import { minutes, requests, up } from "./measured-series";
import { release } from "./released-image";

const monitoringOf = (system: string): Monitoring =>
  loadApplicationInventory(join(__dirname, "..", "..", "stacks", system, "inventory"), addressBlockOf(system))
    .monitoring;

describe("an alert over what apps measure", () => {
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
  async function messagesWith(share: number, until: number, pause: readonly number[] = []) {
    const routes = { critical: ["critical"], warning: ["warning"], info: ["info"] };
    const stack = new AzureStack();
    await stack.up((around) => deployRules(around, { routes, rules: [], slos: [slo] }));
    const series = requests((minute) => (minute <= until && !pause.includes(minute) ? share : 0));
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

  it("tells nobody that it burns slowly while it pauses for less time than Azure takes to end the alert", async () => {
    const burns = async (pause: readonly number[]) =>
      (await messagesWith(0.02, 90, pause)).filter((message) => message.includes("Burns"));
    expect(await burns([70, 71])).toEqual(["ApiAvailabilityBurnsFast fired 0"]);
    expect(await burns([70, 71, 72, 73])).toContain("ApiAvailabilityBurnsSlowly fired 2");
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

  it("says when less than a tenth of its budget is left, from when on releases need a reason", () => {
    const spent = sloGroup(slo).rules.find((rule) => "alert" in rule && rule.alert === "ApiAvailabilityBudgetSpent");
    const at = (left: number) => {
      const labels = { __name__: budgetMetric, slo: "api-availability" };
      return evaluatePromql(spent?.expr ?? "", [{ labels, samples: [[1, left]] }], 1);
    };
    expect([at(leastBudget), at(leastBudget / 2)]).toEqual([[], [expect.objectContaining({ value: 0.05 })]]);
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
    ["max_over_time((sum(hits))[119s:60s])", [{ labels: {}, value: 210 }]],
    [
      "count_over_time((hits > 100)[119s:60s])",
      [
        { labels: { replica: "b" }, value: 1 },
        { labels: { replica: "a" }, value: 1 },
      ],
    ],
    ["count_over_time((sum(hits))[120s:60s])", [{ labels: {}, value: 2 }]],
    ["count_over_time((sum(hits))[121s:60s])", [{ labels: {}, value: 3 }]],
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
    ["up == 0 # it is down", '"# it is down" is a comment'],
  ])("is refused where Prometheus could not evaluate it, or what it is put into: %s", (expression, problem) => {
    expect(promqlProblem(expression)).toContain(problem);
  });
});
