import { notApplicable } from "../../outcome";
import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireSet } from "../shared/requirements";

export const subnetSecurityGroup: PolicyRule = {
  id: "subnet-security-group",
  family: "public-access",
  benchmarkRow: 68,
  controls: ["CIS Azure 6.0 7.11", "CKV2_AZURE_31"],
  description: "Subnets have a network security group.",
  remediation: "Set networkSecurityGroup.id.",
  level: "mandatory",
  types: ["azure-native:network:Subnet"],
  evaluate: (subnet) => {
    const name = read(subnet, "subnetName");
    if (name.state === "known" && withoutGroup.includes(String(name.value))) {
      return notApplicable("Azure takes no security group in this subnet");
    }
    return requireSet(read(subnet, "networkSecurityGroup.id"));
  },
};

/** Subnets that Azure reserves for its gateways, which refuse a group. */
const withoutGroup = ["GatewaySubnet", "AzureFirewallSubnet", "AzureFirewallManagementSubnet", "RouteServerSubnet"];
