import { describe, expect, it } from "vitest";
import type { StackContext } from "../../components/context/stack-context";
import { type PostgresServerArgs, serverSizes } from "../../components/postgres-server/postgres-server-args";
import { postgresSchema } from "../../components/postgres-server/schema";
import { changeProblems, settledArgs } from "../../components/postgres-server/server-args";
import {
  defaultParameters,
  parameterProblems,
  serverParameters,
} from "../../components/postgres-server/server-parameters";
import { placementProblems } from "../../components/postgres-server/server-problems";
import { argumentProblems } from "../../lib/located-yaml/schema-problems";
import { formatPropertyPath } from "../../lib/property-path";

const context: StackContext = {
  project: "alai",
  environment: "dev",
  lasting: true,
  location: "swedencentral",
  tags: { Project: "alai", Environment: "dev", ManagedBy: "pulumi", Team: "platform", CostCenter: "infra" },
};
const server: PostgresServerArgs = {
  context,
  resourceGroupName: "group",
  tenantId: "tenant",
  workspaceId: "workspace",
  version: "16",
  size: "b1ms",
  access: { kind: "network", network: { subnetId: "subnet", zoneId: "zone" } },
  databases: ["mission_control"],
  administrators: [{ name: "deploy", objectId: "object", type: "ServicePrincipal" }],
};

/** As a refusal says them. */
const problemsOf = (change: Partial<PostgresServerArgs>) => {
  const args = { ...server, ...change };
  return [...argumentProblems(postgresSchema, args), ...placementProblems(args)].map(
    ({ path, message }) => `${formatPropertyPath(path)}: ${message}`,
  );
};

describe("a server's arguments", () => {
  it("are right for a small server", () => expect(problemsOf({})).toEqual([]));

  it.each<[string, Partial<PostgresServerArgs>, string]>([
    [
      "high availability on Burstable",
      { highAvailability: "zone" },
      'highAvailability: is not offered for the Burstable size "b1ms"; use d2 or larger, or leave it out',
    ],
    [
      "a pooler on Burstable",
      { pooler: "transaction" },
      'pooler: is not offered for the Burstable size "b1ms"; use d2 or larger, or leave it out',
    ],
    [
      "replicas on Burstable",
      { replicas: [{ name: "debug" }] },
      'replicas: are not offered for the Burstable size "b1ms"; use d2 or larger, or leave them out',
    ],
    [
      "a replica that is smaller than its server",
      { size: "d4", replicas: [{ name: "debug", size: "d2" }, { name: "same" }] },
      'replicas[0].size: "d2" does not keep up with the server\'s "d4"; take a size that is not Burstable, with at least 4 vCPU',
    ],
    [
      "a Burstable replica",
      { size: "d2", replicas: [{ name: "debug", size: "b2s" }] },
      'replicas[0].size: "b2s" does not keep up with the server\'s "d2"; take a size that is not Burstable, with at least 2 vCPU',
    ],
    [
      "a replica twice",
      { size: "d2", replicas: [{ name: "debug" }, { name: "debug" }] },
      'replicas[1]: "debug" is given twice; keep one of them',
    ],
    [
      "a sixth replica",
      { size: "d2", replicas: ["a", "b", "c", "d", "e", "f"].map((name) => ({ name })) },
      "replicas: expected at most 5 entries, got 6",
    ],
    [
      "reads from no replica",
      { size: "d2", replicas: [{ name: "debug" }], reader: "other" },
      'reader: "other" is none of the replicas; they are debug',
    ],
    [
      "a key of ours with backups in two regions",
      { key: "own", ownKey: { id: "key", uri: "key" } },
      "key: needs geoRedundantBackup: false, for which a replica in another region stands in",
    ],
    [
      "a key of ours that is nowhere",
      { key: "own", geoRedundantBackup: false },
      "key: and ownKey are given together; give both, or leave both out",
    ],
    [
      "an odd disk",
      { storageGb: 33 },
      "storageGb: expected 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192 or 16384, got 33",
    ],
    ["short backups", { backupDays: 6 }, "backupDays: expected at least 7, got 6"],
    ["long backups", { backupDays: 36 }, "backupDays: expected at most 35, got 36"],
    [
      "an hour that is none",
      { maintenance: { day: "Monday", hour: 24 } },
      "maintenance.hour: expected at most 23, got 24",
    ],
    [
      "nobody to sign in",
      { administrators: [] },
      "administrators: is empty, so nobody could sign in; name at least one",
    ],
    [
      "a name that is none",
      { databases: ["1st"] },
      'databases[0]: expected letters, digits, _ and -, beginning with a letter, got "1st"',
    ],
    [
      "a name that is too long",
      { databases: ["d".repeat(64)] },
      `databases[0]: expected at most 56 characters, got 64: "${"d".repeat(59)}…`,
    ],
    [
      "Azure's own database",
      { databases: ["postgres"] },
      'databases[0]: "postgres" belongs to the server; choose another name',
    ],
    ["a database twice", { databases: ["a", "b", "a"] }, 'databases[2]: "a" is given twice; keep one of them'],
    [
      "extensions as a parameter",
      { parameters: { "azure.extensions": "VECTOR" } },
      'parameters["azure.extensions"]: set "azure.extensions" through extensions',
    ],
    [
      "the pooler as parameters",
      { size: "d2", parameters: { "pgbouncer.enabled": "true", "pgbouncer.pool_mode": "session" } },
      'parameters["pgbouncer.enabled"]: set "pgbouncer.enabled" through pooler\nparameters["pgbouncer.pool_mode"]: set "pgbouncer.pool_mode" through pooler',
    ],
    [
      "plain connections",
      { parameters: { require_secure_transport: "OFF" } },
      'parameters.require_secure_transport: "OFF" lets unencrypted or outdated connections in; leave it out',
    ],
    [
      "old TLS",
      { parameters: { ssl_min_protocol_version: "TLSv1.1" } },
      'parameters.ssl_min_protocol_version: "TLSv1.1" lets unencrypted or outdated connections in; leave it out',
    ],
    ["plpgsql", { extensions: ["PLpgSQL"] }, 'extensions[0]: "plpgsql" is always there; leave it out'],
  ])("refuse %s", (_, change, problem) => expect(problemsOf(change).join("\n")).toBe(problem));

  it("allow high availability, a pooler and replicas from d2 on", () => {
    const large = {
      size: "d2",
      highAvailability: "zone",
      pooler: "transaction",
      replicas: [{ name: "debug" }],
    } as const;
    expect(problemsOf(large)).toEqual([]);
  });
});

