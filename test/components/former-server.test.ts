import { Database, Server } from "@pulumi/azure-native/dbforpostgresql";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { adoptResources } from "../../components/adoption/adopt-resources";
import { ContainerAppsEnvironment } from "../../components/container-apps/container-apps-environment";
import { physicalName } from "../../components/naming/physical-name";
import { DatabaseRoles } from "../../components/postgres-server/database-roles";
import { PostgresServer } from "../../components/postgres-server/postgres-server";
import type { PostgresServerArgs } from "../../components/postgres-server/postgres-server-args";
import { postgresSchema } from "../../components/postgres-server/schema";
import { argumentProblems } from "../../lib/located-yaml/schema-problems";
import { formatPropertyPath } from "../../lib/property-path";
import { FaultSchedule, faultPlanSchema } from "../../sandbox/faults/faulty-provider";
import { AzureStack, context, deployer, type Surroundings, subscriptionId, tenantId } from "./azure-stack";

const serverType = "azure-native:dbforpostgresql:Server";
const databaseType = "azure-native:dbforpostgresql:Database";
const before = { name: "before", to: "2026-11-20T10:00:00Z" };
const serves = { ...before, serves: true, holds: ["main"] };
const retired = { on: "2026-11-30", keepDays: 7, reason: "its backup serves" };
const former = [{ name: "postgres", retired }];

/** The Azure id of a server, by its name in the program. */
function idOf(name: string): string {
  const group = `${subscriptionId}/resourceGroups/alai-dev`;
  return `${group}/providers/Microsoft.DBforPostgreSQL/flexibleServers/${physicalName(context, "postgresServer", name)}`;
}

/** What `landscape:adopted` lists of the databases that came with a backup. */
function cameWith(server: string, ...databases: readonly string[]) {
  return databases.map((name) => {
    return { type: databaseType, name: `${server}-${name}`, id: `${idOf(server)}/databases/${name}` };
  });
}

const deploy =
  (more: Partial<PostgresServerArgs>, adopted: ReturnType<typeof cameWith> = []) =>
  (around: Surroundings) => {
    const { postgres } = around.network;
    if (postgres === undefined) throw new Error("the network has no subnet for databases");
    adoptResources(adopted);
    const server = new PostgresServer("postgres", {
      ...{ ...around, context: { ...context, lasting: true }, tenantId },
      ...{ version: "16", size: "b1ms", databases: ["main"], administrators: [deployer] },
      access: { kind: "network", network: postgres },
      ...more,
    });
    const environment = new ContainerAppsEnvironment("apps", around);
    new DatabaseRoles("database-roles", { ...around, environment, server, roles: [] });
    return { url: server.databaseUrl("main", "api"), id: server.id };
  };

/** A stack whose server was restored, and whose restored server serves. */
async function servingStack(): Promise<AzureStack> {
  const stack = new AzureStack();
  await stack.up(deploy({}));
  await stack.up(deploy({ restored: [before] }));
  await stack.up(deploy({ restored: [serves] }));
  return stack;
}

async function protectedNames(stack: AzureStack): Promise<readonly string[]> {
  const found = (await stack.resources()).filter(({ type }) => [serverType, databaseType].includes(type));
  return found.flatMap(({ urn, protect }) => (protect === true ? [urn.split("::").at(-1) ?? ""] : [])).sort();
}

