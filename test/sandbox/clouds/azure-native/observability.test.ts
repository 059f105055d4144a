import { describe, expect, it } from "vitest";
import type { PropertyMap } from "../../../../deployment/values/property-value";
import { Secret } from "../../../../deployment/values/property-value";
import { isSuppressed } from "../../../../sandbox/clouds/azure-native/monitor/alert-processing";
import { Azure, group, subscription } from "./azure-fixture";

const workspace = { resourceGroupName: "rg", workspaceName: "logs" };
const guid = "00000000-0000-4000-8000-000000000002";
async function vaultBesideLogs() {
  const azure = await Azure.withGroup();
  const logs = await azure.create("operationalinsights:Workspace", workspace);
  const vault = await azure.create("keyvault:Vault", {
    resourceGroupName: "rg",
    vaultName: "vault",
    properties: { tenantId: guid, sku: { name: "standard", family: "A" } },
  });
  return { azure, logs, vault };
}

describe("a Prometheus rule group", () => {
  async function ruleGroup(rules: readonly PropertyMap[], more: PropertyMap = {}) {
    const azure = await Azure.withGroup();
    const place = { resourceGroupName: "rg", location: "swedencentral" };
    const metrics = await azure.create("monitor:AzureMonitorWorkspace", {
      ...place,
      azureMonitorWorkspaceName: "metrics",
    });
    const scopes = [metrics.id];
    return azure.create("alertsmanagement:PrometheusRuleGroup", {
      ...place,
      ruleGroupName: "a",
      scopes,
      rules: [...rules],
      ...more,
    });
  }
  const down = { alert: "Down", expression: "up == 0", severity: 0 };

  it("is made for one workspace that is there", async () => {
    expect((await ruleGroup([down])).outputs).toMatchObject({ interval: "PT1M", enabled: true });
    await expect(ruleGroup([down], { scopes: [group] })).rejects.toThrow("exactly one Azure Monitor workspace");
    const gone = `${group}/providers/Microsoft.Monitor/accounts/gone`;
    await expect(ruleGroup([down], { scopes: [gone] })).rejects.toMatchObject({ code: "ResourceNotFound" });
  });

  it.each([
    [[{ ...down, record: "a" }], "One and only one of 'alert' and 'record'"],
    [[{ record: "a", expression: "up", severity: 1 }], "'severity' must be empty in the recording rule 'a'"],
    [[{ ...down, expression: "sum(rate(up))" }], "The expression of 'Down' is not valid PromQL: rate() takes a range"],
    [Array.from({ length: 21 }, () => down), "at most 20 rules, and this one has 21"],
    [
      [{ ...down, actions: [{ actionGroupId: `${group}/providers/Microsoft.Insights/actionGroups/gone` }] }],
      "gone' was not found",
    ],
  ])("refuses %#", async (rules, message) => {
    await expect(ruleGroup(rules)).rejects.toThrow(message);
  });

  it("is evaluated every 1 to 15 minutes", async () => {
    await expect(ruleGroup([down], { interval: "PT30M" })).rejects.toThrow("between 1 and 15 minutes");
  });
});

describe("a data collection rule", () => {
  it("sends to workspaces that are there, under names that it gives them", async () => {
    const azure = await Azure.withGroup();
    const place = { resourceGroupName: "rg", location: "swedencentral", dataCollectionRuleName: "metrics" };
    const metrics = await azure.create("monitor:AzureMonitorWorkspace", {
      ...{ resourceGroupName: "rg", location: "swedencentral", azureMonitorWorkspaceName: "metrics" },
    });
    const rule = (id: string, destination: string) =>
      azure.create("monitor:DataCollectionRule", {
        ...place,
        destinations: { monitoringAccounts: [{ name: "workspace", accountResourceId: id }] },
        dataFlows: [{ streams: ["Microsoft-PrometheusMetrics"], destinations: [destination] }],
      });
    await expect(rule(`${metrics.id}x`, "workspace")).rejects.toMatchObject({ code: "ResourceNotFound" });
    await expect(rule(metrics.id, "elsewhere")).rejects.toThrow("'elsewhere' is not among the destinations");
    expect((await rule(metrics.id, "workspace")).outputs.immutableId).toMatch(/^dcr-[0-9a-f]{32}$/);
  });
});