describe("serverParameters", () => {
  it("are the safe ones, sorted, with extensions in upper case", () => {
    const parameters = serverParameters({
      parameters: { log_statement: "ddl" },
      extensions: ["vector", "uuid-ossp", "Vector"],
    });
    expect(parameters.map(({ name }) => name)).toEqual([...parameters.map(({ name }) => name)].sort());
    expect(Object.fromEntries(parameters.map(({ name, value }) => [name, value]))).toEqual({
      ...defaultParameters,
      log_statement: "ddl",
      "azure.extensions": "PGAUDIT,UUID-OSSP,VECTOR",
    });
  });

  it("give way to what is asked for", () => {
    const parameters = serverParameters({ parameters: { "pgaudit.log": "all" } });
    expect(parameters).toContainEqual({ name: "pgaudit.log", value: "all" });
  });

  it("switch the pooler on before its other parameters, which Azure does not have until then", () => {
    const parameters = serverParameters({ pooler: "transaction", parameters: { "pgbouncer.default_pool_size": "20" } });
    expect(parameters[0]).toEqual({ name: "pgbouncer.enabled", value: "true" });
    const pooler = parameters.filter(({ name }) => name.startsWith("pgbouncer."));
    expect(Object.fromEntries(pooler.map(({ name, value }) => [name, value]))).toEqual({
      "pgbouncer.enabled": "true",
      "pgbouncer.default_pool_size": "20",
      "pgbouncer.max_prepared_statements": "200",
      "pgbouncer.pool_mode": "transaction",
    });
  });

  it("refuse names that are none, values that a parameter does not take, and what only Azure sets", () => {
    const parameters = { log_statment: "ddl", max_connections: "many", work_mem: "1", archive_mode: "on", jit: "on" };
    expect(parameterProblems(parameters, ["a b"])).toEqual([
      {
        path: ["parameters", "log_statment"],
        message: '"log_statment" is no parameter of a flexible server; did you mean "log_statement"?',
      },
      { path: ["parameters", "max_connections"], message: 'expected 25-5000, got "many"' },
      { path: ["parameters", "work_mem"], message: 'expected 4096-2097151, got "1"' },
      { path: ["parameters", "archive_mode"], message: '"archive_mode" is set by Azure alone; leave it out' },
      { path: ["extensions", 0], message: '"a b" is not the name of an extension' },
    ]);
  });
});

