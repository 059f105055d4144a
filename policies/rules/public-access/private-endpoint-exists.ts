import { privateServices } from "../../../lib/private-services";
import { notApplicable, undecided } from "../../outcome";
import type { StackRule } from "../../rule";
import { requireCompanion } from "../../stack-members";
import { anyReading } from "../shared/known-decision";
import { comparable, read } from "../shared/property-reading";

export const privateEndpointExists: StackRule = {
  id: "private-endpoint-exists",
  family: "public-access",
  benchmarkRow: 24,
  controls: ["CKV2_AZURE_57", "Azure Policy 5375a5bb", "CIS Azure 6.0 8.3.8"],
  description: "What is closed to the internet can be reached through a private endpoint.",
  remediation:
    "Make a PrivateEndpoint whose privateLinkServiceConnections name the resource, or let in declared addresses.",
  level: "mandatory",
  types: [...new Set(Object.values(privateServices).map(({ type }) => type))],
  companions: ["azure-native:network:PrivateEndpoint"],
  evaluate: (subject, members) => {
    if (read(subject, "network.delegatedSubnetResourceId").state !== "absent") {
      return notApplicable("it is in a subnet of its own");
    }
    const access = [read(subject, "publicNetworkAccess"), ...settings.map((path) => read(subject, path))];
    const closed = anyReading(access, (value) => comparable(value) === "disabled");
    if (closed.decision === "unknown") return undecided(closed.path);
    if (closed.decision === "no") return notApplicable("it is not closed");
    return requireCompanion(subject, members, {
      type: "azure-native:network:PrivateEndpoint",
      property: "privateLinkServiceConnections",
      missing: "is closed to the internet, and no private endpoint leads to it",
    });
  },
};

/** Where else services say whether they are closed: PostgreSQL and Key Vault. */
const settings = ["network.publicNetworkAccess", "properties.publicNetworkAccess"];
