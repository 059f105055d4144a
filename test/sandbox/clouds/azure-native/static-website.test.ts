import { describe, expect, it } from "vitest";
import { type PropertyMap, Unknown } from "../../../../deployment/values/property-value";
import { Azure, group } from "./azure-fixture";

const account = {
  resourceGroupName: "rg",
  accountName: "alpha",
  kind: "StorageV2",
  sku: { name: "Standard_LRS" },
};
const site = { resourceGroupName: "rg", accountName: "alpha", indexDocument: "index.html" };
const page = { resourceGroupName: "rg", accountName: "alpha", containerName: "$web", blobName: "index.html" };
const container = `${group}/providers/Microsoft.Storage/storageAccounts/alpha/blobServices/default/containers/$web`;

async function withAccount(given: PropertyMap = {}) {
  const azure = await Azure.withGroup();
  await azure.create("storage:StorageAccount", { ...account, ...given }, "account");
  return azure;
}

// Source: custom_storage.go in pulumi-azure-native (`staticWebsite`), and "Static website hosting in Azure Storage".
describe("the website of an account", () => {
  it("is served from the container $web, which then exists and takes pages", async () => {
    const azure = await withAccount();
    await expect(azure.create("storage:Blob", page, "page")).rejects.toMatchObject({ code: "ParentResourceNotFound" });
    const planned = await azure.preview("storage:StorageAccountStaticWebsite", site);
    expect(planned.containerName).toBeInstanceOf(Unknown);
    const made = await azure.create("storage:StorageAccountStaticWebsite", site, "site");
    expect(made.outputs).toEqual({ containerName: "$web", indexDocument: "index.html" });
    const blob = await azure.create("storage:Blob", page, "page");
    expect(blob.outputs.url).toBe("https://alpha.blob.core.windows.net/$web/index.html");
  });

  it("changes its documents in place, and its account by being made again", async () => {
    const azure = await withAccount();
    const made = await azure.create("storage:StorageAccountStaticWebsite", site);
    expect((await azure.diff(made, { ...site, error404Document: "404.html" })).replaces).toEqual([]);
    expect((await azure.diff(made, { ...site, accountName: "beta" })).replaces).toEqual(["accountName"]);
    const updated = await azure.update(made, { ...site, error404Document: "404.html" });
    expect(updated.outputs).toMatchObject({ containerName: "$web", error404Document: "404.html" });
  });

  it("leaves its pages when it is switched off, and finds them when it is switched on again", async () => {
    const azure = await withAccount();
    const made = await azure.create("storage:StorageAccountStaticWebsite", site);
    const blob = await azure.create("storage:Blob", page, "page");
    await azure.delete(made);
    expect(await azure.read(made)).toBeUndefined();
    expect(await azure.exists("storage:BlobContainer", container)).toBe(true);
    await azure.create("storage:StorageAccountStaticWebsite", site);
    expect(await azure.read(blob)).toBeDefined();
  });

  it("needs its account, the account's key and a way to it", async () => {
    await expect(new Azure().check("storage:StorageAccountStaticWebsite", { resourceGroupName: "rg" })).rejects.toThrow(
      "missing required property 'accountName'",
    );
    const make = (azure: Azure) => azure.create("storage:StorageAccountStaticWebsite", site);
    await expect(make(await Azure.withGroup())).rejects.toMatchObject({ code: "ParentResourceNotFound" });
    await expect(make(await withAccount({ allowSharedKeyAccess: false }))).rejects.toMatchObject({
      code: "KeyBasedAuthenticationNotPermitted",
    });
    await expect(make(await withAccount({ publicNetworkAccess: "Disabled" }))).rejects.toMatchObject({
      code: "AuthorizationFailure",
    });
  });
});
