import { NatGateway, type NatGatewayArgs, PublicIPAddress } from "@pulumi/azure-native/network";
import * as pulumi from "@pulumi/pulumi";
import type { StackContext } from "../context/stack-context";
import { physicalName } from "../naming/physical-name";
import { type Transform, transformed } from "../transform/transform";
import type { NatInventory } from "./schema";

/** Where a network's gateway goes. */
interface OutboundPlace {
  readonly context: StackContext;
  readonly resourceGroupName: pulumi.Input<string>;
  readonly transform?: Transform<NatGatewayArgs> | undefined;
}

/** The way out of a network's apps: a NAT gateway, and the addresses that the world sees them at. Nobody comes in by them. */
export interface Outbound {
  readonly gatewayId: pulumi.Output<string>;
  readonly addresses: pulumi.Output<readonly string[]>;
}

/**
 * A NAT gateway with fixed addresses. It is in one zone, and its addresses with it: where the zone is lost, apps call nobody outside until
 * the gateway is made again elsewhere. Without a zone Azure chooses one and does not say which.
 * Source: Azure documentation, "Reliability in Azure NAT Gateway".
 *
 * @param name the logical name of the network
 */
export function makeOutbound(
  name: string,
  { addresses: count = 1, zone }: NatInventory,
  { context, resourceGroupName, transform }: OutboundPlace,
  parent: pulumi.Resource,
): Outbound {
  const zones = zone === undefined ? {} : { zones: [zone] };
  const addresses = Array.from({ length: count }, (_, index) => {
    const logicalName = `${name}-nat-${index + 1}`;
    return new PublicIPAddress(
      logicalName,
      {
        resourceGroupName,
        location: context.location,
        publicIpAddressName: physicalName(context, "publicIpAddress", logicalName),
        sku: { name: "Standard", tier: "Regional" },
        publicIPAllocationMethod: "Static",
        publicIPAddressVersion: "IPv4",
        ...zones,
      },
      { parent },
    );
  });
  const gateway = new NatGateway(
    ...transformed<NatGatewayArgs>(
      transform,
      `${name}-nat`,
      {
        resourceGroupName,
        location: context.location,
        natGatewayName: physicalName(context, "natGateway", `${name}-nat`),
        sku: { name: "Standard" },
        publicIpAddresses: addresses.map(({ id }) => ({ id })),
        ...zones,
      },
      { parent },
    ),
  );
  return {
    gatewayId: gateway.id,
    addresses: pulumi.all(addresses.map(({ ipAddress }) => ipAddress)).apply((list) => list.map((one) => one ?? "")),
  };
}
