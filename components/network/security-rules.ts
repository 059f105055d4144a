import type { input } from "@pulumi/azure-native/types";
import { type PrivateService, privateServices } from "../../lib/private-services";

/** A rule of a network security group. */
export type SecurityRule = input.network.SecurityRuleArgs;

/** What lives in a subnet decides who may talk to it. */
export type SubnetUse = "apps" | "postgres" | "privateEndpoints";

/**
 * The rules of a subnet's security group. Nothing is allowed in from the internet; what Azure's default rules would allow
 * (anything in the network) is narrowed to the ports the subnet serves, and the rest is denied by name.
 *
 * @param services the services that private endpoints of the network lead to
 */
export function securityRules(use: SubnetUse, services: readonly PrivateService[]): SecurityRule[] {
  return [...allowedInto(use, services), denyInbound];
}

/** Ports: Container Apps "Networking in Container Apps environment"; PostgreSQL "Private access" (5432, and 6432 for PgBouncer). */
function allowedInto(use: SubnetUse, services: readonly PrivateService[]): readonly SecurityRule[] {
  if (use === "apps")
    return [fromNetwork("allow-apps-in-network", 100, ["80", "443", "30000-32767"]), fromLoadBalancer];
  if (use === "postgres") return [fromNetwork("allow-postgres-in-network", 100, privateServices.postgres.ports)];
  const ports = [...new Set(services.flatMap((service) => privateServices[service].ports))];
  return ports.length === 0 ? [] : [fromNetwork("allow-endpoints-in-network", 100, ports)];
}

/** TCP from the network itself to the ports a subnet serves. */
function fromNetwork(name: string, priority: number, ports: readonly string[]): SecurityRule {
  return {
    name,
    priority,
    access: "Allow",
    direction: "Inbound",
    protocol: "Tcp",
    sourceAddressPrefix: "VirtualNetwork",
    sourcePortRange: "*",
    destinationAddressPrefix: "VirtualNetwork",
    destinationPortRanges: [...ports],
  };
}

const fromLoadBalancer: SecurityRule = {
  name: "allow-load-balancer-probes",
  priority: 120,
  access: "Allow",
  direction: "Inbound",
  protocol: "*",
  sourceAddressPrefix: "AzureLoadBalancer",
  sourcePortRange: "*",
  destinationAddressPrefix: "*",
  destinationPortRange: "*",
};

const denyInbound: SecurityRule = {
  name: "deny-everything-else",
  priority: 4096,
  access: "Deny",
  direction: "Inbound",
  protocol: "*",
  sourceAddressPrefix: "*",
  sourcePortRange: "*",
  destinationAddressPrefix: "*",
  destinationPortRange: "*",
};
