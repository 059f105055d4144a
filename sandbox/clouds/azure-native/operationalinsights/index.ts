import { RepeatableRandom } from "../../repeatable-random";
import { armType } from "../arm-type";

const workspace = armType({
  type: "operationalinsights:Workspace",
  describedBy: ["operationalinsights", "Workspace", "workspaceName"],
  path: "Microsoft.OperationalInsights/workspaces/{workspaceName}",
  name: {
    pattern: /^[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]$/,
    expected: "4 to 63 letters, digits and dashes, a letter or digit at both ends",
    code: "InvalidResourceName",
  },
  located: true,
  allowed: {
    "sku.name": [
      "Free",
      "Standard",
      "Premium",
      "PerNode",
      "PerGB2018",
      "Standalone",
      "CapacityReservation",
      "LACluster",
    ],
    publicNetworkAccessForIngestion: ["Enabled", "Disabled", "SecuredByPerimeter"],
    publicNetworkAccessForQuery: ["Enabled", "Disabled", "SecuredByPerimeter"],
  },
  ranges: { retentionInDays: { minimum: 30, maximum: 730 } },
  defaults: {
    sku: { name: "PerGB2018" },
    retentionInDays: 30,
    publicNetworkAccessForIngestion: "Enabled",
    publicNetworkAccessForQuery: "Enabled",
    workspaceCapping: { dailyQuotaGb: -1 },
  },
  computed: {
    names: ["customerId", "provisioningState", "createdDate"],
    stable: ["customerId"],
    values: ({ id }) => ({
      customerId: new RepeatableRandom(`workspace ${id.toLowerCase()}`).guid(),
      provisioningState: "Succeeded",
      createdDate: "2026-01-01T00:00:00Z",
    }),
  },
});

/** The shared keys that a workspace hands out, the same for the same workspace. */
export function workspaceKeys(id: string) {
  const random = new RepeatableRandom(`workspace keys ${id.toLowerCase()}`);
  return { primarySharedKey: `${random.hex(86)}==`, secondarySharedKey: `${random.hex(86)}==` };
}

export const operationalInsightsRules = [workspace];
