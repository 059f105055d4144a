import { Azure, type Deployed, subnetFor } from "./azure-fixture";

export const network = {
  resourceGroupName: "rg",
  virtualNetworkName: "net",
  addressSpace: { addressPrefixes: ["10.20.0.0/16"] },
};
export const subnet = (subnetName: string, addressPrefix: string) => ({
  resourceGroupName: "rg",
  virtualNetworkName: "net",
  subnetName,
  addressPrefix,
});
export function endpoint(subnetId: string, target: string, groupId = "blob") {
  return {
    resourceGroupName: "rg",
    privateEndpointName: "pe",
    subnet: { id: subnetId },
    privateLinkServiceConnections: [{ name: "c", privateLinkServiceId: target, groupIds: [groupId] }],
  };
}
export async function withAccount(): Promise<{ azure: Azure; account: Deployed; endpoints: Deployed }> {
  const azure = await Azure.withGroup();
  const account = await azure.create("storage:StorageAccount", {
    resourceGroupName: "rg",
    accountName: "alpha",
    kind: "StorageV2",
    sku: { name: "Standard_LRS" },
  });
  return { azure, account, endpoints: await subnetFor(azure, undefined, "10.20.4.0/26") };
}

/** A private endpoint with its zone, which the network is linked to, and its name in it. The network is the one of `subnetFor`. */
export async function privateWay(
  azure: Azure,
  to: { readonly target: Deployed; readonly groupId: string; readonly zone: string; readonly subnet: Deployed },
): Promise<void> {
  await azure.create("network:PrivateEndpoint", endpoint(to.subnet.id, to.target.id, to.groupId));
  const zone = { resourceGroupName: "rg", privateZoneName: to.zone, location: "global" };
  const made = await azure.create("privatedns:PrivateZone", zone, to.zone);
  await azure.create("privatedns:VirtualNetworkLink", {
    ...{ ...zone, virtualNetworkLinkName: "net", registrationEnabled: false },
    virtualNetwork: { id: to.subnet.id.replace(/\/subnets\/.*/, "") },
  });
  await azure.create("network:PrivateDnsZoneGroup", {
    ...{ resourceGroupName: "rg", privateEndpointName: "pe", privateDnsZoneGroupName: "default" },
    privateDnsZoneConfigs: [{ name: "zone", privateDnsZoneId: made.id }],
  });
}