describe("a restored server that takes the first one's place for good", () => {
  it("stays the server that it is, while the first is let go of and leaves, and is restored from once more", async () => {
    const stack = await servingStack();
    const { outputs } = await stack.up(deploy({ restored: [serves] }));
    const place = { server: "postgres-before", former };

    const forgot = await stack.tryUp(deploy(place));
    expect(forgot.messages.join("\n")).toContain("cannot create already existing resource");
    const taken = await stack.up(deploy(place, cameWith("postgres-before", "main")));
    expect(taken.outputs).toEqual(outputs);
    // The database says what it was made with. The job that compared the two servers goes.
    expect(taken.changes).toEqual({ import: 1, update: 1, delete: 2, same: expect.any(Number) });
    const { createMode, ...made } = (await stack.inputs(serverType)).get("postgres-before") ?? {};
    expect([createMode, made.sourceServerResourceId, made.pointInTimeUTC]).toEqual([
      ...[undefined, idOf("postgres"), before.to],
    ]);
    expect(await protectedNames(stack)).toEqual(["postgres-before", "postgres-before-main"]);
    expect((await stack.up(deploy(place))).changes).toEqual({ same: expect.any(Number) });

    const left = await stack.upTwice(deploy({ server: "postgres-before" }));
    expect(left.outputs).toEqual(outputs);
    expect(Object.keys(left.changes).sort()).toEqual(["delete", "same"]);
    expect([...(await stack.inputs(serverType)).keys()]).toEqual(["postgres-before"]);
    expect(stack.world.objects().filter(({ id }) => id.startsWith(idOf("postgres")))).toEqual([]);

    const databases = ["main", "later"];
    await stack.up(deploy({ server: "postgres-before", databases }));
    const second = { name: "second", to: "2026-11-25T10:00:00Z" };
    await stack.up(deploy({ server: "postgres-before", databases, restored: [second] }));
    expect((await stack.inputs(serverType)).get("postgres-second")?.sourceServerResourceId).toBe(
      idOf("postgres-before"),
    );
    await stack.up(
      deploy({ server: "postgres-before", databases, restored: [{ ...second, serves: true, holds: databases }] }),
    );
    const again = { server: "postgres-second", databases, former: [{ name: "postgres-before", retired }] };
    const { outputs: next } = await stack.up(deploy(again, cameWith("postgres-second", ...databases)));
    expect(next.id).toBe(idOf("postgres-second"));
    expect(await protectedNames(stack)).toEqual(["postgres-second", "postgres-second-later", "postgres-second-main"]);
    await stack.upTwice(deploy({ server: "postgres-second", databases }));
    expect([...(await stack.inputs(serverType)).keys()]).toEqual(["postgres-second"]);
  }, 60_000);

  it("is made without a backup where nothing is deployed yet, as every rehearsal does", async () => {
    const stack = new AzureStack();
    const place = { server: "postgres-before", former };
    const { outputs } = await stack.upTwice(deploy(place));
    expect(outputs.id).toBe(idOf("postgres-before"));
    const made = await stack.inputs(serverType);
    for (const property of ["createMode", "sourceServerResourceId", "pointInTimeUTC"])
      expect(made.get("postgres-before")).not.toHaveProperty(property);
    expect([...(await stack.inputs(databaseType)).keys()]).toContain("postgres-before-main");

    // The former one stays as it is, whatever is said of the environment's.
    await stack.up(deploy({ ...place, size: "d2", backupDays: 14, replicas: [{ name: "debug" }] }));
    const servers = await stack.inputs(serverType);
    expect([...servers.keys()].sort()).toEqual(["postgres", "postgres-before", "postgres-before-debug"]);
    expect(servers.get("postgres")).toEqual(made.get("postgres"));
    expect(servers.get("postgres-before")).toMatchObject({ sku: { name: "Standard_D2ds_v5" } });
  });

  it("takes it, and the first leaves, though deployments are interrupted", async () => {
    const stack = await servingStack();
    const failing = async (fault: object, make: (around: Surroundings) => unknown) => {
      stack.faults = new FaultSchedule(faultPlanSchema.parse({ faults: [{ effect: "fail", type: "*", ...fault }] }));
      const { result, messages } = await stack.tryUp(make);
      stack.faults = undefined;
      if (result === "failed") expect(messages.join("\n")).toContain("injected failure");
      return result;
    };
    const taking = deploy({ server: "postgres-before", former }, cameWith("postgres-before", "main"));
    expect(await failing({ type: serverType, operation: "update", when: "after" }, taking)).toBe("failed");
    expect(await failing({ type: databaseType, operation: "read" }, taking)).toBe("failed");
    expect(await failing({ operation: "delete", when: "after" }, taking)).toBe("failed");
    const { outputs } = await stack.up(taking);
    const leaving = deploy({ server: "postgres-before" });
    let runs = 1;
    while ((await failing({ operation: "delete", nth: 7 }, leaving)) === "failed") runs++;
    expect(runs).toBeGreaterThan(2);
    const left = await stack.up(leaving);
    expect([left.changes, left.outputs]).toEqual([{ same: expect.any(Number) }, outputs]);
  }, 60_000);

  it("is not made empty in the place of one that is there; a deployment from nothing that was interrupted goes on", async () => {
    const stack = new AzureStack();
    const place = { server: "postgres-before", former };
    const failure = { effect: "fail", type: serverType, operation: "create" };
    stack.faults = new FaultSchedule(faultPlanSchema.parse({ faults: [failure] }));
    expect((await stack.tryUp(deploy(place))).result).toBe("failed");
    stack.faults = undefined;
    await stack.up(deploy(place));
    const resources = await stack.resources();
    const [first, second] = ["postgres", "postgres-before"].map((name) =>
      resources.find(({ urn }) => urn.endsWith(`${serverType}::${name}`)),
    );
    expect(first?.dependencies).toContain(second?.urn);

    const mistyped = await stack.tryUp(
      deploy({ server: "postgres-befour", former: [...former, { name: "postgres-before", retired }] }),
    );
    expect(mistyped.messages.join("\n")).toContain(
      "server: postgres-befour is not there, and would be made empty in the place of postgres, postgres-before; restore it first",
    );
    expect(stack.world.objects().filter(({ id }) => id.includes("befour"))).toEqual([]);
    // Back to the first, which keeps what was written to it.
    const back = await stack.up(deploy({ former: [{ name: "postgres-before", retired }] }));
    expect(back.outputs.id).toBe(idOf("postgres"));
    expect(await protectedNames(stack)).toEqual(["postgres", "postgres-main"]);
  });

  it.each([
    [{ former }, "former[0]: postgres is the environment's server; say in server what replaces it"],
    [{ server: "postgres-before", former: [...former, ...former] }, "former[1]"],
    [
      { server: "postgres-before", restored: [before] },
      "restored[0]: postgres-before is the environment's server already; take the entry out, or give it another name",
    ],
    [
      { former: [{ name: "postgres-before", retired }], restored: [before] },
      "restored[0]: postgres-before is among the former ones already",
    ],
    [{ server: "before" }, "server: expected the name of a server in the program, for example postgres or"],
  ])("is refused where %j says it otherwise", (more, told) => {
    const entry = { version: "16", size: "b1ms", databases: ["main"], ...more };
    const problems = argumentProblems(postgresSchema, entry);
    expect(problems.map(({ path, message }) => `${formatPropertyPath(path)}: ${message}`).join("\n")).toContain(told);
  });
});

