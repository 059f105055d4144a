import { describe, expect, it } from "vitest";
import { Secret, Unknown, unknown } from "../../../../deployment/values/property-value";
import { Azure, account, CheckFailed, group } from "./azure-fixture";

describe("every Azure type", () => {
  it("gets an id made of its path, and a name of its own when the program gives none", async () => {
    const azure = await Azure.withGroup();
    const identity = await azure.create("managedidentity:UserAssignedIdentity", { resourceGroupName: "rg" }, "reader");
    expect(identity.id).toMatch(
      new RegExp(`^${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/reader[0-9a-f]{8}$`),
    );
    expect(identity.outputs.type).toBe("Microsoft.ManagedIdentity/userAssignedIdentities");
  });

  it("keeps its automatic name, and then may be replaced create-first; a given name is replaced delete-first", async () => {
    const azure = await Azure.withGroup();
    const automatic = await azure.create("managedidentity:UserAssignedIdentity", { resourceGroupName: "rg" }, "reader");
    const moved = await azure.diff(automatic, { resourceGroupName: "rg", location: "westeurope" });
    expect(moved.replaces).toEqual(["location"]);
    expect(moved.deleteBeforeReplace).toBe(false);
    const given = { resourceGroupName: "rg", resourceName: "writer" };
    const named = await azure.create("managedidentity:UserAssignedIdentity", given, "writer");
    expect((await azure.diff(named, { ...given, location: "westeurope" })).deleteBeforeReplace).toBe(true);
  });

  it("takes the region of its group, and of the configuration before that", async () => {
    const azure = await Azure.withGroup();
    expect((await azure.check("storage:StorageAccount", { ...account, accountName: "alpha" })).location).toBe(
      "swedencentral",
    );
    await azure.provider.configure({ location: "norwayeast" });
    expect((await azure.check("storage:StorageAccount", { ...account, accountName: "alpha" })).location).toBe(
      "norwayeast",
    );
  });

  it("has an unknown region as long as its group's name is unknown, and a missing one in an unknown group", async () => {
    const azure = await Azure.withGroup();
    const pending = await azure.check("storage:StorageAccount", {
      ...account,
      accountName: "alpha",
      resourceGroupName: unknown,
    });
    expect(pending.location).toBeInstanceOf(Unknown);
    await expect(
      azure.check("storage:StorageAccount", { ...account, accountName: "alpha", resourceGroupName: "nowhere" }),
    ).rejects.toThrow("location: missing required property 'location'");
  });

  it.each([
    ["storage:StorageAccount", { ...account, accountName: "alpha" }, "Microsoft.Storage/storageAccounts"],
    ["resources:ResourceGroup", { resourceGroupName: "rg" }, "Microsoft.Resources/resourceGroups"],
    ["monitor:ActionGroup", { enabled: true, groupShortName: "ops" }, "Microsoft.Insights/actionGroups"],
    ["network:ApplicationSecurityGroup", { applicationSecurityGroupName: "apps" }, "network/ApplicationSecurityGroup"],
  ])("of type %s is in a region that exists", async (type, inputs, armType) => {
    const place = (location: string) => new Azure().check(type, { resourceGroupName: "rg", ...inputs, location });
    await expect(place("swedncentral")).rejects.toThrow(
      new RegExp(
        `^location: LocationNotAvailableForResource(Type|Group): 'location': expected a region .* for ${armType}, got "swedncentral"; did you mean "swedencentral"\\?$`,
      ),
    );
    await expect(place("Sweden Central")).resolves.toBeDefined();
  });

  it("that is global says so, and no other is", async () => {
    const zone = { resourceGroupName: "rg", privateZoneName: "a.internal", location: "swedencentral" };
    await expect(new Azure().check("privatedns:PrivateZone", zone)).rejects.toThrow('expected "global"');
    await expect(
      new Azure().check("storage:StorageAccount", { ...account, accountName: "alpha", location: "global" }),
    ).rejects.toThrow("LocationNotAvailableForResourceType");
  });

  it("needs its group and its parent to exist", async () => {
    const azure = await Azure.withGroup();
    await expect(
      azure.create("storage:StorageAccount", {
        ...account,
        resourceGroupName: "other",
        accountName: "alpha",
        location: "swedencentral",
      }),
    ).rejects.toMatchObject({ code: "ResourceGroupNotFound", status: 404 });
    await expect(
      azure.create("storage:BlobContainer", { resourceGroupName: "rg", accountName: "alpha", containerName: "box" }),
    ).rejects.toMatchObject({ code: "ParentResourceNotFound" });
  });

  it("is refused when it exists already", async () => {
    const azure = await Azure.withGroup();
    await azure.create("storage:StorageAccount", { ...account, accountName: "alpha" });
    await expect(azure.create("storage:StorageAccount", { ...account, accountName: "alpha" })).rejects.toMatchObject({
      code: "ResourceAlreadyExists",
      message: expect.stringContaining("cannot create already existing resource"),
    });
  });

  it("is unchanged by a second deployment, whatever the case of ids and the spelling of regions", async () => {
    const azure = await Azure.withGroup();
    const given = {
      ...account,
      accountName: "alpha",
      location: "Sweden Central",
      tags: { Team: "platform", Project: "alai" },
    };
    const created = await azure.create("storage:StorageAccount", given);
    const again = await azure.diff(created, {
      ...given,
      location: "swedencentral",
      tags: { Project: "alai", Team: "platform" },
    });
    expect(again).toMatchObject({ changes: "none", replaces: [], diffs: [] });
    const endpoint = {
      resourceGroupName: "rg",
      containerAppName: "app",
      location: "swedencentral",
      environmentId: `${group}/providers/Microsoft.App/managedEnvironments/env`,
    };
    const state = { type: "app:ContainerApp", name: "app", id: "app", inputs: endpoint, outputs: {} };
    const shouted = {
      ...endpoint,
      environmentId: endpoint.environmentId.toUpperCase().replace("/SUBSCRIPTIONS", "/subscriptions"),
    };
    expect((await azure.diff(state, shouted)).changes).toBe("none");
  });

  it("tells changes by path, to the item of a list", async () => {
    const azure = await Azure.withGroup();
    const rules = (...addresses: string[]) => ({
      defaultAction: "Deny",
      ipRules: addresses.map((iPAddressOrRange) => ({ iPAddressOrRange })),
    });
    const given = { ...account, accountName: "alpha", networkRuleSet: rules("20.1.1.1", "20.1.1.2") };
    const created = await azure.create("storage:StorageAccount", given);
    const diff = await azure.diff(created, {
      ...given,
      networkRuleSet: rules("20.1.1.1", "20.1.1.3"),
      tags: { Team: "x" },
    });
    expect(diff.detailedDiff).toEqual({
      "networkRuleSet.ipRules[1].iPAddressOrRange": { kind: "update", inputDiff: true },
      tags: { kind: "add", inputDiff: true },
    });
    expect(diff.diffs).toEqual(["networkRuleSet", "tags"]);
    const swapped = await azure.diff(created, { ...given, networkRuleSet: rules("20.1.1.2", "20.1.1.1") });
    expect(swapped.changes).toBe("none");
  });

  it("shows in a preview what it was given and its defaults, and leaves the rest unknown", async () => {
    const azure = await Azure.withGroup();
    const outputs = await azure.preview("storage:StorageAccount", { ...account, accountName: "alpha" });
    expect(outputs.minimumTlsVersion).toBe("TLS1_0");
    expect(outputs.primaryEndpoints).toBeInstanceOf(Unknown);
    expect(outputs.name).toBeInstanceOf(Unknown);
    expect(
      await azure.exists("storage:StorageAccount", `${group}/providers/Microsoft.Storage/storageAccounts/alpha`),
    ).toBe(false);
  });

  it("knows its name in the preview of an update", async () => {
    const azure = await Azure.withGroup();
    const created = await azure.create("storage:StorageAccount", { ...account, accountName: "alpha" });
    const preview = await azure.update(created, { ...account, accountName: "alpha", tags: { a: "b" } }, true);
    expect(preview.outputs.name).toBe("alpha");
    expect(preview.outputs.primaryEndpoints).toBeInstanceOf(Unknown);
  });

  it("is read by its id alone, as the inputs a program would write", async () => {
    const azure = await Azure.withGroup();
    const given = { ...account, accountName: "alpha", allowBlobPublicAccess: false, tags: { Team: "platform" } };
    const created = await azure.create("storage:StorageAccount", given);
    const read = await azure.import("storage:StorageAccount", created.id.replace("resourceGroups", "resourcegroups"));
    expect(read?.id).toBe(created.id);
    expect(read?.inputs).toEqual({
      ...account,
      accountName: "alpha",
      location: "swedencentral",
      tags: { Team: "platform" },
    });
    expect(read?.outputs).toEqual(created.outputs);
    expect(await azure.import("storage:StorageAccount", `${created.id}x`)).toBeUndefined();
  });

  it("keeps its inputs in a refresh without drift, and takes over what changed behind the program's back", async () => {
    const azure = await Azure.withGroup();
    const created = await azure.create("storage:StorageAccount", { ...account, accountName: "alpha" });
    expect((await azure.read(created))?.inputs).toEqual(created.inputs);
    await azure.world.transact((world) => {
      const object = world.get("azure-native:storage:StorageAccount", created.id);
      if (object !== undefined)
        world.put({ ...object, properties: { ...object.properties, allowBlobPublicAccess: true } });
    });
    expect((await azure.read(created))?.inputs).toEqual({ ...created.inputs, allowBlobPublicAccess: true });
  });

  it("is found again after an interrupted creation only by the resource it was made for", async () => {
    const azure = await Azure.withGroup();
    const created = await azure.create("storage:StorageAccount", { ...account, accountName: "alpha" }, "mine");
    const find = (name: string) =>
      azure.provider.findInterruptedCreate({
        urn: `urn:pulumi:dev::test::azure-native:storage:StorageAccount::${name}`,
        type: "azure-native:storage:StorageAccount",
        name,
        inputs: created.inputs,
      });
    expect((await find("mine"))?.id).toBe(created.id);
    expect(await find("theirs")).toBeUndefined();
  });

  it("keeps secrets secret, and gives back no password", async () => {
    const azure = await Azure.withGroup();
    const created = await azure.create("storage:StorageAccount", {
      ...account,
      accountName: "alpha",
      tags: { Note: new Secret("hush") },
    });
    expect(created.outputs.tags).toEqual({ Note: new Secret("hush") });
    const server = await azure.create("dbforpostgresql:Server", {
      resourceGroupName: "rg",
      serverName: "db-one",
      sku: { name: "Standard_B1ms", tier: "Burstable" },
      administratorLogin: "owner",
      administratorLoginPassword: new Secret("canary-password"),
    });
    expect(JSON.stringify(server.outputs)).not.toContain("canary-password");
  });

  it("understands versioned tokens and old names", async () => {
    const azure = await Azure.withGroup();
    await azure.create("storage/v20230101:StorageAccount", { ...account, accountName: "alpha" });
    expect(
      await azure.exists("storage:StorageAccount", `${group}/providers/Microsoft.Storage/storageAccounts/alpha`),
    ).toBe(true);
    const zone = await azure.create("network:PrivateZone", {
      resourceGroupName: "rg",
      privateZoneName: "a.internal",
      location: "global",
    });
    expect(await azure.exists("privatedns:PrivateZone", zone.id)).toBe(true);
    await expect(azure.check("cache:Redis", { resourceGroupName: "rg" }, "c")).rejects.toThrow("sku: missing");
    await expect(azure.check("insights:DiagnosticSetting", { resourceUri: group, name: "d" })).rejects.toThrow(
      "data sink",
    );
  });

  it("without a rule is kept as it is, in a group that must exist, and reported once", async () => {
    const reported: string[] = [];
    const azure = new Azure(undefined, { onUnmodelledType: (type) => reported.push(type) });
    const type = "network:ApplicationSecurityGroup";
    const inputs = { resourceGroupName: "rg", applicationSecurityGroupName: "apps", tags: { Team: "platform" } };
    await expect(azure.create(type, inputs)).rejects.toMatchObject({ code: "ResourceGroupNotFound" });
    await azure.create("resources:ResourceGroup", { resourceGroupName: "rg", location: "swedencentral" });
    const created = await azure.create(type, inputs);
    expect(created.id).toBe(`${group}/providers/Pulumi.network/ApplicationSecurityGroup/apps`);
    expect(created.outputs).toMatchObject({ name: "apps", tags: { Team: "platform" } });
    const renamed = { ...inputs, applicationSecurityGroupName: "other" };
    expect((await azure.diff(created, renamed)).replaces).toEqual(["applicationSecurityGroupName"]);
    expect(reported).toEqual([`azure-native:${type}`]);
  });
});
it("a failed check names each property", async () => {
  const azure = await Azure.withGroup();
  const failure = await azure
    .check("storage:StorageAccount", { resourceGroupName: "rg", accountName: "UPPER", kind: "Nonsense", sku: {} })
    .catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(CheckFailed);
  if (failure instanceof CheckFailed) {
    expect(failure.failures.map(({ property }) => property)).toEqual(["sku.name", "kind", "accountName"]);
  }
});
