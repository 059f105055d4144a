import type { PropertyMap } from "../../../../deployment/values/property-value";
import { parseIsoDuration } from "../../../../lib/duration";
import { promqlProblem } from "../../../../lib/promql";
import { ServiceError } from "../../../engine/provider";
import { mapsAt, textAt, textsAt } from "../../read-property";
import { RepeatableRandom } from "../../repeatable-random";
import type { ServiceContext } from "../../type-rule";
import { typeOfId } from "../arm-id";
import { armType } from "../arm-type";
import { findResource, resourceNotFound } from "../existing-resources";

const workspaceType = "microsoft.monitor/accounts";

const metricsWorkspace = armType({
  type: "monitor:AzureMonitorWorkspace",
  path: "Microsoft.Monitor/accounts/{azureMonitorWorkspaceName}",
  name: {
    pattern: /^(?!-)[a-zA-Z0-9-]{3,62}[a-zA-Z0-9]$/,
    expected: "4 to 63 letters, digits and dashes, a letter or digit at both ends",
    code: "InvalidResourceName",
  },
  located: true,
  allowed: { publicNetworkAccess: ["Enabled", "Disabled"] },
  defaults: { publicNetworkAccess: "Enabled" },
  computed: {
    names: ["accountId", "defaultIngestionSettings", "metrics", "provisioningState"],
    stable: ["accountId"],
    values: ({ id, inputs }) => {
      const random = new RepeatableRandom(`metrics workspace ${id.toLowerCase()}`);
      const name = textAt(inputs, "azureMonitorWorkspaceName") ?? "";
      const region = textAt(inputs, "location") ?? "";
      const [, , subscription = ""] = id.split("/");
      // What Azure makes beside it, in a group of its own.
      const managed = `/subscriptions/${subscription}/resourceGroups/MA_${name}_${region}_managed/providers/Microsoft.Insights`;
      return {
        accountId: random.guid(),
        provisioningState: "Succeeded",
        defaultIngestionSettings: {
          dataCollectionEndpointResourceId: `${managed}/dataCollectionEndpoints/${name}`,
          dataCollectionRuleResourceId: `${managed}/dataCollectionRules/${name}`,
        },
        metrics: {
          internalId: `mac_${random.guid()}`,
          prometheusQueryEndpoint: `https://${name}-${random.hex(4)}.${region}.prometheus.monitor.azure.com`,
        },
      };
    },
  },
});

const collectionName = {
  pattern: /^[a-zA-Z0-9][a-zA-Z0-9-]{1,42}[a-zA-Z0-9]$/,
  expected: "3 to 44 letters, digits and dashes, a letter or digit at both ends",
  code: "InvalidResourceName",
};

const dataCollectionEndpoint = armType({
  type: "monitor:DataCollectionEndpoint",
  describedBy: ["monitor", "DataCollectionEndpointResource"],
  path: "Microsoft.Insights/dataCollectionEndpoints/{dataCollectionEndpointName}",
  name: collectionName,
  located: true,
  allowed: {
    kind: ["Linux", "Windows"],
    "networkAcls.publicNetworkAccess": ["Enabled", "Disabled", "SecuredByPerimeter"],
  },
  computed: {
    names: ["immutableId", "logsIngestion", "metricsIngestion", "configurationAccess", "provisioningState"],
    stable: ["immutableId", "metricsIngestion"],
    values: ({ id, inputs }) => {
      const random = new RepeatableRandom(`data collection ${id.toLowerCase()}`);
      const host = `${textAt(inputs, "dataCollectionEndpointName")}-${random.hex(4)}.${textAt(inputs, "location")}-1`;
      return {
        immutableId: `dce-${random.hex(32)}`,
        provisioningState: "Succeeded",
        logsIngestion: { endpoint: `https://${host}.ingest.monitor.azure.com` },
        metricsIngestion: { endpoint: `https://${host}.metrics.ingest.monitor.azure.com` },
        configurationAccess: { endpoint: `https://${host}.handler.control.monitor.azure.com` },
      };
    },
  },
});

const dataCollectionRule = armType({
  type: "monitor:DataCollectionRule",
  path: "Microsoft.Insights/dataCollectionRules/{dataCollectionRuleName}",
  name: collectionName,
  located: true,
  allowed: { kind: ["Linux", "Windows", "Direct"] },
  computed: {
    names: ["immutableId", "provisioningState"],
    stable: ["immutableId"],
    values: ({ id }) => ({
      immutableId: `dcr-${new RepeatableRandom(`data collection ${id.toLowerCase()}`).hex(32)}`,
      provisioningState: "Succeeded",
    }),
  },
  service: { write: refuseRule },
});

