import {
  PrivateEndpoint as AzurePrivateEndpoint,
  type PrivateEndpointArgs as AzurePrivateEndpointArgs,
  PrivateDnsZoneGroup,
} from "@pulumi/azure-native/network";
import * as inputs from "@pulumi/azure-native/types/input";
import * as pulumi from "@pulumi/pulumi";
import { type PrivateService, privateServices } from "../../lib/private-services";
import { refusal } from "../../lib/refusal";
import type { StackContext } from "../context/stack-context";
import { physicalName } from "../naming/physical-name";
import type { PrivateNetwork } from "../network/private-network";
import { withKnownParts } from "../transform/known-parts";
import { type Transform, transformed } from "../transform/transform";
import type { ReachPlan } from "./reach-plan";

export interface PrivateEndpointArgs {
  readonly context: StackContext;
  readonly resourceGroupName: pulumi.Input<string>;
  /** The network that gets the address. Replacement: another subnet replaces the endpoint. */
  readonly network: PrivateNetwork;
  /** What kind of thing it leads to. Replacement: as the target. @example "blob" */
  readonly service: PrivateService;
  /** The Azure id of what it leads to. Replacement: another target replaces the endpoint. */
  readonly targetId: pulumi.Input<string>;
  readonly transform?: { readonly endpoint?: Transform<AzurePrivateEndpointArgs> };
}

/** An address in the network for something outside it, and the name that leads there. */
export class PrivateEndpoint extends pulumi.ComponentResource {
  readonly id: pulumi.Output<string>;
  /** The endpoint's id, known once its name is there too: what goes through it waits for this. */
  readonly ready: pulumi.Output<string>;

  constructor(name: string, args: PrivateEndpointArgs, opts?: pulumi.ComponentResourceOptions) {
    super("landscape:reach:PrivateEndpoint", name, {}, opts);
    const { context, resourceGroupName, network, service, targetId } = args;
    const zoneId = network.zoneIds[service];
    if (zoneId === undefined) {
      throw refusal(`PrivateEndpoint "${name}"`, [
        `the network has no private DNS zone for "${service}"; add it to the network's privateDnsZones`,
      ]);
    }
    const endpoint = new AzurePrivateEndpoint(
      ...withKnownParts(
        transformed<AzurePrivateEndpointArgs>(
          args.transform?.endpoint,
          name,
          {
            resourceGroupName,
            location: context.location,
            privateEndpointName: physicalName(context, "privateEndpoint", name, service),
            subnet: { id: network.endpointsSubnetId },
            privateLinkServiceConnections: [
              { name: service, privateLinkServiceId: targetId, groupIds: [privateServices[service].groupId] },
            ],
          },
          { parent: this },
        ),
        { subnet: inputs.network.subnetArgsProvideDefaults },
      ),
    );
    this.id = endpoint.id;
    const names = new PrivateDnsZoneGroup(
      name,
      {
        resourceGroupName,
        privateEndpointName: endpoint.name,
        // Azure allows one group an endpoint; this is the name its own tools give it.
        privateDnsZoneGroupName: "default",
        privateDnsZoneConfigs: [{ name: service, privateDnsZoneId: zoneId }],
      },
      { parent: this },
    );
    this.ready = pulumi.all([endpoint.id, names.id]).apply(([id]) => id);
    this.registerOutputs({ id: this.id });
  }
}

/**
 * The private endpoint that a plan asks for; none when nobody comes through the network.
 *
 * @param name the logical name of what it leads to
 */
export function plannedEndpoint(
  name: string,
  plan: ReachPlan,
  args: Omit<PrivateEndpointArgs, "network"> & { readonly network: PrivateNetwork | undefined },
  parent: pulumi.Resource,
): PrivateEndpoint | undefined {
  if (!plan.privateEndpoint || args.network === undefined) return undefined;
  return new PrivateEndpoint(`${name}-${args.service}`, { ...args, network: args.network }, { parent });
}

/** A value that is known once an endpoint, if there is one, can be used: whoever uses the value waits for the way to it. */
export function onceReachable(
  value: pulumi.Output<string>,
  endpoint: PrivateEndpoint | undefined,
): pulumi.Output<string> {
  return endpoint === undefined ? value : pulumi.all([value, endpoint.ready]).apply(([known]) => known);
}
