import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { comparedWith } from "../../lib/promql";
import type { ResourceState } from "../../sandbox/engine/plan/resource-state";
import { loadApplicationInventory } from "../../stacks/inventory/application-inventory";
import { addressBlockOf } from "../../stacks/registry";
import { AlaiWorld, logicalName } from "./alai-world";

const itemSchema = z.looseObject({
  name: z.string(),
  content: z.looseObject({
    title: z.string().optional(),
    query: z.string().optional(),
    resourceIds: z.array(z.string()).optional(),
    metrics: z.array(z.looseObject({ metric: z.string() })).optional(),
    chartSettings: z.looseObject({ customThresholdLine: z.string().optional() }).optional(),
  }),
});
type Item = z.infer<typeof itemSchema>;

const workbookSchema = z.object({ version: z.literal("Notebook/1.0"), items: z.array(itemSchema) });

/** The stacks' workbooks by `stack/name`, without the choice of times. */
const workbooks = new Map<string, readonly Item[]>();
const resources = new Map<string, readonly ResourceState[]>();

beforeAll(async () => {
  const alai = new AlaiWorld();
  for (const stack of ["latticeforge-prod", "betterworld-prod", "betterworld-staging"]) {
    await alai.deploy(stack);
    const deployed = await alai.resources(stack);
    resources.set(stack, deployed);
    for (const { type, urn, inputs } of deployed) {
      if (!type.endsWith(":Workbook")) continue;
      const { items } = workbookSchema.parse(JSON.parse(String(inputs.serializedData)));
      workbooks.set(`${stack}/${logicalName(urn).replace("dashboard-", "")}`, items.slice(1));
    }
  }
}, 120_000);

const titles = (workbook: string) => workbooks.get(workbook)?.map(({ name }) => name);

function panel(workbook: string, title: string): Item {
  const found = workbooks.get(workbook)?.find(({ name }) => name === title);
  if (found === undefined) throw new Error(`${workbook} has no ${title}`);
  return found;
}

/** What a chart of what apps measure asks. */
const asked = ({ content }: Item): string => JSON.parse(content.query ?? "{}").queryText ?? "";

describe("the overview of an environment", () => {
  it("has the eight panels that the template asks for, of which three show the infrastructure", () => {
    expect(titles("latticeforge-prod/overview")).toEqual([
      ...["Service health", "Request rate", "Error rate", "P99 latency", "Active incidents"],
      ...["Error budget remaining", "Last deployment"],
      ...["CPU of apps", "memory of apps", "disk of the database"].map((what) => `Infrastructure: ${what}`),
    ]);
  });

  it("shows what Azure measures where nobody collects what apps do", () => {
    const staging = titles("betterworld-staging/overview");
    expect(staging).toContain("Latency on average");
    expect(staging).not.toContain("P99 latency");
    expect(staging).not.toContain("Error budget remaining");
  });

  it("draws the line below which releases wait", () => {
    expect(asked(panel("latticeforge-prod/overview", "Error budget remaining"))).toBe(
      '(slo:error_budget:remaining) or label_replace(vector(0.1), "line", "critical", "", "")',
    );
  });
});

describe("dashboards of the plans", () => {
  it("are there with their panels, but for what nobody measures in an environment", () => {
    for (const system of ["latticeforge", "betterworld"]) {
      const { monitoring } = loadApplicationInventory(`stacks/${system}/inventory`, addressBlockOf(system));
      expect(monitoring.dashboards).toHaveLength(system === "latticeforge" ? 3 : 4);
      for (const { name, panels } of monitoring.dashboards ?? [])
        expect(titles(`${system}-prod/${name}`)).toEqual(panels.map(({ title }) => title));
    }
    expect(titles("betterworld-staging/api")).toBeUndefined();
    expect(titles("betterworld-staging/queues")).toEqual(["Cache memory"]);
  });

  it("ask what the alerts ask, and draw a line at each number that they compare with", () => {
    let lines = 0;
    for (const system of ["latticeforge", "betterworld"]) {
      const { monitoring } = loadApplicationInventory(`stacks/${system}/inventory`, addressBlockOf(system));
      const alerts = (monitoring.groups ?? []).flatMap(({ rules }) =>
        rules.flatMap((rule) => ("alert" in rule ? [rule] : [])),
      );
      for (const { name, panels } of monitoring.dashboards ?? [])
        for (const { title, alerts: shown = [] } of panels) {
          if (shown.length === 0) continue;
          const drawn = asked(panel(`${system}-prod/${name}`, title));
          for (const { alert, expr, severity } of alerts.filter(({ alert }) => shown.includes(alert))) {
            const compared = comparedWith(expr);
            expect([alert, drawn.startsWith(`(${compared?.left}) or `)]).toEqual([alert, true]);
            expect(drawn).toContain(`label_replace(vector(${compared?.value}), "line", "${severity}", "", "")`);
            lines += 1;
          }
        }
    }
    expect(lines).toBe(10);
  });

  it("draw the lines of the metric alerts that Azure was given, of the things that these watch", () => {
    const checks = [
      ["latticeforge-prod/infrastructure", "CPU", "app-cpu"],
      ["latticeforge-prod/infrastructure", "Database connections", "database-connections"],
      ["betterworld-prod/database", "Disk", "database-storage"],
      ["betterworld-prod/queues", "Cache memory", "cache-memory"],
    ] as const;
    for (const [workbook, title, rule] of checks) {
      const [stack = ""] = workbook.split("/");
      const alerts = (resources.get(stack) ?? []).filter(({ urn }) => logicalName(urn).startsWith(`alerts-${rule}-`));
      const { content } = panel(workbook, title);
      for (const { inputs, urn } of alerts) {
        const [criterion] = z
          .object({ allOf: z.array(z.object({ threshold: z.number(), metricName: z.string() })) })
          .parse(inputs.criteria).allOf;
        const severity = logicalName(urn).split("-").at(-1);
        expect(content.title).toContain(`${severity} ${criterion?.threshold}`);
        expect(content.metrics?.[0]?.metric.endsWith(`--${criterion?.metricName}`)).toBe(true);
        expect(content.resourceIds).toEqual(expect.arrayContaining([...z.array(z.string()).parse(inputs.scopes)]));
      }
      expect([title, alerts.length > 0, content.chartSettings?.customThresholdLine !== undefined]).toEqual([
        title,
        true,
        true,
      ]);
    }
  });
});
