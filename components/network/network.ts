import {
  type NatGatewayArgs,
  NetworkSecurityGroup,
  type NetworkSecurityGroupArgs,
  Subnet,
  type SubnetArgs,
  VirtualNetwork,
  type VirtualNetworkArgs,
} from "@pulumi/azure-native/network";
import { PrivateZone, VirtualNetworkLink } from "@pulumi/azure-native/privatedns";
import type { input } from "@pulumi/azure-native/types";
import * as pulumi from "@pulumi/pulumi";
import { argumentProblems } from "../../lib/located-yaml/schema-problems";
import { type PrivateService, privateServices } from "../../lib/private-services";
import { refuse } from "../../lib/refusal";
import type { StackContext } from "../context/stack-context";
import { physicalName } from "../naming/physical-name";
import { type Transform, transformed } from "../transform/transform";
import { makeOutbound } from "./outbound";
import { connectNetworks, type PeerNetwork } from "./peering";
import type { AppsNetwork, PostgresNetwork, PrivateNetwork } from "./private-network";
import { defaultZones, type NatInventory, networkSchema } from "./schema";

export interface NetworkArgs {
  readonly context: StackContext;
  /** Replacement: another group replaces the network and everything in it. */
  readonly resourceGroupName: pulumi.Input<string>;
  /** The whole network. @example "10.20.0.0/16" */
  readonly addressSpace: string;
  /** The parts of the network: inside it, without overlap. A subnet in use cannot move. */
  readonly subnets: {
    /** Container Apps environments: /27 or larger. @example "10.20.0.0/23" */
    readonly apps: string;
    /** PostgreSQL servers: /28 or larger. Default: no such subnet. @example "10.20.2.0/28" */
    readonly postgres?: string | undefined;
    /** Private endpoints. @example "10.20.3.0/26" */
    readonly privateEndpoints: string;
  };
  /** A NAT gateway, so that apps call the world from fixed addresses. Default: addresses of Azure's that change. */
  readonly nat?: NatInventory | undefined;
  /** The services whose private endpoints get a name here. Default: blob and vault. Each zone costs about 0.50 USD a month. */
  readonly privateDnsZones?: readonly PrivateService[] | undefined;
  readonly transform?: {
    readonly network?: Transform<VirtualNetworkArgs>;
    readonly subnet?: Transform<SubnetArgs>;
    readonly securityGroup?: Transform<NetworkSecurityGroupArgs>;
    readonly natGateway?: Transform<NatGatewayArgs>;
  };
}

const delegations: Readonly<Partial<Record<SubnetUse, string>>> = {
  apps: "Microsoft.App/environments",
  postgres: "Microsoft.DBforPostgreSQL/flexibleServers",
};

/**
 * A virtual network with a subnet for apps, one for databases and one for private endpoints, each behind its own security group,
 * and the private DNS zones that give endpoints their names.
 */
export class Network extends pulumi.ComponentResource implements AppsNetwork, PrivateNetwork {
  readonly id: pulumi.Output<string>;
  readonly addressSpace: string;
  readonly appsSubnetId: pulumi.Output<string>;
  readonly endpointsSubnetId: pulumi.Output<string>;
  /** Where PostgreSQL servers go; undefined without a subnet for them. */
  readonly postgres: PostgresNetwork | undefined;
  readonly zoneIds: Readonly<Partial<Record<PrivateService, pulumi.Output<string>>>>;
  /** The fixed addresses that its apps call the world from; undefined without a NAT gateway. */
  readonly outboundAddresses: pulumi.Output<readonly string[]> | undefined;
  /** The blocks that a tailnet router advertises: endpoints, and databases where there are any. */
  readonly privateBlocks: readonly string[];

  readonly #name: string;
  readonly #args: NetworkArgs;
  readonly #services: readonly PrivateService[];
  readonly #network: VirtualNetwork;
  /** The last subnet made: a network takes one change at a time. */
  #lastSubnet: pulumi.Resource;

  constructor(name: string, args: NetworkArgs, opts?: pulumi.ComponentResourceOptions) {
    super("landscape:network:Network", name, {}, opts);
    refuse(`Network "${name}"`, argumentProblems(networkSchema, args), args);
    this.#name = name;
    this.#args = args;
    this.#services = args.privateDnsZones ?? defaultZones;

    this.#network = new VirtualNetwork(
      ...transformed(
        args.transform?.network,
        name,
        {
          resourceGroupName: args.resourceGroupName,
          location: args.context.location,
          virtualNetworkName: physicalName(args.context, "virtualNetwork", name),
          addressSpace: { addressPrefixes: [args.addressSpace] },
        },
        // Subnets are resources of their own; Azure lists them in the network too.
        { parent: this, ignoreChanges: ["subnets"] },
      ),
    );
    this.#lastSubnet = this.#network;
    this.id = this.#network.id;
    this.addressSpace = args.addressSpace;

