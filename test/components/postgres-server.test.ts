import { describe, expect, it } from "vitest";
import { ContainerAppsEnvironment } from "../../components/container-apps/container-apps-environment";
import { KeyVault } from "../../components/key-vault/key-vault";
import { type DatabaseRole, DatabaseRoles } from "../../components/postgres-server/database-roles";
import { PostgresReplica, type PostgresReplicaArgs } from "../../components/postgres-server/postgres-replica";
import { PostgresServer } from "../../components/postgres-server/postgres-server";
import type { PostgresServerArgs } from "../../components/postgres-server/postgres-server-args";
import { defaultParameters } from "../../components/postgres-server/server-parameters";
import { StandbyServer } from "../../components/postgres-server/standby-server";
import { AzureStack, deployer, type Surroundings, tenantId } from "./azure-stack";

const type = "azure-native:dbforpostgresql:Server";
const endpointType = "azure-native:dbforpostgresql:VirtualEndpoint";
const vaultIn = (around: Surroundings) =>
  new KeyVault("vault", {
    ...{ ...around, tenantId, renewedKeys: ["postgres"] },
    reachedBy: [{ who: "apps", via: "private-endpoint" }],
  });

function server(around: Surroundings, more: Partial<PostgresServerArgs> = {}) {
  const { postgres } = around.network;
  if (postgres === undefined) throw new Error("the network has no subnet for databases");
  return new PostgresServer("main", {
    ...around,
    tenantId,
    version: "16",
    size: "b1ms",
    access: { kind: "network", network: postgres },
    databases: ["mission_control", "hivemind"],
    administrators: [deployer],
    ...more,
  });
}