describe("a diagnostic setting", () => {
  async function withVault() {
    const { azure, logs, vault } = await vaultBesideLogs();
    const setting = (name: string, given: PropertyMap = {}) => ({
      resourceUri: vault.id,
      name,
      workspaceId: logs.id,
      logs: [{ categoryGroup: "audit", enabled: true }],
      ...given,
    });
    return { azure, vault, setting };
  }

  it("sends a category to a sink once", async () => {
    const { azure, setting } = await withVault();
    await azure.create("monitor:DiagnosticSetting", setting("one"), "one");
    await expect(azure.create("monitor:DiagnosticSetting", setting("two"), "two")).rejects.toMatchObject({
      code: "Conflict",
      status: 409,
    });
    await azure.create(
      "monitor:DiagnosticSetting",
      setting("two", { logs: [{ categoryGroup: "allLogs", enabled: true }] }),
      "two",
    );
  });

  // Source: terraform-provider-azurerm#7114 and #19706, MicrosoftDocs/azure-docs#100347.
  it("outlives what it watches and its group: made again under its name, it is in the way until it is deleted", async () => {
    const { azure, setting, vault } = await withVault();
    const made = await azure.create("monitor:DiagnosticSetting", setting("one"), "one");
    await azure.delete(vault);
    expect(await azure.exists("monitor:DiagnosticSetting", made.id)).toBe(true);
    const recovered = {
      ...vault.inputs,
      properties: { tenantId: guid, sku: { name: "standard", family: "A" }, createMode: "recover" },
    };
    await azure.create("keyvault:Vault", recovered);
    await expect(azure.create("monitor:DiagnosticSetting", setting("one"), "one")).rejects.toMatchObject({
      status: 409,
    });
    await azure.delete(made);
    await azure.create("monitor:DiagnosticSetting", setting("one"), "one");
  });

  it("needs a sink, a resource and a workspace that exist", async () => {
    const { azure, setting } = await withVault();
    await expect(azure.check("monitor:DiagnosticSetting", { ...setting("a"), workspaceId: null })).rejects.toThrow(
      "at least one data sink",
    );
    await expect(
      azure.create("monitor:DiagnosticSetting", setting("a", { resourceUri: `${group}/providers/a/b/c` })),
    ).rejects.toMatchObject({ code: "ResourceNotFound" });
    await expect(
      azure.create("monitor:DiagnosticSetting", setting("a", { workspaceId: `${group}/providers/a/b/c` })),
    ).rejects.toMatchObject({ code: "ResourceNotFound" });
  });

  it("takes no logs of a storage account itself", async () => {
    const { azure, setting } = await withVault();
    const account = await azure.create("storage:StorageAccount", {
      resourceGroupName: "rg",
      accountName: "alpha",
      kind: "StorageV2",
      sku: { name: "Standard_LRS" },
    });
    await expect(
      azure.create("monitor:DiagnosticSetting", setting("a", { resourceUri: account.id })),
    ).rejects.toMatchObject({
      code: "BadRequest",
      message: expect.stringContaining("blobServices/default"),
    });
    await azure.create(
      "monitor:DiagnosticSetting",
      setting("a", { resourceUri: account.id, logs: [], metrics: [{ category: "Transaction", enabled: true }] }),
    );
  });

  it("is one of at most five", async () => {
    const { azure, setting } = await withVault();
    const logs = (index: number) => ({ logs: [{ category: `c${index}`, enabled: true }] });
    for (let index = 0; index < 5; index += 1)
      await azure.create("monitor:DiagnosticSetting", setting(`s${index}`, logs(index)), `s${index}`);
    await expect(azure.create("monitor:DiagnosticSetting", setting("s5", logs(5)), "s5")).rejects.toThrow("at most 5");
  });
});
it("an action group has a short name of at most 12 characters", async () => {
  const inputs = (groupShortName: string) => ({
    resourceGroupName: "rg",
    location: "global",
    actionGroupName: "ops",
    enabled: true,
    groupShortName,
  });
  await expect(new Azure().check("monitor:ActionGroup", inputs("a".repeat(13)))).rejects.toThrow(
    "GroupShortNameTooLong",
  );
  await new Azure().check("monitor:ActionGroup", inputs("a".repeat(12)));
});
it("an alert watches what exists and calls groups that exist", async () => {
  const azure = await Azure.withGroup();
  const alert = {
    resourceGroupName: "rg",
    location: "global",
    ruleName: "cpu",
    criteria: { odataType: "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria" },
    enabled: true,
    evaluationFrequency: "PT5M",
    severity: 2,
    windowSize: "PT5M",
    scopes: [group],
    actions: [{ actionGroupId: `${group}/providers/Microsoft.Insights/actionGroups/ops` }],
  };
  await expect(azure.create("monitor:MetricAlert", alert)).rejects.toMatchObject({ code: "ResourceNotFound" });
  await azure.create("monitor:ActionGroup", {
    resourceGroupName: "rg",
    location: "global",
    actionGroupName: "ops",
    enabled: true,
    groupShortName: "ops",
  });
  await azure.create("monitor:MetricAlert", alert);
  await expect(
    azure.create("monitor:MetricAlert", { ...alert, ruleName: "b", scopes: [`${group}/providers/a/b/c`] }),
  ).rejects.toMatchObject({ code: "ResourceNotFound" });
  await expect(azure.check("monitor:MetricAlert", { ...alert, severity: 5 })).rejects.toThrow("from 0 to 4");
});
describe("an alert rule", () => {
  async function withServer() {
    const { azure, logs, vault } = await vaultBesideLogs();
    const rule = {
      resourceGroupName: "rg",
      ruleName: "a",
      enabled: true,
      severity: 2,
      windowSize: "PT5M",
      evaluationFrequency: "PT1M",
    };
    const metric = (criterion: PropertyMap, more: PropertyMap = {}) =>
      azure.create("monitor:MetricAlert", {
        ...{ ...rule, location: "global", scopes: [group], ...more },
        criteria: {
          odataType: "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
          allOf: [
            {
              name: "a",
              metricNamespace: "Microsoft.App/containerApps",
              operator: "GreaterThan",
              threshold: 1,
              ...criterion,
            },
          ],
        },
      });
    const log = (more: PropertyMap) =>
      azure.create("monitor:ScheduledQueryRule", {
        ...{ ...rule, location: "swedencentral", scopes: [logs.id], evaluationFrequency: "PT5M" },
        criteria: {
          allOf: [
            { query: "Heartbeat\n| summarize Beats = count()", metricMeasureColumn: "Beats", timeAggregation: "Total" },
          ],
        },
        ...more,
      });
    return { vault, metric, log };
  }

  it("reads a metric, an aggregation and dimensions that its resource has", async () => {
    const { vault, metric } = await withServer();
    const scopes = [vault.id];
    const cpu = { metricName: "CpuPercentage", timeAggregation: "Average" };
    await expect(metric(cpu, { scopes })).rejects.toThrow(
      "is not one of the target resource's type 'microsoft.keyvault/vaults'",
    );
    const requests = { metricName: "Requests", timeAggregation: "Total" };
    // The group's own type is none that the namespace could differ from.
    const parts = { dimensions: [{ name: "statusClass", operator: "Include", values: ["5xx"] }] };
    const inGroup = (criterion: PropertyMap) =>
      metric({ metricNamespace: "microsoft.app/containerapps", ...criterion }, { scopes: [] });
    await expect(inGroup({ ...cpu, metricName: "CpuPercentge" })).rejects.toThrow('did you mean "CpuPercentage"?');
    await expect(inGroup({ ...requests, ...parts })).rejects.toThrow(
      "The dimension 'statusClass' is not one of 'Requests'",
    );
    await expect(
      inGroup({
        metricName: "DeadletteredMessages",
        timeAggregation: "Total",
        metricNamespace: "Microsoft.ServiceBus/namespaces",
      }),
    ).rejects.toThrow("'DeadletteredMessages' is not aggregated by 'Total'");
  });

  it("looks back and is checked as often as Azure offers", async () => {
    const { metric, log } = await withServer();
    const cpu = { metricName: "CpuPercentage", timeAggregation: "Average" };
    const schedule = (windowSize: string, evaluationFrequency: string) => ({
      scopes: [],
      windowSize,
      evaluationFrequency,
    });
    await expect(metric(cpu, schedule("PT10M", "PT1M"))).rejects.toThrow("windowSize 'PT10M' is not supported");
    await expect(metric(cpu, schedule("PT5M", "PT15M"))).rejects.toThrow("'PT15M' is longer than windowSize 'PT5M'");
    await expect(metric(cpu, schedule("PT15M", "PT2M"))).rejects.toThrow("evaluationFrequency 'PT2M' is not supported");
    await expect(log({ windowSize: "PT7M" })).rejects.toThrow("windowSize 'PT7M' is not supported");
    await expect(log({ evaluationFrequency: null })).rejects.toThrow("evaluationFrequency");
    await expect(log({ criteria: { allOf: [{ query: "Heartbeat", metricMeasureColumn: "Beats" }] } })).rejects.toThrow(
      "no column 'Beats'",
    );
    await expect(log({ windowSize: "P1D", overrideQueryTimeRange: "P7D" })).rejects.toThrow("it is P2D at most");
    const muted = { windowSize: "PT10M", muteActionsDuration: "P2D" };
    await expect(log({ ...muted, autoMitigate: true })).rejects.toThrow("cannot be set together");
    await log({ ...muted, autoMitigate: false, ruleName: "weekly" });
    await log({ windowSize: "PT10M" });
  });
});
describe("events of a vault", () => {
  it("come by one topic, and become alerts in the schema that these take", async () => {
    const { azure, vault } = await vaultBesideLogs();
    const topic = (source: unknown, systemTopicName = "vault") =>
      azure.create("eventgrid:SystemTopic", {
        ...{
          resourceGroupName: "rg",
          systemTopicName,
          location: "swedencentral",
          topicType: "Microsoft.KeyVault.vaults",
        },
        source: String(source),
      });
    await expect(topic(`${vault.id}x`)).rejects.toThrow("was not found");
    await topic(vault.id);
    await expect(topic(vault.id, "other")).rejects.toThrow("Only one system topic is allowed per source");
    const destination = { endpointType: "MonitorAlert", severity: "Sev2" };
    const subscription = (more: PropertyMap) =>
      azure.create("eventgrid:SystemTopicEventSubscription", {
        ...{ resourceGroupName: "rg", systemTopicName: "vault", eventSubscriptionName: "expiring" },
        ...{ eventDeliverySchema: "CloudEventSchemaV1_0", destination, ...more },
      });
    await expect(subscription({ eventDeliverySchema: "EventGridSchema" })).rejects.toThrow("CloudEventSchemaV1_0 only");
    await expect(subscription({ destination: { endpointType: "MonitorAlert" } })).rejects.toThrow("must be provided");
    const unknownGroup = { ...destination, actionGroups: [`${group}/providers/Microsoft.Insights/actionGroups/none`] };
    await expect(subscription({ destination: unknownGroup })).rejects.toThrow("was not found");
    await subscription({});
  });
});
describe("a budget", () => {
  const firstOfMonth = new Date(Date.UTC(new Date().getUTCFullYear(), new Date().getUTCMonth(), 1)).toISOString();
  const budget = (startDate: string, notifications: PropertyMap = {}) => ({
    scope: group,
    budgetName: "all",
    amount: 100,
    category: "Cost",
    timeGrain: "Monthly",
    timePeriod: { startDate },
    notifications,
  });
  const notification = { enabled: true, operator: "GreaterThan", threshold: 80, contactEmails: ["ops@example.test"] };

  it("begins on the first day of the running month or a later one", async () => {
    const azure = await Azure.withGroup();
    await expect(azure.check("consumption:Budget", budget("2026-01-02T00:00:00Z"))).rejects.toThrow(
      "InvalidBudgetStartDate",
    );
    await expect(azure.create("consumption:Budget", budget("2020-01-01T00:00:00Z"))).rejects.toMatchObject({
      code: "InvalidBudgetStartDate",
    });
    await azure.create("consumption:Budget", budget(firstOfMonth, { actual: notification }));
  });

  // Source: "Start date of budgets cannot be updated. Please delete and create a new budget.", Azure/CanadaPubSecALZ#317.
  it("keeps its first day, however that is written", async () => {
    const azure = await Azure.withGroup();
    const made = await azure.create("consumption:Budget", budget(firstOfMonth, { actual: notification }));
    const nextMonth = new Date(Date.UTC(new Date().getUTCFullYear(), new Date().getUTCMonth() + 1, 1)).toISOString();
    const later = budget(nextMonth, { actual: notification });
    expect((await azure.diff(made, later)).replaces).toEqual([]);
    await expect(azure.update(made, later)).rejects.toThrow("Start date of budgets cannot be updated");
    const same = { ...budget(firstOfMonth.replace(".000", ""), { actual: notification }), amount: 50 };
    expect((await azure.update(made, same)).outputs.amount).toBe(50);
  });

  it("watches a scope that exists", async () => {
    const azure = await Azure.withGroup();
    const elsewhere = { ...budget(firstOfMonth, { actual: notification }), scope: `${group}/providers/a/b/c` };
    await expect(azure.create("consumption:Budget", elsewhere)).rejects.toMatchObject({ code: "ResourceNotFound" });
  });

  it("notifies somebody, at most five times", async () => {
    const azure = new Azure();
    await expect(
      azure.check("consumption:Budget", budget(firstOfMonth, { actual: { ...notification, contactEmails: [] } })),
    ).rejects.toThrow("at least one of");
    await expect(
      azure.check("consumption:Budget", budget(firstOfMonth, { actual: { ...notification, threshold: 1001 } })),
    ).rejects.toThrow("from 0 to 1000");
    const six = Object.fromEntries(Array.from({ length: 6 }, (_, index) => [`n${index}`, notification]));
    await expect(azure.check("consumption:Budget", budget(firstOfMonth, six))).rejects.toThrow("TooManyNotifications");
  });
});
describe("workspaces and components", () => {
  it("hand out keys as secrets", async () => {
    const azure = await Azure.withGroup();
    const logs = await azure.create("operationalinsights:Workspace", workspace);
    expect(logs.outputs.customerId).toMatch(/^[0-9a-f-]{36}$/);
    expect((await azure.invoke("operationalinsights:getSharedKeys", workspace)).primarySharedKey).toBeInstanceOf(
      Secret,
    );
    const component = {
      resourceGroupName: "rg",
      resourceName: "ai",
      kind: "web",
      applicationType: "web",
      workspaceResourceId: logs.id,
    };
    const made = await azure.create("applicationinsights:Component", component);
    expect(made.outputs.connectionString).toBeInstanceOf(Secret);
    await expect(
      azure.create("applicationinsights:Component", {
        ...component,
        resourceName: "b",
        workspaceResourceId: `${logs.id}x`,
      }),
    ).rejects.toMatchObject({
      code: "ResourceNotFound",
    });
    await expect(azure.check("operationalinsights:Workspace", { ...workspace, retentionInDays: 7 })).rejects.toThrow(
      "from 30 to 730",
    );
  });
});