    const outbound = args.nat && makeOutbound(name, args.nat, { ...args, transform: args.transform?.natGateway }, this);
    this.outboundAddresses = outbound?.addresses;
    this.appsSubnetId = this.#subnet("apps", args.subnets.apps, outbound?.gatewayId).id;
    this.endpointsSubnetId = this.#subnet("privateEndpoints", args.subnets.privateEndpoints).id;
    this.postgres = args.subnets.postgres === undefined ? undefined : this.#postgres(args.subnets.postgres);
    this.zoneIds = Object.fromEntries(
      this.#services.map((service) => [service, this.#zone(service, privateServices[service].zone)]),
    );
    this.privateBlocks = [args.subnets.privateEndpoints, args.subnets.postgres].filter((block) => block !== undefined);
    this.registerOutputs({
      id: this.id,
      appsSubnetId: this.appsSubnetId,
      endpointsSubnetId: this.endpointsSubnetId,
      zoneIds: this.zoneIds,
    });
  }

  /**
   * The way to another network, for what this one reads there.
   *
   * @param name part of the logical name. Replacement: another name replaces the peering. @example "prod"
   * @returns what there has to be before anything goes over it
   */
  peer(name: string, peer: PeerNetwork): readonly pulumi.Resource[] {
    const own = {
      ...this.#args,
      id: this.id,
      name: this.#network.name,
      databaseZoneId: this.postgres?.zoneId,
      after: this.#lastSubnet,
    };
    return connectNetworks(this.#name, name, own, peer, this);
  }

  #subnet(use: SubnetUse, block: string, natGatewayId?: pulumi.Input<string>): Subnet {
    const { context, resourceGroupName, transform } = this.#args;
    const name = `${this.#name}-${use === "privateEndpoints" ? "endpoints" : use}`;
    const group = new NetworkSecurityGroup(
      ...transformed(
        transform?.securityGroup,
        name,
        {
          resourceGroupName,
          location: context.location,
          networkSecurityGroupName: physicalName(context, "networkSecurityGroup", name),
          securityRules: securityRules(use, this.#services),
        },
        { parent: this },
      ),
    );
    const service = delegations[use];
    const subnet = new Subnet(
      ...transformed<SubnetArgs>(
        transform?.subnet,
        name,
        {
          resourceGroupName,
          virtualNetworkName: this.#network.name,
          subnetName: physicalName(context, "subnet", name),
          addressPrefix: block,
          networkSecurityGroup: { id: group.id },
          ...(natGatewayId === undefined ? {} : { natGateway: { id: natGatewayId } }),
          delegations: service === undefined ? [] : [{ name: use, serviceName: service }],
          // Security group rules apply to private endpoints only where the subnet says so.
          privateEndpointNetworkPolicies: use === "privateEndpoints" ? "NetworkSecurityGroupEnabled" : "Disabled",
        },
        { parent: this, dependsOn: [this.#lastSubnet] },
      ),
    );
    this.#lastSubnet = subnet;
    return subnet;
  }

  /** A server in the network is named in a zone that may not be the server's own name. */
  #postgres(block: string): PostgresNetwork {
    const { project, environment } = this.#args.context;
    const zone = `${project}-${environment}.private.postgres.database.azure.com`;
    return { subnetId: this.#subnet("postgres", block).id, zoneId: this.#zone("postgres-servers", zone) };
  }

  /** The zone's id, known only once it is linked: a name that does not resolve is of no use. */
  #zone(part: string, zoneName: string): pulumi.Output<string> {
    const { context, resourceGroupName } = this.#args;
    const name = `${this.#name}-${part}`;
    const zone = new PrivateZone(
      name,
      { resourceGroupName, location: "global", privateZoneName: zoneName },
      { parent: this },
    );
    const link = new VirtualNetworkLink(
      name,
      {
        resourceGroupName,
        location: "global",
        privateZoneName: zone.name,
        virtualNetworkLinkName: physicalName(context, "virtualNetworkLink", name),
        virtualNetwork: { id: this.id },
        registrationEnabled: false,
      },
      { parent: this },
    );
    return pulumi.all([zone.id, link.id]).apply(([zoneId]) => zoneId);
  }
}

/** A rule of a network security group. */
type SecurityRule = input.network.SecurityRuleArgs;

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

/**
 * Ports: Container Apps "Networking in Container Apps environment"; PostgreSQL "Private access" (5432, and 6432 for PgBouncer).
 *
 * Calls from the internet to an external environment need no rule: they come in at the public address beside the network, which no
 * security group filters; the apps' own lists do. Source: Container Apps, "Securing a custom VNET with network security groups", inbound.
 */
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
