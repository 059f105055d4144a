import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ContainerAppsEnvironment } from "../../components/container-apps/container-apps-environment";
import { DatabaseRoles } from "../../components/postgres-server/database-roles";
import { PostgresServer } from "../../components/postgres-server/postgres-server";
import type { PostgresServerArgs } from "../../components/postgres-server/postgres-server-args";
import { postgresSchema } from "../../components/postgres-server/schema";
import { argumentProblems } from "../../lib/located-yaml/schema-problems";
import { formatPropertyPath } from "../../lib/property-path";
import { findPostgresPrograms, ScratchServer } from "../../operations/restore-test/postgres/scratch-server";
import { shippedProgram } from "../../programs/bundle";
import { FaultSchedule, faultPlanSchema } from "../../sandbox/faults/faulty-provider";
import { AzureStack, context, deployer, type Surroundings, tenantId } from "./azure-stack";
import { runCommand, startServer } from "./script-run";

const type = "azure-native:dbforpostgresql:Server";
const entry = { version: "16", size: "b1ms", databases: ["main"] } as const;
const before = { name: "before", to: "2026-11-20T10:00:00Z" };

const serves = { ...before, serves: true, holds: ["main"] };

const deploy =
  (restored: PostgresServerArgs["restored"], lasting = false, databases: readonly string[] = entry.databases) =>
  (around: Surroundings) => {
    const { postgres } = around.network;
    if (postgres === undefined) throw new Error("the network has no subnet for databases");
    const place = { ...around, context: { ...context, lasting } };
    const access = { kind: "network", network: postgres } as const;
    const server = new PostgresServer("postgres", {
      ...place,
      tenantId,
      access,
      ...entry,
      databases,
      administrators: [deployer],
      restored,
    });
    const environment = new ContainerAppsEnvironment("apps", around);
    new DatabaseRoles("database-roles", { ...around, environment, server, roles: [] });
    return { url: server.databaseUrl("main", "api"), id: server.id, names: server.privateNames };
  };