describe("changeProblems", () => {
  const inNetwork = { version: "16", network: { delegatedSubnetResourceId: "/subscriptions/s/subnet" } };

  it("has nothing to say about a new server, or about the one that runs", () => {
    expect(changeProblems(server, undefined)).toEqual([]);
    expect(changeProblems(server, inNetwork)).toEqual([]);
  });

  it("refuses an upgrade that nobody allowed, and any downgrade", () => {
    expect(changeProblems({ ...server, version: "17" }, inNetwork)).toEqual([
      'version is "17", but the server runs 16; an upgrade stops the server and cannot be undone: take a backup, then set allowMajorUpgrade: true',
    ]);
    expect(changeProblems({ ...server, version: "17", allowMajorUpgrade: true }, inNetwork)).toEqual([]);
    expect(changeProblems({ ...server, version: "15", allowMajorUpgrade: true }, inNetwork)).toEqual([
      'version is "15", but the server runs 16, and a version never goes down; say "16"',
    ]);
  });

  it("refuses to shrink a disk, unless it may have grown by itself", () => {
    const running = { ...inNetwork, storage: { storageSizeGB: 128 } };
    expect(changeProblems({ ...server, autoGrow: false, storageGb: 64 }, running)).toEqual([
      "storageGb is 64, but the server's disk has 128 GB, and a disk never shrinks; say 128",
    ]);
    expect(changeProblems({ ...server, autoGrow: false, storageGb: 128 }, running)).toEqual([]);
    expect(changeProblems({ ...server, storageGb: 64 }, running)).toEqual([]);
  });

  it("refuses to upgrade a server with replicas, and to change whose key it has", () => {
    const replicas = [{ name: "debug" }];
    expect(changeProblems({ ...server, version: "17", allowMajorUpgrade: true, replicas }, inNetwork)).toEqual([
      'version is "17", but the server runs 16, and one with replicas is not upgraded; take them out first',
    ]);
    expect(changeProblems({ ...server, key: "own" }, inNetwork)).toEqual([
      "key: the server is encrypted with Azure's key, which is fixed at creation; restore its backup to a second server",
    ]);
  });

  it("refuses to move a server into a network or out of it", () => {
    const outside = { version: "16", network: { publicNetworkAccess: "Enabled" } };
    expect(changeProblems(server, outside)).toEqual([
      'access.kind is "network", but the server does not live in a network, which is fixed at creation; make a second server and move the data',
    ]);
    expect(changeProblems({ ...server, access: { kind: "addresses", reachedBy: [] } }, inNetwork)).toEqual([
      'access.kind is "addresses", but the server lives in a network, which is fixed at creation; make a second server and move the data',
    ]);
  });
});

describe("settledArgs", () => {
  const grown = { storage: { storageSizeGB: 128 } };

  it("keeps a disk that has grown", () => {
    expect(settledArgs(server, undefined).storageSizeGB).toBe(32);
    expect(settledArgs(server, grown).storageSizeGB).toBe(128);
    expect(settledArgs({ ...server, storageGb: 256 }, grown).storageSizeGB).toBe(256);
  });

  it("asks for what is stated when the disk does not grow by itself", () => {
    expect(settledArgs({ ...server, autoGrow: false, storageGb: 64 }, grown).storageSizeGB).toBe(64);
  });
});

describe("postgresSchema", () => {
  it("offers the sizes there are, and refuses a number as a version", () => {
    for (const size of Object.keys(serverSizes)) {
      expect(postgresSchema.safeParse({ version: "16", size, databases: ["a"] }).success).toBe(true);
    }
    expect(postgresSchema.safeParse({ version: 16, size: "b1ms", databases: ["a"] }).error?.issues[0]?.path).toEqual([
      "version",
    ]);
  });
});
