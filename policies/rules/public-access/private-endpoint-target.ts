import { allOf, type RuleOutcome, violation } from "../../outcome";
import type { PolicyRule } from "../../rule";
import { items, type Reading, read, readWithin } from "../shared/property-reading";
import { requireSet } from "../shared/requirements";

export const privateEndpointTarget: PolicyRule = {
  id: "private-endpoint-target",
  family: "public-access",
  benchmarkRow: 69,
  controls: ["Azure Policy private-DNS family"],
  description: "Private endpoints say which part of a service they lead to.",
  remediation: "Give privateLinkServiceConnections[].groupIds.",
  level: "mandatory",
  types: ["azure-native:network:PrivateEndpoint"],
  evaluate: (endpoint) => {
    const connections = items(read(endpoint, "privateLinkServiceConnections"));
    if (connections.length === 0) return violation("privateLinkServiceConnections", "is empty");
    return allOf(connections.map((connection) => requireGroups(readWithin(connection, "groupIds"))));
  },
};

function requireGroups(groups: Reading): RuleOutcome {
  const [first] = items(groups);
  return first === undefined ? violation(groups.path, "is empty") : requireSet(first);
}