describe("a restored server", () => {
  it("is made beside the other, serves when it is told to, and leaves the other as it is", async () => {
    const stack = new AzureStack();
    const first = (await stack.up(deploy(undefined))).outputs;

    const beside = (await stack.upTwice(deploy([before]))).outputs;
    expect(beside).toMatchObject({ url: first.url, id: first.id });
    expect(beside.names).toHaveLength(2);
    const servers = await stack.inputs(type);
    expect(servers.get("postgres-before")).toMatchObject({
      ...{ createMode: "PointInTimeRestore", pointInTimeUTC: before.to, sourceServerResourceId: first.id },
      authConfig: { passwordAuth: "Disabled" },
      network: servers.get("postgres")?.network,
    });
    const administrators = await stack.inputs("azure-native:dbforpostgresql:AdministratorsMicrosoftEntra");
    expect([...administrators.keys()]).toEqual(
      expect.arrayContaining(["postgres-before-deploy", "postgres-before-roles"]),
    );
    // They are in the backup: the program would ask for them in vain.
    expect([...(await stack.inputs("azure-native:dbforpostgresql:Database")).keys()]).toEqual(["postgres-main"]);
    const jobs = async (name: string) => JSON.stringify((await stack.inputs("azure-native:app:Job")).get(name));
    expect(await jobs("restored-before")).toContain("-postgres-before-");
    expect(await jobs("database-roles")).not.toContain("-postgres-before-");

    const serving = (await stack.upTwice(deploy([serves]))).outputs;
    expect(serving.url).toMatch(/@alai-dev-postgres-before-[0-9a-f]{8}\.postgres\.database\.azure\.com:5432\/main/);
    expect(serving.id).not.toBe(first.id);
    expect(await jobs("database-roles")).toContain("-postgres-before-");
    expect((await stack.inputs(type)).get("postgres")).toEqual(servers.get("postgres"));

    // And back, without it.
    expect((await stack.up(deploy([before]))).outputs).toMatchObject({ url: first.url, id: first.id });
    await stack.up(deploy(undefined));
    expect([...(await stack.inputs(type)).keys()]).toEqual(["postgres"]);
  });

  it("is made, and serves, by as many deployments as are interrupted, each after two steps", async () => {
    const stack = new AzureStack();
    const first = (await stack.up(deploy(undefined))).outputs;
    const interrupted = async (operation: "create" | "update", restored: PostgresServerArgs["restored"]) => {
      for (let runs = 1; ; runs++) {
        const fault = { effect: "fail", type: "*", operation, nth: 3 } as const;
        stack.faults = new FaultSchedule(faultPlanSchema.parse({ faults: [fault] }));
        const run = await stack.tryUp(deploy(restored));
        stack.faults = undefined;
        if (run.result === "succeeded") return { runs, outputs: run.outputs };
        expect(run.messages.join("\n")).toContain("injected failure");
      }
    };
    const made = await interrupted("create", [before]);
    expect(made.runs).toBeGreaterThan(5);
    expect(made.outputs.url).toBe(first.url);
    const served = await interrupted("update", [serves]);
    expect(served.outputs.url).toContain("-postgres-before-");
    const again = await stack.up(deploy([serves]));
    expect(again.changes).toEqual({ same: expect.any(Number) });
  }, 60_000);

  it("gets the databases that are newer than its backup, and they leave with it", async () => {
    const stack = new AzureStack();
    const databases = async () => [...(await stack.inputs("azure-native:dbforpostgresql:Database")).keys()].sort();
    const both = ["main", "later"];
    await stack.up(deploy(undefined, true));
    // What came with the backup is there, whoever says that it is not.
    const forgot = await stack.tryUp(deploy([{ ...serves, holds: ["later"] }], true, both));
    expect([forgot.result, forgot.messages.join("\n")]).toEqual([
      "failed",
      expect.stringContaining("cannot create already existing resource"),
    ]);
    const { outputs } = await stack.upTwice(deploy([serves], true, both));
    expect(await databases()).toEqual(["postgres-before-later", "postgres-later", "postgres-main"]);
    expect(outputs.url).toContain("-postgres-before-");
    const later = async () => (await stack.resources()).find(({ urn }) => urn.endsWith("::postgres-before-later"));
    expect(await later()).toMatchObject({ protect: true, parent: expect.stringMatching(/Server::postgres-before$/) });
    const leaves = {
      ...before,
      holds: ["main"],
      retired: { on: "2026-11-30", keepDays: 7, reason: "it is not needed" },
    };
    await stack.up(deploy([leaves], true, both));
    expect((await later())?.protect).not.toBe(true);
    await stack.up(deploy(undefined, true, both));
    expect(await databases()).toEqual(["postgres-later", "postgres-main"]);
    expect(stack.world.objects().filter(({ id }) => id.includes("-postgres-before-"))).toEqual([]);
  });

  it("keeps a disk that has grown by itself, which the other's has not", async () => {
    const stack = new AzureStack();
    await stack.up(deploy(undefined));
    await stack.up(deploy([serves]));
    const grow = (isRestored: boolean, storageSizeGB: number) =>
      stack.world.transact((world) => {
        const grown = world.list(type).find(({ id }) => id.includes("-postgres-before-") === isRestored);
        if (grown === undefined) throw new Error("there is no such server");
        world.put({ ...grown, properties: { ...grown.properties, storage: { storageSizeGB, autoGrow: "Enabled" } } });
      });
    const disks = async () => {
      await stack.up(deploy([serves], false, [...entry.databases, "later"]));
      const servers = await stack.inputs(type);
      return ["postgres", "postgres-before"].map((name) => servers.get(name)?.storage);
    };
    await grow(true, 64);
    expect(await disks()).toMatchObject([{ storageSizeGB: 32 }, { storageSizeGB: 64 }]);
    await grow(false, 128);
    expect(await disks()).toMatchObject([{ storageSizeGB: 128 }, { storageSizeGB: 64 }]);
  });

  it("is protected as the other is, until it is retired", async () => {
    const stack = new AzureStack();
    await stack.up(deploy(undefined, true));
    const isProtected = async (restored: PostgresServerArgs["restored"]) => {
      await stack.up(deploy(restored, true));
      return (await stack.resources()).find(({ urn }) => urn.endsWith("Server::postgres-before"))?.protect;
    };
    expect(await isProtected([before])).toBe(true);
    expect(
      await isProtected([{ ...before, retired: { on: "2026-11-30", keepDays: 7, reason: "it is not needed" } }]),
    ).not.toBe(true);
  });

  it("goes back to a moment that is over and that Azure has, of a server that is there", async () => {
    const stack = new AzureStack();
    const refused = (to: string) => stack.refusal(deploy([{ name: "before", to }]));
    expect(await refused(before.to)).toContain("restored[0].to: there is no server yet whose backup could be restored");
    await stack.up(deploy(undefined));
    expect(await refused("2999-01-01T00:00:00Z")).toContain("restored[0].to: 2999-01-01T00:00:00Z is not over yet");
    await stack.world.transact((world) => {
      const [made] = world.list(type);
      if (made === undefined) throw new Error("there is no server");
      const backup = {
        backupRetentionDays: 7,
        geoRedundantBackup: "Disabled",
        earliestRestoreDate: "2026-11-23T00:00:00Z",
      };
      world.put({ ...made, properties: { ...made.properties, backup } });
    });
    expect(await refused(before.to)).toContain(
      "Azure can take the server back to 2026-11-23T00:00:00Z at the earliest",
    );
  });

  it.each([
    [[before, { ...before, to: "2026-11-21T10:00:00Z" }], "restored[1]"],
    [[serves, { ...serves, name: "other" }], "restored[1].serves: is said of two; one serves"],
    [
      [{ ...serves, retired: { on: "2026-11-30", keepDays: 7, reason: "it is not needed" } }],
      "restored[0].retired: is said of the one that serves",
    ],
    [[{ ...before, to: "yesterday" }], "restored[0].to: expected a moment in UTC"],
    [
      [{ ...before, serves: true }],
      "restored[0].holds: is missing: the databases that came with the backup, for example [main]",
    ],
    [[{ ...serves, holds: ["mian"] }], 'restored[0].holds[0]: the server has no database "mian"; did you mean "main"?'],
  ])("is one of %o no more than once", (restored, told) => {
    const problems = argumentProblems(postgresSchema, { ...entry, restored });
    expect(problems.map(({ path, message }) => `${formatPropertyPath(path)}: ${message}`).join("\n")).toContain(told);
  });

  it("does not go with what only the other would have", () => {
    const large = { ...entry, size: "d2", restored: [before], replicas: [{ name: "debug" }], reader: "debug" };
    const more = { ...large, highAvailability: "zone", key: "own", geoRedundantBackup: false };
    expect(argumentProblems(postgresSchema, more).map(({ message }) => message)).toEqual(
      ["highAvailability", "replicas", "reader", "key"].map(
        (field) => `does not go with ${field}: docs/decisions/0053`,
      ),
    );
  });
});

