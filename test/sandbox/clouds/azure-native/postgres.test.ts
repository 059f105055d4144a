import { describe, expect, it } from "vitest";
import { type PropertyMap, Unknown } from "../../../../deployment/values/property-value";
import { valueAt } from "../../../../sandbox/clouds/read-property";
import { Azure, type Deployed, group, subnetFor } from "./azure-fixture";
import { child, database, general, parameter, server, withServer } from "./postgres-fixture";

const burstable = { name: "Standard_B1ms", tier: "Burstable" };
const refusal = (code: string) => expect.objectContaining({ code });
describe("a PostgreSQL server", () => {
  it("has a name in DNS and its defaults", async () => {
    const { made } = await withServer();
    expect(made.outputs).toMatchObject({
      fullyQualifiedDomainName: "db-one.postgres.database.azure.com",
      backup: { backupRetentionDays: 7, geoRedundantBackup: "Disabled" },
      highAvailability: { mode: "Disabled" },
    });
    expect(made.outputs.administratorLoginPassword).toBeUndefined();
  });

  it("takes one operation at a time: concurrent children find it busy", async () => {
    const { azure, made } = await withServer();
    const results = await Promise.allSettled([
      azure.create("dbforpostgresql:Database", database("one"), "one"),
      azure.create("dbforpostgresql:Configuration", parameter("work_mem", "8192"), "two"),
      azure.update(made, { ...server, tags: { a: "b" } }),
    ]);
    const reasons = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
    expect(reasons).toEqual([refusal("ServerIsBusy"), refusal("ServerIsBusy")]);
    await azure.create("dbforpostgresql:Configuration", parameter("work_mem", "8192"), "two");
  });

  it("takes replicas one at a time too", async () => {
    const { azure, made } = await withServer();
    const replica = (serverName: string) => ({
      resourceGroupName: "rg",
      serverName,
      sku: general,
      createMode: "Replica",
      sourceServerResourceId: made.id,
    });
    const results = await Promise.allSettled([
      azure.create("dbforpostgresql:Server", replica("db-two"), "two"),
      azure.create("dbforpostgresql:Database", database("one"), "one"),
    ]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
  });

  it("leaves another server's operations alone", async () => {
    const { azure } = await withServer();
    await azure.create("dbforpostgresql:Server", { ...server, serverName: "db-two" }, "two");
    await Promise.all([
      azure.create("dbforpostgresql:Database", database("one"), "one"),
      azure.create("dbforpostgresql:Database", { ...database("one"), serverName: "db-two" }, "two"),
    ]);
  });

  it.each<[string, PropertyMap, string]>([
    [
      "high availability on Burstable",
      { sku: burstable, highAvailability: { mode: "ZoneRedundant" } },
      "InvalidParameterValue",
    ],
    ["a size of another tier", { sku: { name: "Standard_B1ms", tier: "GeneralPurpose" } }, "InvalidParameterValue"],
    ["password authentication without a password", { administratorLoginPassword: null }, "InvalidParameterValue"],
    ["the login azure_superuser", { administratorLogin: "azure_superuser" }, "ReservedUserName"],
    [
      "no authentication at all",
      { authConfig: { passwordAuth: "Disabled", activeDirectoryAuth: "Disabled" } },
      "InvalidParameterValue",
    ],
    ["a replica of nothing", { createMode: "Replica", sourceServerResourceId: `${group}/x` }, "ResourceNotFound"],
  ])("is refused with %s", async (_, given, code) => {
    const azure = await Azure.withGroup();
    await expect(azure.create("dbforpostgresql:Server", { ...server, ...given })).rejects.toMatchObject({ code });
  });

  it("is not copied from a Burstable one, nor geo-restored without geo-redundant backups", async () => {
    const { azure, made } = await withServer({ sku: burstable });
    const copy = { resourceGroupName: "rg", serverName: "db-two", sku: general, sourceServerResourceId: made.id };
    await expect(azure.create("dbforpostgresql:Server", { ...copy, createMode: "Replica" })).rejects.toThrow(
      "Read replicas are not supported",
    );
    await expect(azure.create("dbforpostgresql:Server", { ...copy, createMode: "GeoRestore" })).rejects.toThrow(
      "geo-redundant",
    );
  });

  it("only grows and only upgrades", async () => {
    const { azure, made } = await withServer({ version: "16", storage: { storageSizeGB: 64 } });
    const given = { ...server, version: "16", storage: { storageSizeGB: 64 } };
    await expect(azure.update(made, { ...given, storage: { storageSizeGB: 32 } })).rejects.toMatchObject({
      code: "StorageSizeCannotBeReduced",
    });
    await expect(azure.update(made, { ...given, version: "15" })).rejects.toMatchObject({
      code: "VersionDowngradeNotSupported",
    });
    const grown = await azure.update(made, { ...given, version: "17", storage: { storageSizeGB: 128 } });
    expect(grown.outputs).toMatchObject({ version: "17", storage: { storageSizeGB: 128 } });
    await expect(azure.check("dbforpostgresql:Server", { ...server, storage: { storageSizeGB: 100 } })).rejects.toThrow(
      "InvalidStorageSize",
    );
    await expect(
      azure.check("dbforpostgresql:Server", { ...server, backup: { backupRetentionDays: 5 } }),
    ).rejects.toThrow("from 7 to 35");
  });
});
// Source: azure-rest-api-specs, Microsoft.DBforPostgreSQL: createMode has the mutability "create, update", and "Default" is "Update" on
// an existing server; terraform-provider-azurerm#20495: with Update, a new version is an upgrade in place.
describe("a server with createMode Update", () => {
  it("is upgraded in place, and not back", async () => {
    const { azure, made } = await withServer({ version: "15" });
    const upgrade = { ...server, version: "16", createMode: "Update" };
    expect(await azure.diff(made, upgrade)).toMatchObject({ changes: "some", replaces: [] });
    const upgraded = await azure.update(made, upgrade);
    expect(upgraded.outputs.version).toBe("16");
    await expect(azure.update(upgraded, { ...upgrade, version: "15" })).rejects.toMatchObject({
      code: "VersionDowngradeNotSupported",
    });
    expect(await azure.diff(upgraded, upgrade)).toMatchObject({ changes: "none" });
    const { createMode: _, ...without } = upgrade;
    expect((await azure.update(upgraded, without)).outputs.version).toBe("16");
  });

  it("must be there already", async () => {
    const azure = await Azure.withGroup();
    await expect(azure.create("dbforpostgresql:Server", { ...server, createMode: "Update" })).rejects.toMatchObject({
      code: "ResourceNotFound",
    });
  });

  it("becomes no copy of another one without saying of which", async () => {
    const { azure, made } = await withServer();
    await expect(azure.update(made, { ...server, createMode: "Replica" })).rejects.toThrow("sourceServerResourceId");
  });
});
// Source: azure-rest-api-specs, Microsoft.DBforPostgreSQL 2023-12-01-preview, examples ServerCreateReplica.json and
// ServerCreatePointInTimeRestore.json; Azure/azure-cli#30186: a replica of a growing disk grows.
describe("a copy of a server", () => {
  const source = {
    version: "15",
    storage: { storageSizeGB: 256, autoGrow: "Enabled" },
    authConfig: { activeDirectoryAuth: "Enabled", passwordAuth: "Disabled", tenantId: "t" },
    administratorLogin: null,
    administratorLoginPassword: null,
  };
  const copy = (made: Deployed, createMode: string) => ({
    resourceGroupName: "rg",
    serverName: "db-two",
    createMode,
    sourceServerResourceId: made.id,
  });
  const inherited = { version: "15", sku: general, storage: source.storage, authConfig: source.authConfig };

  it.each([
    ["Replica", { replicationRole: "AsyncReplica", replicaCapacity: 0 }],
    ["PointInTimeRestore", { replicationRole: "Primary", replicaCapacity: 5 }],
  ])("made by %s has version, size, disk and sign-in of its source, now and after an update", async (mode, role) => {
    const { azure, made } = await withServer(source);
    const given = copy(made, mode);
    const two = await azure.create("dbforpostgresql:Server", given, "two");
    expect(two.outputs).toMatchObject({ ...inherited, ...role });
    await azure.update(made, {
      ...server,
      ...source,
      version: "16",
      storage: { storageSizeGB: 512, autoGrow: "Enabled" },
    });
    const updated = await azure.update(two, { ...given, tags: { a: "b" } });
    expect(updated.outputs).toMatchObject({ ...inherited, ...role, tags: { a: "b" } });
    expect((await azure.read(updated))?.inputs).toEqual(updated.inputs);
  });

  it("keeps what it says itself", async () => {
    const { azure, made } = await withServer(source);
    const given = { ...copy(made, "Replica"), storage: { storageSizeGB: 512 } };
    const two = await azure.create("dbforpostgresql:Server", given, "two");
    expect(two.outputs.storage).toEqual({ storageSizeGB: 512, autoGrow: "Enabled" });
  });

  it("tells none of it in a preview", async () => {
    const { azure, made } = await withServer(source);
    const given = { ...copy(made, "Replica"), storage: { storageSizeGB: 512 } };
    const planned = await azure.preview("dbforpostgresql:Server", given);
    const unknowns = ["version", "sku", "authConfig", "administratorLogin", "replicationRole", "storage.autoGrow"];
    expect(unknowns.filter((path) => !(valueAt(planned, path) instanceof Unknown))).toEqual([]);
    expect(valueAt(planned, "storage.storageSizeGB")).toBe(512);
    const ordinary = await azure.preview("dbforpostgresql:Server", server);
    expect(ordinary).toMatchObject({ version: "17", replicationRole: "Primary" });
  });
});
describe("a server in a network", () => {
  const zoneId = `${group}/providers/Microsoft.Network/privateDnsZones/alai.postgres.database.azure.com`;
  const inNetwork = (delegatedSubnetResourceId: string, privateDnsZoneArmResourceId = zoneId) => ({
    ...server,
    network: { delegatedSubnetResourceId, privateDnsZoneArmResourceId },
  });

  async function zone(azure: Azure, privateZoneName: string, isLinked: boolean): Promise<void> {
    await azure.create(
      "privatedns:PrivateZone",
      { resourceGroupName: "rg", privateZoneName, location: "global" },
      privateZoneName,
    );
    if (!isLinked) return;
    await azure.create(
      "privatedns:VirtualNetworkLink",
      {
        resourceGroupName: "rg",
        privateZoneName,
        location: "global",
        virtualNetworkLinkName: "link",
        registrationEnabled: false,
        virtualNetwork: { id: `${group}/providers/Microsoft.Network/virtualNetworks/net` },
      },
      privateZoneName,
    );
  }

  it("needs a subnet of its kind and a linked zone of the right name", async () => {
    const azure = await Azure.withGroup();
    const plain = await subnetFor(azure, undefined, "10.20.8.0/24");
    const subnet = await subnetFor(azure, "Microsoft.DBforPostgreSQL/flexibleServers", "10.20.9.0/24");
    const attempt = (inputs: PropertyMap) => azure.create("dbforpostgresql:Server", inputs, "db");
    await expect(attempt(inNetwork(`${subnet.id}x`))).rejects.toMatchObject({ code: "InvalidResourceReference" });
    await expect(attempt({ ...server, network: { delegatedSubnetResourceId: subnet.id } })).rejects.toThrow(
      "privateDnsZoneArmResourceId",
    );
    await expect(attempt(inNetwork(plain.id))).rejects.toMatchObject({ code: "SubnetNotDelegated" });
    await expect(attempt(inNetwork(subnet.id))).rejects.toMatchObject({ code: "InvalidResourceReference" });
    await zone(azure, "alai.postgres.database.azure.com", false);
    await expect(attempt(inNetwork(subnet.id))).rejects.toMatchObject({ code: "PrivateDnsZoneNotLinked" });
    await zone(azure, "db.internal", true);
    const wrongZone = `${group}/providers/Microsoft.Network/privateDnsZones/db.internal`;
    await expect(attempt(inNetwork(subnet.id, wrongZone))).rejects.toThrow("must end in");
    await azure.create("privatedns:VirtualNetworkLink", {
      resourceGroupName: "rg",
      privateZoneName: "alai.postgres.database.azure.com",
      location: "global",
      virtualNetworkLinkName: "l",
      registrationEnabled: false,
      virtualNetwork: { id: `${group}/providers/Microsoft.Network/virtualNetworks/net` },
    });
    const made = await attempt(inNetwork(subnet.id));
    await expect(azure.delete(subnet)).rejects.toMatchObject({ code: "InUseSubnetCannotBeDeleted" });
    await expect(
      azure.create("dbforpostgresql:FirewallRule", {
        ...child,
        firewallRuleName: "a",
        startIpAddress: "1.1.1.1",
        endIpAddress: "1.1.1.1",
      }),
    ).rejects.toMatchObject({ code: "FirewallRuleNotSupported" });
    await expect(
      azure.create("network:PrivateEndpoint", {
        resourceGroupName: "rg",
        privateEndpointName: "pe",
        subnet: { id: plain.id },
        privateLinkServiceConnections: [{ name: "c", privateLinkServiceId: made.id, groupIds: ["postgresqlServer"] }],
      }),
    ).rejects.toMatchObject({ code: "PrivateEndpointNotSupported" });
  });

  // Source: provider-upjet-azure#985, terraform-provider-azurerm#25812.
  it("is closed to the public, whether it says so or not", async () => {
    const azure = await Azure.withGroup();
    const subnet = await subnetFor(azure, "Microsoft.DBforPostgreSQL/flexibleServers", "10.20.9.0/24");
    await zone(azure, "alai.postgres.database.azure.com", true);
    const silent = inNetwork(subnet.id);
    const open = { ...silent, network: { ...silent.network, publicNetworkAccess: "Enabled" } };
    const conflict = { code: "ConflictingPublicNetworkAccessAndVirtualNetworkConfiguration", status: 400 };
    await expect(azure.create("dbforpostgresql:Server", open)).rejects.toMatchObject(conflict);
    const made = await azure.create("dbforpostgresql:Server", silent);
    expect(made.outputs.network).toMatchObject({ publicNetworkAccess: "Disabled" });
    await expect(azure.update(made, open)).rejects.toMatchObject(conflict);
  });
});