describe("PostgresServer", () => {
  it("deploys in the network with safe parameters, and changes nothing the second time", async () => {
    const stack = new AzureStack();
    const { outputs } = await stack.upTwice((around) => {
      const made = server(around);
      return {
        url: made.databaseUrl("hivemind", "hivemind-api"),
        pending: made.pendingRestart,
        names: made.privateNames,
      };
    });
    expect(outputs.url).toMatch(
      /^postgresql:\/\/hivemind-api@alai-dev-main-[0-9a-f]{8}\.[a-z0-9.-]*postgres\.database\.azure\.com:5432\/hivemind\?sslmode=require$/,
    );
    expect(outputs.pending).toEqual(["shared_preload_libraries"]);
    expect(outputs.names).toHaveLength(1);
    expect((await stack.inputs(type)).get("main")).toMatchObject({
      sku: { name: "Standard_B1ms", tier: "Burstable" },
      network: { publicNetworkAccess: "Disabled" },
      authConfig: { activeDirectoryAuth: "Enabled", passwordAuth: "Disabled" },
      backup: { backupRetentionDays: 7, geoRedundantBackup: "Disabled" },
      storage: { storageSizeGB: 32, autoGrow: "Enabled" },
      maintenanceWindow: { customWindow: "Enabled", dayOfWeek: 0, startHour: 3 },
    });
    const parameters = await stack.inputs("azure-native:dbforpostgresql:Configuration");
    const set = Object.fromEntries([...parameters.values()].map((inputs) => [inputs.configurationName, inputs.value]));
    expect(set).toEqual({ ...defaultParameters, "azure.extensions": "PGAUDIT" });
    await stack.destroy();
    expect(await stack.resources()).toEqual([]);
  });

  it("deploys with everything set, its children one after the other, and changes nothing the second time", async () => {
    const stack = new AzureStack();
    const { outputs } = await stack.upTwice((around) => {
      const made = server(around, {
        context: { ...around.context, environment: "prod" },
        size: "d2",
        pooler: "transaction",
        highAvailability: "zone",
        replicas: [{ name: "debug" }, { name: "archive" }],
        extensions: ["vector", "uuid-ossp"],
        parameters: { log_statement: "ddl" },
        storageGb: 128,
        maintenance: { day: "Monday", hour: 4 },
        administrators: [
          deployer,
          { ...deployer, name: "admins", objectId: "10000000-0000-4000-8000-000000000002", type: "Group" },
        ],
        transform: { server: { tags: { Purpose: "test" } }, replica: { tags: { Purpose: "replica" } } },
      });
      return { url: made.databaseUrl("hivemind", "hivemind-api") };
    });
    expect(outputs.url).toContain(":6432/hivemind");
    const parameters = [...(await stack.inputs("azure-native:dbforpostgresql:Configuration")).values()];
    expect(parameters.map(({ configurationName, value }) => [configurationName, value])).toContainEqual([
      "pgbouncer.pool_mode",
      "transaction",
    ]);
    const servers = await stack.inputs(type);
    expect(servers.get("main")).toMatchObject({
      highAvailability: { mode: "ZoneRedundant" },
      backup: { backupRetentionDays: 14, geoRedundantBackup: "Enabled" },
      maintenanceWindow: { dayOfWeek: 1, startHour: 4 },
      tags: { Purpose: "test" },
    });
    expect([...servers.keys()]).toEqual(["main", "main-archive", "main-debug"]);
    expect(servers.get("main-debug")).toMatchObject({
      createMode: "Replica",
      sku: { name: "Standard_D2ds_v5" },
      storage: { storageSizeGB: 128, autoGrow: "Enabled" },
      network: { publicNetworkAccess: "Disabled" },
      authConfig: { passwordAuth: "Disabled" },
      maintenanceWindow: { dayOfWeek: 1, startHour: 4 },
    });
  });

  it("has a writer and a reader name when a replica is for reads", async () => {
    const stack = new AzureStack();
    const large = { size: "d2", replicas: [{ name: "debug", size: "d4" }], reader: "debug" } as const;
    const { outputs } = await stack.upTwice((around) => {
      const made = server(around, large);
      return { write: made.databaseUrl("hivemind", "api"), read: made.databaseUrl("hivemind", "api", "read") };
    });
    const name = String((await stack.inputs(endpointType)).get("main-debug")?.virtualEndpointName);
    expect(outputs).toEqual({
      write: `postgresql://api@${name}.writer.postgres.database.azure.com:5432/hivemind?sslmode=require`,
      read: `postgresql://api@${name}.reader.postgres.database.azure.com:5432/hivemind?sslmode=require`,
    });
    await stack.destroy();
    expect(await stack.resources()).toEqual([]);
  });

  it("is encrypted with a key of ours, as an identity that may use this key alone, and so is its replica", async () => {
    const stack = new AzureStack();
    const own = { size: "d2", key: "own", geoRedundantBackup: false, replicas: [{ name: "debug" }] } as const;
    await stack.upTwice((around) => {
      server(around, { ...own, ownKey: vaultIn(around).key("postgres") });
    });
    for (const [name, inputs] of await stack.inputs(type)) {
      expect(inputs, name).toMatchObject({
        dataEncryption: { type: "AzureKeyVault", primaryKeyURI: expect.stringMatching(/\/keys\/postgres$/) },
        identity: { type: "UserAssigned" },
      });
    }
    const keys = await stack.inputs("azure-native:keyvault:Key");
    expect(keys.get("vault-postgres")).toMatchObject({
      properties: { rotationPolicy: { lifetimeActions: [{ action: { type: "rotate" } }] } },
    });
    const roles = [...(await stack.inputs("azure-native:authorization:RoleAssignment")).values()];
    expect(roles.map(({ scope }) => String(scope).split("/").slice(-2).join("/"))).toEqual([
      "keys/postgres",
      "keys/postgres",
    ]);
    const changed = await stack.refusal((around) => server(around, { ...own, key: undefined }));
    expect(changed).toContain('PostgresServer "main": key: the server is encrypted with a key of ours');
  });

  it("is copied to another region by its id, and grows after its replicas", async () => {
    const stack = new AzureStack();
    const source = {
      size: "d4",
      databases: ["main"],
      pooler: "transaction",
      maintenance: { day: "Monday", hour: 4 },
    } as const;
    const copy = (around: Surroundings, made: PostgresServer, more: Partial<PostgresReplicaArgs> = {}) => {
      const location = "northeurope";
      const context = { ...around.context, location, environment: "dr" };
      return new PostgresReplica(
        "copy",
        {
          ...{ ...around, context, tenantId, reader: true },
          source: { ...source, id: made.id },
          access: {
            kind: "private-endpoint",
            network: around.network,
            reachedBy: [{ who: "apps", via: "private-endpoint" }],
          },
          ...more,
        },
        { dependsOn: [made] },
      );
    };
    const closed = (around: Surroundings) =>
      server(around, {
        ...source,
        access: {
          kind: "private-endpoint",
          network: around.network,
          reachedBy: [{ who: "apps", via: "private-endpoint" }],
        },
      });
    const { outputs } = await stack.upTwice((around) => {
      const made = copy(around, closed(around));
      return { writer: made.writerHost };
    });
    expect(outputs.writer).toMatch(/\.writer\.postgres\.database\.azure\.com$/);
    expect((await stack.inputs(type)).get("copy")).toMatchObject({
      location: "northeurope",
      sku: { name: "Standard_D4ds_v5" },
    });
    const endpoint = (await stack.inputs(endpointType)).get("copy");
    expect(endpoint?.serverName).toBe((await stack.inputs(type)).get("main")?.serverName);

    const refused = (more: Partial<PostgresReplicaArgs>) =>
      new AzureStack().refusal((around) => copy(around, closed(around), more));
    const id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.DBforPostgreSQL/flexibleServers/s";
    expect(await refused({ size: "d2" })).toContain(
      'PostgresReplica "copy": size: "d2" does not keep up with the server\'s "d4"; take a size that is not Burstable, with at least 4 vCPU',
    );
    expect(await refused({ source: { ...source, id, size: "b2s" } })).toContain(
      '"b2s" is Burstable, which has no replicas',
    );
    expect(await refused({ source: { ...source, id, key: "own" } })).toContain("ownKey is missing");
    expect(await refused({ access: { kind: "addresses", reachedBy: [] } })).toContain("replicas are private");
  });

  it("stands by for another: services write where writes go, and have roles of their own there", async () => {
    const stack = new AzureStack();
    const deploy = (around: Surroundings) => {
      const primary = server(around, { size: "d4", databases: ["main"], pooler: "transaction" });
      const { postgres } = around.network;
      if (postgres === undefined) throw new Error("the network has no subnet for databases");
      const standbyContext = { ...around.context, environment: "dr" };
      const standby = new StandbyServer(
        "standby",
        {
          ...{ ...around, context: standbyContext, tenantId, primaryHost: primary.host, connected: [primary] },
          source: { id: primary.id, size: "d4", databases: ["main"], pooler: "transaction" },
          access: { kind: "network", network: postgres },
        },
        { dependsOn: [primary] },
      );
      const environment = new ContainerAppsEnvironment("apps", around);
      const role: DatabaseRole = {
        ...{ role: standby.roleOf("api"), objectId: deployer.objectId, type: "service", access: "own" },
        databases: standby.databases,
      };
      const { resourceGroupName } = around;
      const job = { context: standbyContext, resourceGroupName, environment, server: standby, roles: [role] };
      new DatabaseRoles("database-roles", job);
      return standby;
    };
    const { outputs } = await stack.upTwice((around) => {
      const standby = deploy(around);
      return {
        url: standby.databaseUrl("main", standby.roleOf("api")),
        read: standby.databaseUrl("main", "a", "read"),
      };
    });
    const pair = String.raw`alai-dr-standby-[0-9a-f]{8}\.`;
    expect(outputs.url).toMatch(new RegExp(`^postgresql://dr-api@${pair}writer\\.[a-z.]+:6432/main\\?`));
    expect(outputs.read).toMatch(new RegExp(`@${pair}reader\\.`));
    const servers = await stack.inputs(type);
    const administrator = (await stack.inputs("azure-native:dbforpostgresql:AdministratorsMicrosoftEntra")).get(
      "standby-roles",
    );
    expect(administrator).toMatchObject({
      serverName: servers.get("main")?.serverName,
      principalName: "alai-dr-standby-roles",
    });
    const job = JSON.stringify((await stack.inputs("azure-native:app:Job")).get("database-roles"));
    expect(job).toMatch(
      /postgresql:\/\/alai-dr-standby-roles@alai-dev-main-[^,]+:5432,alai-dr-standby-[0-9a-f]{8}\.postgres[^"]+:5432"/,
    );
    expect(job).toContain('"name":"MARKER","value":"landscape_services_dr"');
    const unknown = new AzureStack().refusal((around) => deploy(around).databaseUrl("other", "api"));
    expect(await unknown).toContain('its primary does not have the database "other"');
  });

  it("deploys behind a private endpoint, and open to listed addresses", async () => {
    const closed = new AzureStack();
    await closed.upTwice((around) =>
      server(around, {
        access: {
          kind: "private-endpoint",
          network: around.network,
          reachedBy: [{ who: "hosts", via: "tailnet-router" }],
        },
      }),
    );
    expect((await closed.inputs("azure-native:network:PrivateEndpoint")).has("main-postgres")).toBe(true);
    const listed = new AzureStack();
    await listed.upTwice((around) =>
      server(around, {
        access: {
          kind: "addresses",
          reachedBy: [{ who: "laptops", via: "addresses", addresses: ["203.0.113.0/28", "198.51.100.7"] }],
        },
      }),
    );
    const rules = await listed.inputs("azure-native:dbforpostgresql:FirewallRule");
    expect([...rules.values()].map(({ startIpAddress, endIpAddress }) => [startIpAddress, endIpAddress])).toEqual([
      ["198.51.100.7", "198.51.100.7"],
      ["203.0.113.0", "203.0.113.15"],
    ]);
  });

  it("upgrades only when told to, and never goes back", async () => {
    const stack = new AzureStack();
    await stack.up((around) => server(around));
    const upgrade = await stack.refusal((around) => server(around, { version: "17" }));
    expect(upgrade).toContain(
      'PostgresServer "main": version is "17", but the server runs 16; an upgrade stops the server',
    );
    await stack.up((around) => server(around, { version: "17", allowMajorUpgrade: true }));
    const back = await stack.refusal((around) => server(around));
    expect(back).toContain(
      'PostgresServer "main": version is "16", but the server runs 17, and a version never goes down; say "17"',
    );
  });

  it("refuses to leave its network", async () => {
    const stack = new AzureStack();
    await stack.up((around) => server(around));
    const refusal = await stack.refusal((around) =>
      server(around, {
        access: {
          kind: "private-endpoint",
          network: around.network,
          reachedBy: [{ who: "apps", via: "private-endpoint" }],
        },
      }),
    );
    expect(refusal).toContain(
      'PostgresServer "main": access.kind is "private-endpoint", but the server lives in a network',
    );
  });

  it("keeps a disk that has grown by itself", async () => {
    const stack = new AzureStack();
    await stack.up((around) => server(around));
    await stack.world.transact((world) => {
      for (const running of world.list(type)) {
        const storage = { storageSizeGB: 64, autoGrow: "Enabled" };
        world.put({ ...running, properties: { ...running.properties, storage } });
      }
    });
    await stack.up((around) => server(around, { maintenance: { day: "Monday", hour: 4 } }));
    expect((await stack.inputs(type)).get("main")).toMatchObject({ storage: { storageSizeGB: 64 } });
  });

  it("refuses to shrink a disk that does not grow by itself", async () => {
    const stack = new AzureStack();
    const fixed = { autoGrow: false } as const;
    await stack.up((around) => server(around, { ...fixed, storageGb: 128 }));
    expect(await stack.refusal((around) => server(around, { ...fixed, storageGb: 64 }))).toContain(
      'PostgresServer "main": storageGb is 64, but the server\'s disk has 128 GB, and a disk never shrinks; say 128',
    );
  });

  it("refuses what Azure would refuse, all at once and before anything is made", async () => {
    const stack = new AzureStack();
    const refusal = await stack.refusal((around) => {
      server(around, { highAvailability: "zone", replicas: [{ name: "debug" }], backupDays: 3, administrators: [] });
    });
    for (const problem of [
      'highAvailability: is not offered for the Burstable size "b1ms"; use d2 or larger, or leave it out',
      'replicas: are not offered for the Burstable size "b1ms"; use d2 or larger, or leave them out',
      "administrators: is empty, so nobody could sign in; name at least one",
      "backupDays: expected at least 7, got 3",
    ]) {
      expect(refusal).toContain(`PostgresServer "main": ${problem}`);
    }
    expect(await stack.inputs(type)).toEqual(new Map());
  });

  it("gives roles in the databases that stay, to everybody once and with names that PostgreSQL takes", async () => {
    const objectId = deployer.objectId;
    const role = { role: "api", objectId, type: "service", access: "own", databases: ["mission_control"] } as const;
    const roles = (around: Surroundings, given: readonly DatabaseRole[]) => {
      const leaving = { name: "hivemind", retired: { on: "2026-11-01", keepDays: 90, reason: "nobody reads it" } };
      const made = server(around, { databases: ["mission_control", leaving], extensions: ["Vector", "pg_trgm"] });
      const environment = new ContainerAppsEnvironment("apps", around);
      return new DatabaseRoles("roles", { ...around, environment, server: made, roles: given });
    };
    const stack = new AzureStack();
    await stack.up((around) => {
      roles(around, [role]);
    });
    const job = JSON.stringify((await stack.inputs("azure-native:app:Job")).get("roles"));
    expect(job).toContain('{"name":"DATABASES","value":"mission_control"}');
    expect(job).toContain('{"name":"EXTENSIONS","value":"pg_trgm vector"}');
    const refusal = await new AzureStack().refusal((around) =>
      roles(around, [role, role, { ...role, role: "an_app" }, { ...role, role: "other", databases: ["hivemind"] }]),
    );
    for (const problem of [
      'the role "api" is given twice; keep one of them',
      '"an_app" is not a role\'s name; give lower-case letters, digits and dashes, beginning with a letter',
      'the role "other" asks for the database "hivemind", which the server does not have',
    ]) {
      expect(refusal).toContain(`DatabaseRoles "roles": ${problem}`);
    }
  });

  it("refuses an open firewall, and the address of a database it does not have", async () => {
    const open = await new AzureStack().refusal((around) =>
      server(around, {
        access: { kind: "addresses", reachedBy: [{ who: "ci", via: "addresses", addresses: ["0.0.0.0"] }] },
      }),
    );
    expect(open).toContain('PostgresServer "main": reachedBy for ci lists "0.0.0.0", which lets every Azure tenant in');
    const unknown = await new AzureStack().refusal((around) => server(around).databaseUrl("other", "api"));
    expect(unknown).toContain(
      'PostgresServer "main": the database "other" is not declared; add it to the server\'s databases',
    );
  });
});
