import { beforeAll, describe, expect, it } from "vitest";
import { ContainerApp } from "../../components/container-apps/container-app";
import { ContainerAppsEnvironment } from "../../components/container-apps/container-apps-environment";
import { ContainerRegistry } from "../../components/container-registry/container-registry";
import { Alerts } from "../../components/observability/alerts";
import type { WatchRule } from "../../components/observability/schema";
import { alertRules } from "../../components/observability/watch-rules";
import { evaluateAlerts } from "../../sandbox/clouds/azure-native/monitor/alert-evaluation";
import { mapsAt, textAt, textsAt } from "../../sandbox/clouds/read-property";
import { MemoryWorld, type WorldObject } from "../../sandbox/world/world";
import { AzureStack } from "./azure-stack";
import { deployRules } from "./deploy-rules";
import { minutes } from "./measured-series";

describe("a warning beside a critical alert about the same", () => {
  const alert = (name: string, expr: string, wait: string | undefined, severity: "critical" | "warning") => {
    return { alert: name, expr, for: wait, severity, summary: name, runbook: "app#down" };
  };
  /** Who is told of a value that is so high for so many minutes, again and again. */
  async function told(
    levels: readonly (readonly [value: number, minutes: number])[],
    { critical = "5m", falls = false }: { readonly critical?: string; readonly falls?: boolean } = {},
  ) {
    const seen = (value: number) => (falls ? 100 - value : value);
    const beyond = (value: number) => `sum(value) by (of) ${falls ? "<" : ">"} ${seen(value)}`;
    const rules = [
      alert("Warn", beyond(80), "5m", "warning"),
      alert("Crit", beyond(95), critical === "at once" ? undefined : critical, "critical"),
    ];
    const routes = { critical: ["critical"], warning: ["warning"], info: ["info"] };
    const stack = new AzureStack();
    await stack.up((around) => deployRules(around, { routes, rules: [], groups: [{ name: "of-value", rules }] }));
    const each = levels.flatMap(([value, length]) => Array.from({ length }, () => seen(value)));
    const samples = Array.from({ length: minutes }, (_, index): [number, number] => {
      return [index + 1, each[index % each.length] ?? 0];
    });
    const series = [{ labels: { __name__: "value", of: "a" }, samples }];
    const messages = await stack.world.read((world) => evaluateAlerts(world, { series }, minutes));
    return messages.map(({ rule, state, minute }) => `${minute} ${rule} ${state}`);
  }

  it.each([
    [
      "swings around the critical threshold",
      [
        [90, 1],
        [96, 1],
      ],
      {},
      ["7 Warn fired"],
    ],
    [
      "is beyond it for as long as the critical alert waits, and then not",
      [
        [96, 5],
        [90, 1],
      ],
      {},
      ["7 Warn fired"],
    ],
    ["goes straight beyond it", [[96, 90]], {}, ["6 Crit fired"]],
    ["goes straight beyond it, downwards", [[96, 90]], { falls: true }, ["6 Crit fired"]],
    [
      "swings, downwards",
      [
        [90, 1],
        [96, 1],
      ],
      { falls: true },
      ["7 Warn fired"],
    ],
    ["goes straight beyond it, and the critical alert waits less", [[96, 90]], { critical: "2m" }, ["3 Crit fired"]],
    [
      "goes straight beyond it, and the critical alert waits longer",
      [[96, 90]],
      { critical: "10m" },
      ["6 Warn fired", "11 Crit fired", "15 Warn resolved"],
    ],
    [
      "goes straight beyond it, and the critical alert waits for nothing",
      [[96, 90]],
      { critical: "at once" },
      ["1 Crit fired"],
    ],
    [
      "rises and falls step by step",
      [
        [0, 5],
        [90, 20],
        [96, 20],
        [90, 20],
        [0, 25],
      ],
      {},
      [
        ...["12 Warn fired", "31 Crit fired", "35 Warn resolved"],
        ...["50 Crit resolved", "56 Warn fired", "70 Warn resolved"],
      ],
    ],
    [
      "dips while the critical alert fires",
      [
        [96, 20],
        [90, 4],
        [96, 66],
      ],
      {},
      ["6 Crit fired"],
    ],
    [
      "dips while a critical alert fires that waits for nothing",
      [
        [96, 20],
        [90, 4],
      ],
      { critical: "at once" },
      ["1 Crit fired"],
    ],
  ] as const)("of what %s is told as it should", async (_, levels, waits, expected) => {
    expect(await told(levels, waits)).toEqual(expected);
  });
});

