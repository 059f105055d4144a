import { ResourceGroup } from "@pulumi/azure-native/resources";
import { StorageAccount } from "@pulumi/azure-native/storage";
import { expect, it } from "vitest";
import { SandboxDeployment } from "../deploy/sandbox-deployment";

it("deploys to the emulated clouds, and a second time changes nothing", async () => {
  const sandbox = new SandboxDeployment();
  const program = () => {
    const group = new ResourceGroup("group", { location: "swedencentral", resourceGroupName: "demo" });
    const account = new StorageAccount("account", {
      resourceGroupName: group.name,
      accountName: "demoaccount",
      kind: "StorageV2",
      sku: { name: "Standard_LRS" },
      location: "swedencentral",
    });
    return { id: account.id };
  };
  const planned = await sandbox.preview(program);
  expect(planned.changes).toEqual({ create: 3 });
  const first = await sandbox.up(program);
  expect(first.changes).toEqual({ create: 3 });
  expect(String(first.outputs.id)).toMatch(/storageAccounts\/demoaccount$/);
  const second = await sandbox.up(program);
  expect(second.changes).toEqual({ same: 3 });
});
