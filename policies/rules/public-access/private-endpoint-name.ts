import type { StackRule } from "../../rule";
import { requireCompanion } from "../../stack-members";

export const privateEndpointName: StackRule = {
  id: "private-endpoint-name",
  family: "public-access",
  benchmarkRow: 69,
  controls: ["Azure Policy private-DNS family"],
  description: "The name of what is behind a private endpoint leads to the endpoint.",
  remediation: "Make a PrivateDnsZoneGroup for the endpoint.",
  level: "mandatory",
  types: ["azure-native:network:PrivateEndpoint"],
  companions: ["azure-native:network:PrivateDnsZoneGroup"],
  evaluate: (endpoint, members) =>
    requireCompanion(endpoint, members, {
      type: "azure-native:network:PrivateDnsZoneGroup",
      property: "privateEndpointName",
      missing: "has no DNS zone group, so names lead past it",
    }),
};