describe("a warning of all things, beside a critical alert of one of them that another rule says", () => {
  const app = ["api", "router"].map((name) => ({ name, id: name, replicas: { min: 1, max: 1 } }));
  const targets = { app, job: [], database: [], cache: [], queue: [], vault: [] };
  const all: WatchRule = { watch: "app", signal: "restarts", warning: { above: 3 } };
  const one = (above: number, more: Partial<WatchRule> = {}): WatchRule => {
    return { watch: "app", signal: "restarts", only: ["router"], critical: { above }, ...more };
  };
  const made = (...rules: readonly WatchRule[]) =>
    alertRules(rules, "prod", targets, "https://docs").map(({ name, hiddenBeyond }) => [
      name.replace("app-restarts-", ""),
      hiddenBeyond,
    ]);
  const api = ["api-warning", undefined];
  const critical = ["router-critical", undefined];

  it("ends where that begins, and is not made where it would only tell the same", () => {
    expect(made(all, one(5))).toEqual([api, ["router-warning", 5], critical]);
    expect(made(one(5), all)).toEqual([critical, api, ["router-warning", 5]]);
    expect(made(all, one(3))).toEqual([api, critical]);
  });

  it("is as it was where the other is for another environment, or about something else", () => {
    const alone = [api, ["router-warning", undefined]];
    expect(made(all, one(3, { environments: ["dev"] }))).toEqual(alone);
    expect(made(all, one(3, { signal: "cpu" })).slice(0, 2)).toEqual(alone);
  });
});

describe("a warning over what Azure measures, beside a critical level that looks back over another time", () => {
  const cases: readonly (readonly [
    what: string,
    signal: string,
    levels: Pick<WatchRule, "warning" | "critical">,
    each: readonly number[],
    told: readonly string[],
  ])[] = [
    ["a sum over a longer time", "server-errors", levels("15m", 10, "5m", 50), [4], ["warning fired"]],
    ["a sum over the same time", "server-errors", levels("5m", 10, "5m", 50), [60], ["critical fired"]],
    ["an average over a longer time", "latency", levels("15m", 100, "5m", 500), [600], ["critical fired"]],
    [
      "an average over a shorter time, again and again",
      ...(["latency", levels("5m", 100, "15m", 700)] as const),
      ...([Array.from({ length: 10 }, (_, minute) => (minute < 5 ? 0 : 1000)), ["warning fired"]] as const),
    ],
  ];
  function levels(own: string, warning: number, its: string, critical: number) {
    return { warning: { above: warning, for: own }, critical: { above: critical, for: its } };
  }

  let objects: readonly WorldObject[];
  beforeAll(async () => {
    const stack = new AzureStack();
    await stack.up((around) => {
      const registry = new ContainerRegistry("registry", { ...around, size: { sku: "Basic" } });
      const environment = new ContainerAppsEnvironment("apps", around);
      const image = { ownedBy: "release", repository: "api" } as const;
      const { id } = new ContainerApp("api", {
        ...{ ...around, registry, environment, image },
        ingress: { exposure: "network", port: 8080 },
      });
      const rules = cases.flatMap(([, signal, both], index) => {
        const app = [{ name: `case${index}`, id, replicas: { min: 1, max: 1 } }];
        const targets = { app, job: [], database: [], cache: [], queue: [], vault: [] };
        return alertRules([{ watch: "app", signal, ...both }], "prod", targets, "https://docs");
      });
      const receivers = { critical: "c@example.com", warning: "w@example.com" };
      const routes = { critical: ["critical"], warning: ["warning"], info: ["warning"] };
      new Alerts("alerts", { ...around, receivers, routes, rules });
    });
    objects = stack.world.objects();
  }, 60_000);

  it.each(cases.map((one, index) => [one[0], index] as const))("%s: one of the two is told", async (_, index) => {
    const [, , , each, expected] = cases[index] ?? [];
    const isOf = ({ id }: WorldObject) => id.includes(`case${index}`);
    const rules = objects.filter(({ kind }) => kind === "azure-native:monitor:MetricAlert");
    const others = new Set(rules.filter((rule) => !isOf(rule)));
    const { properties = {} } = rules.find(isOf) ?? {};
    const [resourceId = ""] = textsAt(properties, "scopes");
    const [criterion = {}] = mapsAt(properties, "criteria.allOf");
    const values = Array.from({ length: minutes }, (_, minute) => each?.[minute % each.length] ?? 0);
    const dimensions = { statusCodeCategory: "5xx" };
    const metrics = [{ resourceId, metric: textAt(criterion, "metricName") ?? "", dimensions, minutes: values }];
    const world = new MemoryWorld(objects.filter((object) => !others.has(object)));
    const messages = await world.read((reading) => evaluateAlerts(reading, { metrics }, minutes));
    // It does not end while what it tells of lasts.
    expect(messages.map(({ receiver, state }) => `${receiver} ${state}`)).toEqual(expected);
  });
});
