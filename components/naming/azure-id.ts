import * as pulumi from "@pulumi/pulumi";

/**
 * The group and the name of something of Azure's, by its id.
 *
 * @example partsOfId("/subscriptions/…/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/net") // "rg" and "net"
 */
export function partsOfId(id: pulumi.Input<string>): {
  readonly resourceGroupName: pulumi.Output<string>;
  readonly name: pulumi.Output<string>;
} {
  const parts = pulumi.output(id).apply((path) => path.split("/"));
  return { resourceGroupName: parts.apply((path) => path[4] ?? ""), name: parts.apply((path) => path.at(-1) ?? "") };
}
