import * as app from "@pulumi/azure-native/app";
import * as compute from "@pulumi/azure-native/compute";
import * as containerregistry from "@pulumi/azure-native/containerregistry";
import * as cosmosdb from "@pulumi/azure-native/cosmosdb";
import * as network from "@pulumi/azure-native/network";
import * as operationalinsights from "@pulumi/azure-native/operationalinsights";
import * as privatedns from "@pulumi/azure-native/privatedns";
import { ResourceGroup } from "@pulumi/azure-native/resources";
import * as storage from "@pulumi/azure-native/storage";
import * as web from "@pulumi/azure-native/web";
import * as pulumi from "@pulumi/pulumi";

/** Programs of the kind that people write who read the public examples: small, with account keys, generic types and list functions. */
export const examplePrograms = {
  functionsApp: () => {
    const { name: resourceGroupName } = new ResourceGroup("group", { location: "westeurope" });
    const account = new storage.StorageAccount("sa", {
      resourceGroupName,
      kind: "StorageV2",
      sku: { name: "Standard_LRS" },
    });
    const plan = new web.AppServicePlan("plan", { resourceGroupName, sku: { name: "Y1", tier: "Dynamic" } });
    const container = new storage.BlobContainer("zips", { resourceGroupName, accountName: account.name });
    const blob = new storage.Blob("zip", {
      resourceGroupName,
      accountName: account.name,
      containerName: container.name,
      source: new pulumi.asset.AssetArchive({ "host.json": new pulumi.asset.StringAsset("{}") }),
    });
    const keys = storage.listStorageAccountKeysOutput({ resourceGroupName, accountName: account.name });
    const token = storage.listStorageAccountServiceSASOutput({
      resourceGroupName,
      accountName: account.name,
      protocols: storage.HttpProtocol.Https,
      sharedAccessStartTime: "2026-01-01",
      sharedAccessExpiryTime: "2030-01-01",
      resource: storage.SignedResource.C,
      permissions: storage.Permissions.R,
      canonicalizedResource: pulumi.interpolate`/blob/${account.name}/${container.name}`,
    }).serviceSasToken;
    const site = new web.WebApp("fa", {
      resourceGroupName,
      serverFarmId: plan.id,
      kind: "functionapp",
      siteConfig: {
        appSettings: [
          { name: "AzureWebJobsStorage", value: keys.keys.apply(([key]) => key?.value ?? "") },
          { name: "WEBSITE_RUN_FROM_PACKAGE", value: pulumi.interpolate`${blob.url}?${token}` },
        ],
      },
    });
    return { endpoint: pulumi.interpolate`https://${site.defaultHostName}/api/hello` };
  },

  appService: () => {
    const { name: resourceGroupName } = new ResourceGroup("group", { location: "westeurope" });
    const plan = new web.AppServicePlan("plan", { resourceGroupName, kind: "App", sku: { name: "B1", tier: "Basic" } });
    const site = new web.WebApp("site", { resourceGroupName, serverFarmId: plan.id, httpsOnly: true });
    return { endpoint: pulumi.interpolate`https://${site.defaultHostName}` };
  },

  containerApps: () => {
    const { name: resourceGroupName } = new ResourceGroup("group", { location: "westeurope" });
    const workspace = new operationalinsights.Workspace("logs", {
      resourceGroupName,
      sku: { name: "PerGB2018" },
      retentionInDays: 30,
    });
    const keys = operationalinsights.getSharedKeysOutput({ resourceGroupName, workspaceName: workspace.name });
    const environment = new app.ManagedEnvironment("env", {
      resourceGroupName,
      appLogsConfiguration: {
        destination: "log-analytics",
        logAnalyticsConfiguration: {
          customerId: workspace.customerId,
          sharedKey: keys.apply(({ primarySharedKey }) => primarySharedKey ?? ""),
        },
      },
    });
    const registry = new containerregistry.Registry("registry", {
      resourceGroupName,
      sku: { name: "Basic" },
      adminUserEnabled: true,
    });
    const credentials = containerregistry.listRegistryCredentialsOutput({
      resourceGroupName,
      registryName: registry.name,
    });
    const password = credentials.apply(({ passwords }) => passwords?.[0]?.value ?? "");
    const site = new app.ContainerApp("app", {
      resourceGroupName,
      managedEnvironmentId: environment.id,
      configuration: {
        ingress: { external: true, targetPort: 80 },
        registries: [
          {
            server: registry.loginServer,
            username: credentials.apply(({ username }) => username ?? ""),
            passwordSecretRef: "pwd",
          },
        ],
        secrets: [{ name: "pwd", value: password }],
      },
      template: { containers: [{ name: "myapp", image: "mcr.microsoft.com/k8se/quickstart:latest" }] },
    });
    return { url: site.configuration.apply((configuration) => `https://${configuration?.ingress?.fqdn}`) };
  },

  staticWebsite: () => {
    const { name: resourceGroupName } = new ResourceGroup("group", { location: "westeurope" });
    const account = new storage.StorageAccount("site", {
      resourceGroupName,
      kind: "StorageV2",
      sku: { name: "Standard_LRS" },
    });
    const site = new storage.StorageAccountStaticWebsite("website", {
      resourceGroupName,
      accountName: account.name,
      indexDocument: "index.html",
    });
    new storage.Blob("index.html", {
      resourceGroupName,
      accountName: account.name,
      containerName: site.containerName,
      source: new pulumi.asset.StringAsset("<p>hello"),
      contentType: "text/html",
    });
    return { url: account.primaryEndpoints.web };
  },

  privateEndpoint: () => {
    const { name: resourceGroupName } = new ResourceGroup("group", { location: "westeurope" });
    const account = new storage.StorageAccount("sa", {
      resourceGroupName,
      kind: "StorageV2",
      sku: { name: "Standard_LRS" },
    });
    const vnet = new network.VirtualNetwork("vnet", {
      resourceGroupName,
      addressSpace: { addressPrefixes: ["10.0.0.0/16"] },
    });
    const subnet = new network.Subnet("endpoints", {
      resourceGroupName,
      virtualNetworkName: vnet.name,
      addressPrefix: "10.0.1.0/24",
    });
    const endpoint = new network.PrivateEndpoint("pe", {
      resourceGroupName,
      subnet: { id: subnet.id },
      privateLinkServiceConnections: [{ name: "blob", groupIds: ["blob"], privateLinkServiceId: account.id }],
    });
    const zone = new privatedns.PrivateZone("zone", {
      resourceGroupName,
      privateZoneName: "privatelink.blob.core.windows.net",
      location: "global",
    });
    const address = endpoint.customDnsConfigs.apply((configs) => configs?.[0]?.ipAddresses?.[0] ?? "");
    const record = new privatedns.PrivateRecordSet("record", {
      resourceGroupName,
      privateZoneName: zone.name,
      relativeRecordSetName: account.name,
      recordType: "A",
      ttl: 300,
      aRecords: [{ ipv4Address: address }],
    });
    return { fqdn: record.fqdn, address };
  },

  virtualMachine: () => {
    const { name: resourceGroupName } = new ResourceGroup("group", { location: "westeurope" });
    const vnet = new network.VirtualNetwork("vnet", {
      resourceGroupName,
      addressSpace: { addressPrefixes: ["10.0.0.0/16"] },
      subnets: [{ name: "default", addressPrefix: "10.0.1.0/24" }],
    });
    // The examples ask for a dynamic one, which only the Basic SKU had; Azure makes none of those since September 2025.
    const address = new network.PublicIPAddress("ip", {
      resourceGroupName,
      sku: { name: "Standard" },
      publicIPAllocationMethod: "Static",
    });
    const card = new network.NetworkInterface("nic", {
      resourceGroupName,
      ipConfigurations: [
        {
          name: "cfg",
          subnet: { id: vnet.subnets.apply((subnets) => subnets?.[0]?.id ?? "") },
          publicIPAddress: { id: address.id },
        },
      ],
    });
    const vm = new compute.VirtualMachine("vm", {
      resourceGroupName,
      networkProfile: { networkInterfaces: [{ id: card.id }] },
      hardwareProfile: { vmSize: "Standard_A1_v2" },
    });
    const found = vm.id.apply(() =>
      network.getPublicIPAddressOutput({ resourceGroupName, publicIpAddressName: address.name }),
    );
    return { ip: found.ipAddress };
  },

  cosmosKeys: () => {
    const { name: resourceGroupName } = new ResourceGroup("group", { location: "westeurope" });
    const account = new cosmosdb.DatabaseAccount("cosmos", {
      resourceGroupName,
      databaseAccountOfferType: "Standard",
      locations: [{ locationName: "westeurope" }],
    });
    const keys = cosmosdb.listDatabaseAccountKeysOutput({ resourceGroupName, accountName: account.name });
    const app = new web.WebApp("site", {
      resourceGroupName,
      siteConfig: { appSettings: [{ name: "KEY", value: keys.primaryMasterKey }] },
    });
    return { endpoint: account.documentEndpoint, site: app.id };
  },
};
