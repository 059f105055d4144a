import { describe, expect, it } from "vitest";
import { Budget } from "../../components/budget/budget";
import { Alerts, type MetricRule } from "../../components/observability/alerts";
import { LogAnalytics } from "../../components/observability/log-analytics";
import { AzureStack, context, subscriptionId } from "./azure-stack";

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

describe("Alerts", () => {
  const rule = (resourceId: MetricRule["resourceId"]): MetricRule => ({
    name: "logs-quiet",
    resourceId,
    metricNamespace: "Microsoft.OperationalInsights/workspaces",
    metricName: "Heartbeat",
    aggregation: "Total",
    operator: "LessThan",
    threshold: 1,
    severity: 1,
    windowMinutes: 60,
    runbook: "docs/runbooks/logs-quiet.md",
  });

  it("deploys with defaults and with everything set, twice", async () => {
    const stack = new AzureStack();
    await stack.upTwice((around) => {
      new Alerts("quiet", { ...around, shortName: "alai-quiet", emails });
      new Alerts("ops", {
        ...around,
        shortName: "alai-ops",
        emails,
        metrics: [rule(around.workspaceId)],
        transform: { group: { enabled: false }, metric: { autoMitigate: false } },
      });
    });
    expect((await stack.inputs("azure-native:monitor:ActionGroup")).get("ops")).toMatchObject({ enabled: false });
    expect((await stack.inputs("azure-native:monitor:MetricAlert")).get("ops-logs-quiet")).toMatchObject({
      description: "Runbook: docs/runbooks/logs-quiet.md",
      windowSize: "PT1H",
      autoMitigate: false,
    });
  });

  it("refuses names that do not fit, rules given twice, and silence", async () => {
    const refusal = await new AzureStack().refusal((around) => {
      const metrics = [rule(around.workspaceId), rule(around.workspaceId)];
      new Alerts("bad", { ...around, shortName: "thirteen-long", emails: {}, metrics });
    });
    expect(refusal).toContain('Alerts "bad": shortName "thirteen-long" has 13 characters; Azure takes 1 to 12');
    expect(refusal).toContain('Alerts "bad": emails is empty, so nobody would be told; name a receiver');
    expect(refusal).toContain('Alerts "bad": the metric rule "logs-quiet" is given twice; keep one of them');
  });
});

describe("Budget", () => {
  it("deploys with defaults and with everything set, twice", async () => {
    const stack = new AzureStack();
    await stack.upTwice((around) => {
      const scope = around.resourceGroupName.apply((name) => `${subscriptionId}/resourceGroups/${name}`);
      const { groupId } = new Alerts("ops", { ...around, shortName: "alai-ops", emails });
      new Budget("month", { ...around, scope, monthlyAmount: 32, contactEmails: ["ops@example.com"] });
      new Budget("all", {
        ...around,
        scope,
        monthlyAmount: 165,
        contactGroups: [groupId],
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
