import type { PropertyMap } from "../../../../deployment/values/property-value";
import { type CheckFailure, ServiceError } from "../../../engine/provider";
import { flagAt, mapsAt, textAt, textsAt } from "../../read-property";
import type { ServiceContext } from "../../type-rule";
import { isWithin, nameOfId, sameId, typeOfId } from "../arm-id";
import { armType } from "../arm-type";
import { diagnosticSettingType, findResource, resourceNotFound, scopeExists } from "../existing-resources";
import { processingRule } from "./alert-processing";
import { refuseLogRule, refuseMetricRule } from "./alert-rules";
import { eventGridRules } from "./event-grid";
import { prometheusRules } from "./prometheus";

const sinks = ["workspaceId", "storageAccountId", "eventHubAuthorizationRuleId", "marketplacePartnerId"];

/** Source: Azure documentation, "Diagnostic settings in Azure Monitor: limitations". */
const maximumSettings = 5;

const diagnosticSetting = armType({
  type: "monitor:DiagnosticSetting",
  describedBy: ["monitor", "DiagnosticSettingsResource"],
  path: "{resourceUri}/providers/Microsoft.Insights/diagnosticSettings/{name}",
  name: {
    pattern: /^[^*<>%:&\\?+/]{1,260}$/,
    expected: "1 to 260 characters without * < > % : & \\ ? + /",
    code: "BadRequest",
  },
  required: ["logs[*].enabled", "metrics[*].enabled"],
  check: (inputs) =>
    sinks.some((sink) => inputs[sink] !== undefined)
      ? []
      : [{ property: "workspaceId", reason: `BadRequest: at least one data sink is needed: ${sinks.join(", ")}` }],
  service: {
    write: (context) => {
      const resource = textAt(context.inputs, "resourceUri") ?? "";
      if (!scopeExists(context.world, resource)) throw resourceNotFound(resource);
      const workspace = textAt(context.inputs, "workspaceId");
      if (workspace !== undefined && findResource(context.world, workspace) === undefined)
        throw resourceNotFound(workspace);
      refuseUnsupportedLogs(resource, context.inputs);
      refuseSharedSink(context);
    },
  },
});

/** A storage account itself writes metrics only; its logs belong to its blob, file, queue and table services. */
function refuseUnsupportedLogs(resource: string, inputs: PropertyMap): void {
  if (typeOfId(resource).toLowerCase() !== "microsoft.storage/storageaccounts") return;
  const [log] = mapsAt(inputs, "logs");
  if (log === undefined) return;
  const category = textAt(log, "category") ?? textAt(log, "categoryGroup");
  throw new ServiceError(
    "BadRequest",
    `Category '${category}' is not supported for ${resource}; set it on ${resource}/blobServices/default.`,
  );
}

function refuseSharedSink({ world, id, inputs }: ServiceContext): void {
  const resource = textAt(inputs, "resourceUri") ?? "";
  const others = world
    .list(diagnosticSettingType)
    .filter((setting) => isWithin(setting.id, resource) && !sameId(setting.id, id))
    .filter((setting) => sameId(setting.id.split(/\/providers\/Microsoft\.Insights\//i)[0], resource));
  if (others.length >= maximumSettings) {
    throw new ServiceError("BadRequest", `A resource takes at most ${maximumSettings} diagnostic settings.`);
  }
  for (const other of others) {
    const sink = sinks.find((key) => sameId(textAt(other.properties, key), textAt(inputs, key)));
    const category = enabledCategories(inputs).find((item) => enabledCategories(other.properties).includes(item));
    if (sink === undefined || category === undefined) continue;
    throw new ServiceError(
      "Conflict",
      `Data sink '${textAt(inputs, sink)}' is already used in diagnostic setting '${nameOfId(other.id)}' for category '${category}'. Data sinks can't be reused in different settings on the same category for the same resource.`,
      409,
    );
  }
}

function enabledCategories(setting: PropertyMap): readonly string[] {
  return [...mapsAt(setting, "logs"), ...mapsAt(setting, "metrics")]
    .filter((item) => flagAt(item, "enabled") === true)
    .flatMap((item) => textAt(item, "category") ?? textAt(item, "categoryGroup") ?? []);
}

const actionGroup = armType({
  type: "monitor:ActionGroup",
  describedBy: ["monitor", "ActionGroupResource"],
  path: "Microsoft.Insights/actionGroups/{actionGroupName}",
  name: {
    pattern: /^[^:<>+/&%\\?|]{1,260}$/,
    expected: "1 to 260 characters without : < > + / & % \\ ? |",
    code: "BadRequest",
  },
  located: "region-or-global",
  required: ["enabled", "groupShortName", "emailReceivers[*].name", "emailReceivers[*].emailAddress"],
  check: shortNameFailures,
});

function shortNameFailures(inputs: PropertyMap): readonly CheckFailure[] {
  const name = textAt(inputs, "groupShortName");
  if (name === undefined || (name.length >= 1 && name.length <= 12)) return [];
  const property = "groupShortName";
  return [
    {
      property,
      reason: `GroupShortNameTooLong: '${property}': expected 1 to 12 characters, got "${name}" (${name.length})`,
    },
  ];
}

/** Alerts watch something that exists and call action groups that exist. */
function requireAlertReferences({ world, inputs }: ServiceContext): void {
  for (const scope of textsAt(inputs, "scopes")) if (!scopeExists(world, scope)) throw resourceNotFound(scope);
  const groups = [
    ...mapsAt(inputs, "actions").flatMap((action) => textAt(action, "actionGroupId") ?? []),
    ...textsAt(inputs, "actions.actionGroups"),
  ];
  for (const group of groups) if (findResource(world, group) === undefined) throw resourceNotFound(group);
}

const severity = { minimum: 0, maximum: 4 };
const ruleName = {
  pattern: /^[^*#&+:<>?@%{}\\/]{1,260}$/,
  expected: "1 to 260 characters without * # & + : < > ? @ % { } \\ /",
  code: "BadRequest",
};

const metricAlert = armType({
  type: "monitor:MetricAlert",
  describedBy: ["monitor", "MetricAlertResource"],
  path: "Microsoft.Insights/metricAlerts/{ruleName}",
  name: ruleName,
  located: "region-or-global",
  required: ["criteria", "enabled", "evaluationFrequency", "scopes", "severity", "windowSize"],
  ranges: { severity },
  service: {
    write: (context) => {
      requireAlertReferences(context);
      refuseMetricRule(context.inputs);
    },
  },
});

const scheduledQueryRule = armType({
  type: "monitor:ScheduledQueryRule",
  path: "Microsoft.Insights/scheduledQueryRules/{ruleName}",
  name: ruleName,
  located: true,
  // azure-native asks for less than the service, which answers that these are missing. Source: terraform-provider-azurerm, as above.
  required: ["criteria", "evaluationFrequency", "scopes", "severity", "windowSize"],
  ranges: { severity },
  service: {
    write: (context) => {
      requireAlertReferences(context);
      refuseLogRule(context.inputs);
    },
  },
});

export const monitorRules = [
  diagnosticSetting,
  actionGroup,
  metricAlert,
  scheduledQueryRule,
  ...prometheusRules,
  processingRule,
  ...eventGridRules,
];
