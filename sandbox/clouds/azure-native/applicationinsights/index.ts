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

export const applicationInsightsRules = [component];