describe("the databases of a server", () => {
  it("that are beside it in an older state are in it from then on, and stay what they are", async () => {
    const stack = new AzureStack();
    const older = ({ resourceGroupName, network: { postgres } }: Surroundings) => {
      const parent = new pulumi.ComponentResource("landscape:postgresql:PostgresServer", "postgres");
      const server = new Server(
        "postgres",
        {
          ...{ resourceGroupName, location: context.location, version: "16" },
          serverName: physicalName(context, "postgresServer", "postgres"),
          sku: { name: "Standard_B1ms", tier: "Burstable" },
          authConfig: { activeDirectoryAuth: "Enabled", passwordAuth: "Disabled", tenantId },
          network: {
            delegatedSubnetResourceId: pulumi.output(postgres).apply((network) => network?.subnetId ?? ""),
            privateDnsZoneArmResourceId: pulumi.output(postgres).apply((network) => network?.zoneId ?? ""),
          },
        },
        { parent },
      );
      const of = { resourceGroupName, serverName: server.name, databaseName: "main" };
      new Database("postgres-main", { ...of, charset: "UTF8", collation: "en_US.utf8" }, { parent, protect: true });
    };
    await stack.up(older);
    const { changes } = await stack.up(deploy({}));
    expect(changes).not.toHaveProperty("delete");
    const [database, ...more] = (await stack.resources()).filter(({ type }) => type === databaseType);
    expect([database?.urn, more]).toEqual([expect.stringContaining(`$${serverType}$${databaseType}::`), []]);
  });
});
