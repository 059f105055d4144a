import { describe, expect, it } from "vitest";
import { Azure } from "./azure-fixture";
import { child, database, parameter, server, withServer } from "./postgres-fixture";

describe("a server parameter", () => {
  it.each([
    ["azure.extensions", "vector,UUID-OSSP", "InvalidParameterValue"],
    ["azure.extensions", "VECTOR,NOT_THERE", "InvalidParameterValue"],
    ["log_statement", "everything", "InvalidParameterValue"],
    ["no_such_parameter", "1", "ConfigurationNotExists"],
    ["fsync", "off", "ReadOnlyConfiguration"],
    ["max_connections", "many", "InvalidParameterValue"],
    ["max_connections", "1000000", "InvalidParameterValue"],
    ["work_mem", "1", "InvalidParameterValue"],
    ["autovacuum_vacuum_cost_delay", "-2", "InvalidParameterValue"],
    ["seq_page_cost", "cheap", "InvalidParameterValue"],
    ["TimeZone", "Europe Oslo", "InvalidParameterValue"],
  ])("%s is not set to %s", async (name, value, code) => {
    const { azure } = await withServer();
    await expect(azure.create("dbforpostgresql:Configuration", parameter(name, value))).rejects.toMatchObject({ code });
  });

  // Source: Azure's REST API specification, example "ConfigurationsListByServer"; Altinn/dialogporten#3795 and #4335.
  it.each([
    ["metrics.collector_database_activity", "on", "Boolean"],
    ["auto_explain.log_min_duration", "1000", "Integer"],
    ["cron.max_running_jobs", "5", "Integer"],
    ["pg_stat_statements.max", "10000", "Integer"],
    ["log_autovacuum_min_duration", "-1", "Integer"],
    ["autovacuum_vacuum_scale_factor", "0.05", "Numeric"],
    ["timezone", "Europe/Oslo", "String"],
    ["pgaudit.log", "read,write", "Set"],
    ["pgbouncer.pool_mode", "session", "Enumeration"],
  ])("%s is set to %s, of data type %s", async (name, value, dataType) => {
    const { azure } = await withServer();
    const set = await azure.create("dbforpostgresql:Configuration", parameter(name, value));
    expect(set.outputs).toMatchObject({ value, dataType });
  });

  // Source: Azure documentation, "PgBouncer in Azure Database for PostgreSQL: Limitations".
  it("of the pooler is not there on Burstable", async () => {
    const pooled = parameter("pgbouncer.enabled", "true");
    const { azure } = await withServer({ sku: { name: "Standard_B1ms", tier: "Burstable" } });
    await expect(azure.create("dbforpostgresql:Configuration", pooled)).rejects.toMatchObject({
      code: "ConfigurationNotExists",
    });
    const larger = await withServer();
    expect((await larger.azure.create("dbforpostgresql:Configuration", pooled)).outputs.value).toBe("true");
  });

  it("takes effect at once, or tells that a restart is pending", async () => {
    const { azure } = await withServer();
    const extensions = await azure.create(
      "dbforpostgresql:Configuration",
      parameter("azure.extensions", "UUID-OSSP,VECTOR"),
      "a",
    );
    expect(extensions.outputs).toMatchObject({ isDynamicConfig: true, isConfigPendingRestart: false });
    const connections = await azure.create("dbforpostgresql:Configuration", parameter("max_connections", "200"), "b");
    expect(connections.outputs).toMatchObject({ isDynamicConfig: false, isConfigPendingRestart: true });
  });
});
describe("children of a server", () => {
  it("check their addresses", async () => {
    const rule = (startIpAddress: string, endIpAddress: string) => ({
      ...child,
      firewallRuleName: "a",
      startIpAddress,
      endIpAddress,
    });
    await expect(new Azure().check("dbforpostgresql:FirewallRule", rule("1.1.1.0/24", "1.1.1.1"))).rejects.toThrow(
      "expected an IPv4 address",
    );
    await expect(new Azure().check("dbforpostgresql:FirewallRule", rule("1.1.1.2", "1.1.1.1"))).rejects.toThrow(
      "lower than",
    );
  });

  it("name an Entra administrator only where Entra is on", async () => {
    const administrator = {
      ...child,
      objectId: "00000000-0000-4000-8000-000000000009",
      principalName: "admins",
      principalType: "Group",
    };
    const { azure } = await withServer();
    await expect(azure.create("dbforpostgresql:AdministratorsMicrosoftEntra", administrator)).rejects.toMatchObject({
      code: "AadAuthOperationCannotBePerformedWhenDisabled",
    });
    const entra = await withServer({ authConfig: { activeDirectoryAuth: "Enabled", passwordAuth: "Disabled" } });
    const made = await entra.azure.create("dbforpostgresql:AdministratorsMicrosoftEntra", administrator);
    expect(made.outputs.objectId).toBe(administrator.objectId);
  });

  it("are one virtual endpoint of servers that exist", async () => {
    const { azure } = await withServer();
    const endpoint = (virtualEndpointName: string, members: string[]) => ({
      ...child,
      virtualEndpointName,
      endpointType: "ReadWrite",
      members,
    });
    await expect(azure.create("dbforpostgresql:VirtualEndpoint", endpoint("main", ["other"]))).rejects.toMatchObject({
      code: "ResourceNotFound",
    });
    const made = await azure.create("dbforpostgresql:VirtualEndpoint", endpoint("main", ["db-one"]));
    expect(made.outputs.virtualEndpoints).toEqual([
      "main.writer.postgres.database.azure.com",
      "main.reader.postgres.database.azure.com",
    ]);
    await expect(azure.create("dbforpostgresql:VirtualEndpoint", endpoint("second", ["db-one"]))).rejects.toMatchObject(
      {
        code: "VirtualEndpointAlreadyExists",
      },
    );
  });

  it("have an endpoint name that nobody else in the world has", async () => {
    const { azure } = await withServer();
    await azure.create("dbforpostgresql:Server", { ...server, serverName: "db-two" }, "two");
    const endpoint = (serverName: string) => ({
      resourceGroupName: "rg",
      serverName,
      virtualEndpointName: "main",
      endpointType: "ReadWrite",
      members: [serverName],
    });
    await azure.create("dbforpostgresql:VirtualEndpoint", endpoint("db-one"), "one");
    await expect(azure.create("dbforpostgresql:VirtualEndpoint", endpoint("db-two"), "two")).rejects.toMatchObject({
      code: "VirtualEndpointNameAlreadyExists",
    });
  });

  it("go with their server", async () => {
    const { azure, made } = await withServer();
    const one = await azure.create("dbforpostgresql:Database", database("one"), "one");
    await azure.delete(made);
    expect(await azure.exists("dbforpostgresql:Database", one.id)).toBe(false);
    await azure.delete(one);
  });
});