it("a workbook has a UUID for its name, and a notebook in it", async () => {
  const azure = new Azure();
  await azure.create("resources:ResourceGroup", { resourceGroupName: "rg", location: "swedencentral" });
  const workbook = (more: Record<string, string>) =>
    azure.create("applicationinsights:Workbook", {
      ...{ resourceGroupName: "rg", location: "swedencentral", category: "workbook", displayName: "Charts" },
      ...{
        resourceName: "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
        serializedData: '{"version":"Notebook/1.0","items":[]}',
      },
      ...more,
    });
  await expect(workbook({ resourceName: "charts" })).rejects.toThrow("a UUID");
  for (const serializedData of ["{", "{}", '{"version":"Notebook/1.0"}'])
    await expect(workbook({ serializedData })).rejects.toThrow("JSON document with version Notebook/1.0");
  await workbook({});
});

describe("a rule that keeps alerts back at night and at weekends", () => {
  it("does so at its times about what its conditions are about, and otherwise not", async () => {
    const azure = await Azure.withGroup();
    await azure.create("alertsmanagement:AlertProcessingRuleByName", {
      ...{ resourceGroupName: "rg", alertProcessingRuleName: "night", location: "global" },
      properties: {
        scopes: [group],
        conditions: [
          {
            field: "TargetResourceType",
            operator: "Equals",
            values: ["MICROSOFT.APP/CONTAINERAPPS", "Microsoft.App/jobs"],
          },
          { field: "TargetResourceType", operator: "NotEquals", values: ["Microsoft.App/jobs"] },
          { field: "AlertRuleName", operator: "DoesNotContain", values: ["of-night"] },
          { field: "AlertRuleName", operator: "Contains", values: ["A-rule"] },
        ],
        actions: [{ actionType: "RemoveAllActionGroups" }],
        schedule: {
          recurrences: [
            { recurrenceType: "Daily", startTime: "19:00:00", endTime: "04:30:00" },
            {
              recurrenceType: "Weekly",
              daysOfWeek: ["Saturday", "Sunday"],
              startTime: "04:00:00",
              endTime: "19:00:00",
            },
          ],
        },
      },
    });
    const isQuiet = (day: string, target = `${group}/providers/Microsoft.App/containerApps/api`, rule = "a-rule") =>
      azure.world.read((world) =>
        isSuppressed(world, { rule, targets: [target], severity: 0, at: Date.parse(`2026-11-${day}:00Z`) }),
      );
    // From a Friday to a Monday.
    const times = ["27T18:59", "27T19:00", "28T02:00", "28T12:00", "29T12:00", "29T23:59", "30T04:29", "30T04:30"];
    expect(await Promise.all(times.map((time) => isQuiet(time)))).toEqual([
      ...[false, true, true, true, true, true, true, false],
    ]);
    const app = "providers/Microsoft.App/containerApps/api";
    for (const other of [
      `${subscription}/resourceGroups/other/${app}`,
      `${group}/providers/Microsoft.App/jobs/api`,
      `${group}/providers/Microsoft.KeyVault/vaults/api`,
    ])
      expect([other, await isQuiet("28T12:00", other)]).toEqual([other, false]);
    for (const rule of ["a-rule-OF-NIGHT", "another"])
      expect([rule, await isQuiet("28T12:00", undefined, rule)]).toEqual([rule, false]);
  });
});