/** A rule names an endpoint and workspaces that are there, and flows lead from its streams to its destinations. */
function refuseRule({ world, inputs }: ServiceContext): void {
  const accounts = mapsAt(inputs, "destinations.monitoringAccounts");
  const named = [
    textAt(inputs, "dataCollectionEndpointId") ?? [],
    ...accounts.map((account) => textAt(account, "accountResourceId") ?? []),
  ].flat();
  for (const id of named) if (findResource(world, id) === undefined) throw resourceNotFound(id);
  const known = accounts.map((account) => textAt(account, "name"));
  for (const flow of mapsAt(inputs, "dataFlows")) {
    const stranger = textsAt(flow, "destinations").find((destination) => !known.includes(destination));
    if (stranger !== undefined)
      throw new ServiceError("InvalidPayload", `Data flow destination '${stranger}' is not among the destinations.`);
  }
}

const ruleGroup = armType({
  type: "alertsmanagement:PrometheusRuleGroup",
  path: "Microsoft.AlertsManagement/prometheusRuleGroups/{ruleGroupName}",
  name: {
    pattern: /^[^*#&+:<>?@%{}\\/]{1,260}$/,
    expected: "1 to 260 characters without * # & + : < > ? @ % { } \\ /",
    code: "BadRequest",
  },
  located: true,
  required: ["rules", "scopes", "rules[*].expression"],
  ranges: { "rules[*].severity": { minimum: 0, maximum: 4 } },
  defaults: { enabled: true, interval: "PT1M" },
  service: { write: refuseRuleGroup },
});

/** Source: Azure Monitor service limits, "Prometheus rules per rule group"; it cannot be raised. */
const rulesOfGroup = 20;

/**
 * Sources: azure-rest-api-specs, Microsoft.AlertsManagement `PrometheusRuleGroups` 2023-03-01 (one workspace, intervals of 1 to 15 minutes);
 * hashicorp/terraform-provider-azurerm, `monitor_alert_prometheus_rule_group_resource.go` (what a rule says).
 */
function refuseRuleGroup({ world, inputs }: ServiceContext): void {
  const scopes = textsAt(inputs, "scopes");
  const workspaces = scopes.filter((scope) => typeOfId(scope).toLowerCase() === workspaceType);
  if (workspaces.length !== 1) throw badRequest("A rule group has exactly one Azure Monitor workspace in its scopes.");
  for (const scope of scopes) if (findResource(world, scope) === undefined) throw resourceNotFound(scope);
  const interval = parseIsoDuration(textAt(inputs, "interval") ?? "PT1M") ?? 0;
  if (interval < 60 || interval > 900) throw badRequest("The interval should be between 1 and 15 minutes.");
  const rules = mapsAt(inputs, "rules");
  if (rules.length > rulesOfGroup)
    throw badRequest(`A rule group has at most ${rulesOfGroup} rules, and this one has ${rules.length}.`);
  for (const rule of rules) refuseRuleOfGroup(rule);
  const groups = rules
    .flatMap((rule) => mapsAt(rule, "actions"))
    .flatMap((action) => textAt(action, "actionGroupId") ?? []);
  for (const group of groups) if (findResource(world, group) === undefined) throw resourceNotFound(group);
}

function refuseRuleOfGroup(rule: PropertyMap): void {
  const [alert, record] = [textAt(rule, "alert"), textAt(rule, "record")];
  const name = alert ?? record ?? "";
  if ((alert === undefined) === (record === undefined))
    throw badRequest("One and only one of 'alert' and 'record' must be set in each rule.");
  const ofAlerts = ["actions", "annotations", "for", "resolveConfiguration", "severity"].find(
    (key) => rule[key] !== undefined,
  );
  if (record !== undefined && ofAlerts !== undefined)
    throw badRequest(`'${ofAlerts}' must be empty in the recording rule '${name}'.`);
  const problem = promqlProblem(textAt(rule, "expression") ?? "");
  if (problem !== undefined) throw badRequest(`The expression of '${name}' is not valid PromQL: ${problem}.`);
}

function badRequest(message: string): ServiceError {
  return new ServiceError("BadRequest", message);
}

export const prometheusRules = [metricsWorkspace, dataCollectionEndpoint, dataCollectionRule, ruleGroup];
