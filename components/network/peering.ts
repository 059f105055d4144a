import { VirtualNetworkPeering } from "@pulumi/azure-native/network";
import { VirtualNetworkLink } from "@pulumi/azure-native/privatedns";
import type * as pulumi from "@pulumi/pulumi";
import { overlaps, parseAlignedBlock } from "../../lib/ipv4";
import { refusal } from "../../lib/refusal";
import type { StackContext } from "../context/stack-context";
import { partsOfId } from "../naming/azure-id";
import { physicalName } from "../naming/physical-name";

/** Another network, as this one is connected with it. */
export interface PeerNetwork {
  readonly networkId: pulumi.Input<string>;
  /** Its blocks, which must not overlap with ours, nor with those of another peer. */
  readonly addressSpace: string;
  /**
   * The private zone in which its databases have their names. With it the other network needs to know nothing of this one: the way
   * back is made here, too, and the names of each network's databases are known in both. Default: the other makes its own way.
   */
  readonly databaseZoneId?: pulumi.Input<string>;
}

/** The network that is connected with another. */
interface OwnNetwork {
  readonly context: StackContext;
  readonly resourceGroupName: pulumi.Input<string>;
  readonly id: pulumi.Output<string>;
  readonly name: pulumi.Output<string>;
  readonly addressSpace: string;
  readonly databaseZoneId: pulumi.Input<string> | undefined;
  /** Its last part: a network takes one change at a time. */
  readonly after: pulumi.Resource;
}

/**
 * Connects a network with another.
 *
 * @param name the network's logical name
 * @param peer part of the names. @example "prod"
 * @returns what there has to be before anything goes over it
 */
export function connectNetworks(
  name: string,
  peer: string,
  own: OwnNetwork,
  other: PeerNetwork,
  parent: pulumi.Resource,
): readonly pulumi.Resource[] {
  const [ours, theirs] = [own.addressSpace, other.addressSpace].map(parseAlignedBlock);
  if (ours !== undefined && theirs !== undefined && overlaps(ours, theirs))
    throw refusal(`Network "${name}"`, [
      `its blocks ${own.addressSpace} overlap with ${other.addressSpace} of the peer "${peer}"`,
    ]);
  const { context, resourceGroupName } = own;
  const logicalName = `${name}-peer-${peer}`;
  const way = (suffix: string, network: NamedNetwork, to: pulumi.Input<string>, after: pulumi.Resource) =>
    new VirtualNetworkPeering(
      `${logicalName}${suffix}`,
      {
        resourceGroupName: network.resourceGroupName,
        virtualNetworkName: network.name,
        virtualNetworkPeeringName: physicalName(context, "networkPeering", peer),
        remoteVirtualNetwork: { id: to },
        allowVirtualNetworkAccess: true,
        // What comes from elsewhere stays there: a peer is no way to the peer's peers.
        allowForwardedTraffic: false,
        allowGatewayTransit: false,
        useRemoteGateways: false,
      },
      { parent, dependsOn: [after] },
    );
  const there = way("", { resourceGroupName, name: own.name }, other.networkId, own.after);
  if (other.databaseZoneId === undefined) return [there];

  const link = (suffix: string, zoneId: pulumi.Input<string>, networkId: pulumi.Input<string>) => {
    const zone = partsOfId(zoneId);
    return new VirtualNetworkLink(
      `${logicalName}${suffix}`,
      {
        resourceGroupName: zone.resourceGroupName,
        location: "global",
        privateZoneName: zone.name,
        virtualNetworkLinkName: physicalName(context, "virtualNetworkLink", logicalName),
        virtualNetwork: { id: networkId },
        registrationEnabled: false,
      },
      { parent },
    );
  };
  return [
    there,
    way("-back", partsOfId(other.networkId), own.id, there),
    link("", other.databaseZoneId, own.id),
    ...(own.databaseZoneId === undefined ? [] : [link("-back", own.databaseZoneId, other.networkId)]),
  ];
}

interface NamedNetwork {
  readonly resourceGroupName: pulumi.Input<string>;
  readonly name: pulumi.Input<string>;
}
