import { valueAt } from "../../../../lib/property-path";
import { ServiceError } from "../../../engine/provider";
import { textAt } from "../../read-property";
import { RepeatableRandom } from "../../repeatable-random";
import { armType } from "../arm-type";
import { findResource, resourceNotFound } from "../existing-resources";

const component = armType({
  type: "applicationinsights:Component",
  path: "Microsoft.Insights/components/{resourceName}",
  name: {
    pattern: /^[^%&\\?/]{0,254}[^%&\\?/ .]$/,
    expected: "1 to 255 characters without % & \\ ? /, no final space or dot",
    code: "InvalidResourceName",
  },
  located: true,
  required: ["applicationType", "kind"],
  allowed: {
    applicationType: ["web", "other"],
    ingestionMode: ["ApplicationInsights", "ApplicationInsightsWithDiagnosticSettings", "LogAnalytics"],
  },
  defaults: {
    ingestionMode: "LogAnalytics",
    publicNetworkAccessForIngestion: "Enabled",
    publicNetworkAccessForQuery: "Enabled",
    retentionInDays: 90,
    disableLocalAuth: false,
  },
  createOnly: ["applicationType"],
  computed: {
    names: ["appId", "applicationId", "connectionString", "instrumentationKey", "provisioningState", "tenantId"],
    stable: ["appId", "connectionString", "instrumentationKey"],
    values: ({ id, inputs }) => {
      const random = new RepeatableRandom(`component ${id.toLowerCase()}`);
      const instrumentationKey = random.guid();
      const appId = random.guid();
      const location = textAt(inputs, "location") ?? "";
      return {
        appId,
        applicationId: textAt(inputs, "resourceName") ?? "",
        instrumentationKey,
        connectionString: `InstrumentationKey=${instrumentationKey};IngestionEndpoint=https://${location}-1.in.applicationinsights.azure.com/;ApplicationId=${appId}`,
        provisioningState: "Succeeded",
      };
    },
  },
  secretOutputs: ["connectionString", "instrumentationKey"],
  service: {
    write: ({ world, inputs }) => {
      const workspace = textAt(inputs, "workspaceResourceId");
      if (workspace !== undefined && findResource(world, workspace) === undefined) throw resourceNotFound(workspace);
    },
  },
});

/** A page of charts. Source: azure-rest-api-specs, Microsoft.Insights/workbooks, 2023-06-01; the words of its refusals are the sandbox's. */
const workbook = armType({
  type: "applicationinsights:Workbook",
  path: "Microsoft.Insights/workbooks/{resourceName}",
  name: {
    pattern: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
    expected: "a UUID",
    code: "BadRequest",
    automatic: "guid",
  },
  located: true,
  required: ["category", "displayName", "serializedData"],
  allowed: { kind: ["shared"] },
  createOnly: ["sourceId"],
  computed: {
    names: ["revision", "timeModified", "userId"],
    values: () => ({ revision: "1", timeModified: "", userId: "" }),
  },
  service: {
    write: ({ inputs }) => {
      if (isNotebook(textAt(inputs, "serializedData") ?? "")) return;
      throw new ServiceError(
        "BadRequest",
        "The serializedData of a workbook is a JSON document with version Notebook/1.0.",
      );
    },
  },
});

function isNotebook(text: string): boolean {
  try {
    const parsed: unknown = JSON.parse(text);
    return valueAt(parsed, ["version"]) === "Notebook/1.0" && Array.isArray(valueAt(parsed, ["items"]));
  } catch {
    return false;
  }
}

export const applicationInsightsRules = [component, workbook];
