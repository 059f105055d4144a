import { smallProject } from "../cli/small-project";
import { ProjectOnBoth } from "./stack-on-both";

/** A chain of resources in a component. The environment changes the account; told a file by `REACHED`, it never comes to the account. */
const program = `import { writeFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { ResourceGroup } from "@pulumi/azure-native/resources";
import { BlobContainer, StorageAccount } from "@pulumi/azure-native/storage";

const owner = new pulumi.Config().requireSecret("owner");

class Store extends pulumi.ComponentResource {
  readonly account: StorageAccount;

  constructor(name: string) {
    super("small:index:Store", name);
    const group = new ResourceGroup("group", { resourceGroupName: "small-group", location: "swedencentral" }, { parent: this });
    this.account = new StorageAccount("account", {
      resourceGroupName: group.name.apply(reached),
      accountName: "smallaccount",
      kind: "StorageV2",
      sku: { name: "Standard_LRS" },
      allowBlobPublicAccess: process.env.PUBLIC === "1",
      tags: { owner },
    }, { parent: this, protect: process.env.PROTECT === "1" });
    const names = { resourceGroupName: group.name, accountName: this.account.name };
    new BlobContainer("container", { ...names, containerName: "things" }, { parent: this });
    this.registerOutputs({ account: this.account.name });
  }
}

function reached(name: string): Promise<string> {
  const { REACHED: file } = process.env;
  if (file === undefined || pulumi.runtime.isDryRun()) return Promise.resolve(name);
  writeFileSync(file, "");
  return new Promise(() => setInterval(() => {}, 1000));
}

export const accountName = new Store("store").account.name;
export { owner };
`;

/** A project of a group, an account and a container, stack `dev`, on both engines. */
export function changingProject(): ProjectOnBoth {
  const { directory, write } = smallProject();
  write("index.ts", program);
  return new ProjectOnBoth(directory, "small", ["dev"]);
}
