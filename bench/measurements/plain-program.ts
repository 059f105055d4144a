import { ResourceGroup } from "@pulumi/azure-native/resources";
import { StorageAccount } from "@pulumi/azure-native/storage";
import { DnsRecord } from "@pulumi/cloudflare/dnsRecord";
import { ComponentResource, type Input } from "@pulumi/pulumi";

const zoneId = "c0de0000000000000000000000000001";

class Entry extends ComponentResource {
  constructor(name: string, account: Input<string>) {
    super("bench:index:Entry", name);
    new DnsRecord(name, { zoneId, name: `${name}.alai.no`, type: "TXT", content: account, ttl: 300 }, { parent: this });
    this.registerOutputs({});
  }
}

/** A storage account, and components of one record each that name it. */
export function plainProgram(components: number): void {
  const group = new ResourceGroup("group", { resourceGroupName: "bench", location: "swedencentral" });
  const account = new StorageAccount("account", {
    accountName: "benchaccount",
    resourceGroupName: group.name,
    location: "swedencentral",
    kind: "StorageV2",
    sku: { name: "Standard_LRS" },
  });
  for (let index = 1; index <= components; index += 1) new Entry(`entry-${index}`, account.name);
}
