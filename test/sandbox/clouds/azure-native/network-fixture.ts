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