const bin = findPostgresPrograms();

describe.skipIf(bin === undefined)(
  `a real server and a restored one${bin === undefined ? " (need PostgreSQL)" : ""}`,
  () => {
    let server: ScratchServer;
    /** One server is enough: what stands before a database's name in the address makes two of it. */
    const restored = "restored";
    beforeAll(async () => {
      server = await ScratchServer.start(bin ?? "");
      for (const name of ["main", "restored/main", "gone"])
        await sql("postgres", `CREATE DATABASE "${name}" TEMPLATE template0`);
      await sql(
        "main",
        "CREATE TABLE kept(x int); CREATE TABLE made(x int); CREATE TABLE lost(x int); INSERT INTO made VALUES (1), (2)",
      );
      await sql(
        "restored/main",
        'CREATE TABLE kept(x int); CREATE TABLE "of old"(x int); CREATE TABLE lost(x int); INSERT INTO lost VALUES (1)',
      );
      await sql("gone", "CREATE TABLE work(x int)");
    }, 60_000);
    afterAll(async () => server?.stop(), 60_000);

    async function sql(database: string, statements: string): Promise<void> {
      const { exitCode, stderr } = await server.client("psql", ["-Xq", "-d", database, "-c", statements]);
      if (exitCode !== 0) throw new Error(stderr);
    }

    async function compare(databases: string) {
      const endpoint = await startServer(() => ({ status: 200, body: { access_token: "t" } }));
      const SERVER = `postgresql://restore@${encodeURIComponent(server.directory)}:5432`;
      return runCommand("sh", ["-ec", shippedProgram("programs/scripts/compare-servers.sh").text], {
        ...{ SERVER, RESTORED: `${SERVER}/${restored}`, DATABASES: databases },
        ...{ PGSSLMODE: "disable", PGSSLROOTCERT: "", AZURE_CLIENT_ID: "client" },
        ...{ IDENTITY_ENDPOINT: `${endpoint.url}/t`, IDENTITY_HEADER: "h" },
      });
    }

    it("are told apart by the rows of their tables", async () => {
      expect(await compare("main")).toEqual({
        exitCode: 0,
        output: [
          "main public.lost: 0 rows, restored 1",
          "main public.made: 2 rows, restored -",
          "main public.of_old: - rows, restored 0",
          "main: 3 tables compared",
          "",
        ].join("\n"),
      });
    });

    it("are not compared where the restored one shows nothing", async () => {
      const told = async (message: string) =>
        expect(await compare("gone")).toMatchObject({ exitCode: 1, output: expect.stringContaining(message) });
      await told("the restored server does not show it");
      await sql("postgres", 'CREATE DATABASE "restored/gone" TEMPLATE template0');
      await told("none of its tables");
    });
  },
);
