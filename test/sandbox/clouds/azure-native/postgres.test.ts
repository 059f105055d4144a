import { describe, expect, it } from "vitest";
import { type PropertyMap, Unknown } from "../../../../deployment/values/property-value";
import { valueAt } from "../../../../sandbox/clouds/read-property";
import { Azure, type Deployed, grantedIdentity, group, subnetFor } from "./azure-fixture";
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
    ...(createMode === "PointInTimeRestore" ? { pointInTimeUTC: "2026-11-20T10:00:00Z" } : {}),
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
    expect(two.outputs.sourceServerResourceId).toBe(mode === "Replica" ? made.id : undefined);
    await azure.update(made, {
      ...server,
      ...source,
      // One with replicas is not upgraded.
      version: mode === "Replica" ? source.version : "16",
      storage: { storageSizeGB: 256, autoGrow: "Enabled" },
    });
    const updated = await azure.update(two, { ...given, tags: { a: "b" } });
    expect(updated.outputs).toMatchObject({ ...inherited, ...role, tags: { a: "b" } });
    expect((await azure.read(updated))?.inputs).toEqual(updated.inputs);
  });

  it.each([
    [{ pointInTimeUTC: null }, "'pointInTimeUTC' is required"],
    [{ pointInTimeUTC: "2999-01-01T00:00:00Z" }, "must not be later than now"],
  ])("is not restored with %o", async (change, told) => {
    const { azure, made } = await withServer(source);
    const given = { ...copy(made, "PointInTimeRestore"), ...change };
    await expect(azure.create("dbforpostgresql:Server", given, "two")).rejects.toThrow(told);
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
    const restore = {
      createMode: "PointInTimeRestore",
      pointInTimeUTC: "2026-11-20T10:00:00Z",
      sourceServerResourceId: made.id,
    };
    const open = azure.create("dbforpostgresql:Server", { ...server, ...restore, serverName: "db-two" }, "two");
    await expect(open).rejects.toThrow("across public and private access");
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

// Source: Azure documentation, "Read replicas in Azure Database for PostgreSQL": Create a replica, Configuration management, Scale.
describe("a read replica", () => {
  const source = { storage: { storageSizeGB: 128, autoGrow: "Enabled" }, version: "16" };
  const larger = { name: "Standard_D4ds_v5", tier: "GeneralPurpose" };
  const replica = (made: Deployed, given: PropertyMap = {}) => ({
    resourceGroupName: "rg",
    serverName: "db-two",
    createMode: "Replica",
    sourceServerResourceId: made.id,
    ...given,
  });
  const withReplica = async (given: PropertyMap = {}) => {
    const { azure, made } = await withServer({ ...source, ...given });
    return { azure, made, two: await azure.create("dbforpostgresql:Server", replica(made), "two") };
  };

  it.each<[string, PropertyMap, string]>([
    ["is not Burstable", { sku: burstable }, "Read replicas are not supported"],
    ["has no less compute", { sku: general }, "compute of a read replica"],
    ["has no smaller disk", { storage: { storageSizeGB: 64 } }, "storage of a read replica"],
    ["grows with its source", { storage: { storageSizeGB: 128, autoGrow: "Disabled" } }, "auto-grow must be enabled"],
    ["has no standby", { highAvailability: { mode: "ZoneRedundant" } }, "High availability is not supported"],
    ["has no backups in two regions", { backup: { geoRedundantBackup: "Enabled" } }, "Geo-redundant backup is not"],
  ])("%s", async (_, given, message) => {
    const { azure, made } = await withServer({ ...source, sku: larger });
    const sized = { sku: larger, ...given };
    await expect(azure.create("dbforpostgresql:Server", replica(made, sized), "two")).rejects.toMatchObject({
      code: "InvalidParameterValue",
      message: expect.stringContaining(message),
    });
  });

  it("is not copied again, and a server has five of them", async () => {
    const { azure, made, two } = await withReplica();
    await expect(
      azure.create("dbforpostgresql:Server", { ...replica(two), serverName: "db-three" }, "three"),
    ).rejects.toThrow("another read replica");
    for (const name of ["a", "b", "c", "d"]) {
      await azure.create("dbforpostgresql:Server", { ...replica(made), serverName: `db-${name}-x` }, name);
    }
    await expect(
      azure.create("dbforpostgresql:Server", { ...replica(made), serverName: "db-sixth" }, "sixth"),
    ).rejects.toThrow("5 read replicas already");
  });

  it("grows before its source, and shrinks after it", async () => {
    const { azure, made, two } = await withReplica();
    const primary = { ...server, ...source };
    await expect(azure.update(made, { ...primary, sku: larger })).rejects.toThrow("Scale up the read replicas first");
    const grown = await azure.update(two, replica(made, { sku: larger }));
    const both = await azure.update(made, { ...primary, sku: larger });
    await expect(azure.update(grown, replica(made, { sku: general }))).rejects.toThrow("Scale down the primary first");
    await azure.update(both, primary);
    await azure.update(grown, replica(made, { sku: general }));
  });

  it("keeps its source from being upgraded or deleted", async () => {
    const { azure, made, two } = await withReplica();
    await expect(azure.update(made, { ...server, ...source, version: "17" })).rejects.toThrow("major version upgrade");
    await expect(azure.delete(made)).rejects.toThrow("delete them first");
    await azure.delete(two);
    await azure.delete(made);
  });

  it("alone is what a virtual endpoint may lead to, beside its source", async () => {
    const { azure, made } = await withReplica();
    await azure.create("dbforpostgresql:Server", { ...server, serverName: "db-other" }, "other");
    const endpoint = (serverName: string, member: string) => ({
      ...{ resourceGroupName: "rg", serverName, virtualEndpointName: "main" },
      ...{ endpointType: "ReadWrite", members: [member] },
    });
    const make = (serverName: string, member: string) =>
      azure.create("dbforpostgresql:VirtualEndpoint", endpoint(serverName, member), "endpoint");
    await expect(make("db-one", "db-other")).rejects.toThrow("no read replica of this one");
    await expect(make("db-two", "db-two")).rejects.toThrow("not on a read replica");
    expect((await make("db-one", "db-two")).outputs.members).toEqual(["db-two"]);
    expect(made.id).toContain("db-one");
  });
});

// Source: Azure documentation, "Data encryption in Azure Database for PostgreSQL": Requirements, Limitations.
describe("a server with a key of its owner's", () => {
  async function withKey(vault: PropertyMap = {}, role = "e147488a-f6f5-4113-8e2d-b22465e65bf6") {
    const azure = await Azure.withGroup();
    const { properties, ...place } = vault;
    const made = await azure.create("keyvault:Vault", {
      ...{ resourceGroupName: "rg", vaultName: "keys-one", location: "swedencentral", ...place },
      properties: {
        ...{ tenantId: "00000000-0000-4000-8000-000000000002", sku: { family: "A", name: "standard" } },
        ...{ enableRbacAuthorization: true, enableSoftDelete: true, enablePurgeProtection: true },
        ...(typeof properties === "object" ? { ...properties } : {}),
      },
    });
    const key = await azure.create(
      "keyvault:Key",
      { resourceGroupName: "rg", vaultName: "keys-one", keyName: "postgres", properties: { kty: "RSA" } },
      "key",
    );
    const identity = await grantedIdentity(azure, made.id, role, "postgres-key");
    const given: PropertyMap = {
      ...server,
      location: "swedencentral",
      dataEncryption: {
        type: "AzureKeyVault",
        primaryKeyURI: key.outputs.keyUri ?? "",
        primaryUserAssignedIdentityId: identity.id,
      },
      identity: { type: "UserAssigned", userAssignedIdentities: { [identity.id]: {} } },
    };
    return {
      azure,
      given,
      create: (more: PropertyMap = {}) => azure.create("dbforpostgresql:Server", { ...given, ...more }, "db"),
    };
  }

  it("is made, and its replica needs one as well", async () => {
    const { azure, create } = await withKey();
    const made = await create();
    const replica = {
      resourceGroupName: "rg",
      serverName: "db-two",
      createMode: "Replica",
      sourceServerResourceId: made.id,
    };
    await expect(azure.create("dbforpostgresql:Server", replica, "two")).rejects.toThrow("needs one of its region");
  });

  it.each<[string, PropertyMap, string]>([
    ["no identity with it", { identity: null }, "must be among the server's"],
    ["no key", { dataEncryption: { type: "AzureKeyVault" } }, "needs 'primaryKeyURI'"],
    ["backups in two regions", { backup: { geoRedundantBackup: "Enabled" } }, "needs 'geoBackupKeyURI'"],
    ["a vault of another region", { location: "northeurope" }, "not in the server's region"],
  ])("is refused with %s", async (_, more, message) => {
    const { create } = await withKey();
    await expect(create(more)).rejects.toMatchObject({
      code: "InvalidParameterValue",
      message: expect.stringContaining(message),
    });
  });

  it("is refused without the role, with a vault that can be purged, or one that is closed to Azure's services", async () => {
    const reader = await withKey({}, "12338af0-0e69-4776-bea7-57ae8d297424");
    await expect(reader.create()).rejects.toThrow("may not use the key");
    const purgeable = await withKey({ properties: { enablePurgeProtection: null } });
    await expect(purgeable.create()).rejects.toThrow("needs purge protection");
    const networkAcls = { bypass: "None", defaultAction: "Deny" };
    const closed = await withKey({ properties: { publicNetworkAccess: "Disabled", networkAcls } });
    await expect(closed.create()).rejects.toThrow("trusted Azure services");
  });
});
