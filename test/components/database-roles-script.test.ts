import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findPostgresPrograms, ScratchServer } from "../../operations/restore-test/postgres/scratch-server";
import { shippedProgram } from "../../programs/bundle";
import { runCommand, startServer } from "./script-run";

const bin = findPostgresPrograms();
const script = shippedProgram("programs/scripts/grant-database-roles.sh").text;

/**
 * A server as Azure sets it up, of plain PostgreSQL: `azure_pg_admin` owns the databases and their schemas, the administrator is its
 * member and no superuser. `pgaadauth_*` are fakes with Azure's signatures that note whose role is whose in a table.
 */
const asAzure = `
  CREATE ROLE azure_pg_admin NOLOGIN CREATEROLE CREATEDB;
  CREATE ROLE administrator LOGIN CREATEROLE CREATEDB IN ROLE azure_pg_admin;
  CREATE TABLE principals(role name PRIMARY KEY, kind text, object_id text, is_admin int);
  INSERT INTO principals VALUES ('administrator', 'service', 'a', 1);
  SET allow_system_table_mods = on;
  CREATE FUNCTION pg_catalog.pgaadauth_create_principal_with_oid(role text, object_id text, kind text, is_admin boolean, is_mfa boolean)
  RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS $$
  BEGIN
    EXECUTE format('CREATE ROLE %I LOGIN', role);
    INSERT INTO public.principals VALUES (role, kind, object_id, is_admin::int) ON CONFLICT ON CONSTRAINT principals_pkey
      DO UPDATE SET object_id = excluded.object_id;
    RETURN 'Created role for ' || role;
  END $$;
  CREATE FUNCTION pg_catalog.pgaadauth_list_principals(only_admins boolean)
  RETURNS TABLE(rolname name, principaltype text, objectid text, tenantid text, ismfa int, isadmin int)
  LANGUAGE sql SECURITY DEFINER AS $$
    SELECT role, kind, object_id, 'tenant', 0, is_admin FROM public.principals JOIN pg_roles ON rolname = role
  $$;`;

const api = { role: "api", objectId: "10000000-0000-4000-8000-000000000001", type: "service", access: "own" };
const worker = { ...api, role: "worker", objectId: "10000000-0000-4000-8000-000000000002" };
const debuggers = {
  role: "debuggers",
  objectId: "10000000-0000-4000-8000-000000000003",
  type: "group",
  access: "read",
};

describe("a server that may be stopped", () => {
  const fakes = mkdtempSync(join(tmpdir(), "roles-"));
  afterAll(() => rmSync(fakes, { recursive: true }));
  /** A run at an hour, and a day of the week, of a server that answers or not. Nobody gives it a token. */
  async function runAt(hourAndDay: string, answers: boolean, HOURS = "4 19 12345") {
    const fake = (name: string, text: string) =>
      writeFileSync(join(fakes, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    fake("date", `[ "$*" = "-u +%H %w" ] && echo "${hourAndDay}"`);
    fake("pg_isready", answers ? "exit 0" : "exit 2");
    const PATH = `${fakes}:${process.env.PATH}`;
    const endpoint = {
      IDENTITY_ENDPOINT: "http://127.0.0.1:9/token",
      IDENTITY_HEADER: "secret",
      AZURE_CLIENT_ID: "client",
    };
    const { exitCode, output } = await runCommand("sh", ["-ec", script], {
      PATH,
      HOURS,
      SERVER: "postgresql://a@b",
      ...endpoint,
    });
    return [exitCode, output.trim().split("\n").at(-1)];
  }
  const asleep = [0, "the server does not answer, and may be stopped at this hour: no role was given or taken"];
  const goesOn = [1, "error: the identity endpoint does not answer"];

  it.each(["19 1", "03 5", "04 1", "08 6", "12 0"])("and does not answer at %s is none that failed", async (when) => {
    expect(await runAt(when, false)).toEqual(asleep);
    expect(await runAt(when, true)).toEqual(goesOn);
    expect(await runAt(when, false, "")).toEqual(goesOn);
  });

  it.each(["05 1", "08 3", "18 5"])("has to answer at %s", async (when) => {
    expect(await runAt(when, false)).toEqual(goesOn);
  });
});

describe.skipIf(bin === undefined)(
  `roles in a real PostgreSQL${bin === undefined ? " (needs a PostgreSQL server)" : ""}`,
  () => {
    let server: ScratchServer;
    beforeAll(async () => {
      server = await ScratchServer.start(bin ?? "");
      await as("restore", asAzure);
      for (const database of ["main", "other"]) {
        await as("restore", `CREATE DATABASE ${database} OWNER azure_pg_admin`);
        await as("restore", "ALTER SCHEMA public OWNER TO azure_pg_admin", database);
      }
    }, 60_000);
    afterAll(async () => server?.stop());

    /** What a role is answered; the last line of the refusal where it is refused. */
    async function as(user: string, sql: string, database = "postgres"): Promise<string> {
      const args = ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", user, "-d", database, "-c", sql];
      const { exitCode, stdout, stderr } = await server.client("psql", args);
      if (exitCode !== 0 && user === "restore") throw new Error(stderr);
      return exitCode === 0 ? stdout.trim() : stderr.trim();
    }

    /** The job's run: what it says, and whether it failed. */
    async function grant(roles: readonly object[], more: Readonly<Record<string, string>> = {}, token: unknown = "t") {
      const endpoint = await startServer(() => ({ status: 200, body: { access_token: token } }));
      const { exitCode, output } = await runCommand("sh", ["-ec", script], {
        SERVER: `postgresql://administrator@${encodeURIComponent(server.directory)}:5432`,
        PGSSLMODE: "disable",
        PGSSLROOTCERT: "",
        IDENTITY_ENDPOINT: `${endpoint.url}/token`,
        IDENTITY_HEADER: "secret",
        AZURE_CLIENT_ID: "client",
        DATABASES: "main other",
        EXTENSIONS: "",
        MARKER: "landscape_services",
        ROLES: JSON.stringify(roles),
        ...more,
      });
      const said = output.split("\n").filter((line) => line !== "");
      return { failed: exitCode !== 0, said: said.map((line) => line.replace(/^psql:\S+ /, "")), endpoint };
    }

    const inMain = { databases: ["main"] };

    it("are made, each for its databases only, and a second run says nothing", async () => {
      const first = await grant(
        [
          { ...api, ...inMain },
          { ...worker, ...inMain },
          { ...debuggers, ...inMain },
        ],
        {
          EXTENSIONS: "pg_trgm uuid-ossp",
        },
      );
      expect(first.failed).toBe(false);
      expect(first.said).toEqual(
        expect.arrayContaining([
          "NOTICE:  role main_owner: made",
          "NOTICE:  database main: extension uuid-ossp made",
          `NOTICE:  role api: made for ${api.objectId}`,
          "NOTICE:  role api: may act as main_owner",
          "NOTICE:  role debuggers: may act as main_reader",
        ]),
      );
      const [asked] = first.endpoint.received;
      expect(asked?.headers["x-identity-header"]).toBe("secret");
      expect(new URL(asked?.url ?? "", "http://a").searchParams.get("resource")).toBe(
        "https://ossrdbms-aad.database.windows.net",
      );
      const again = await grant(
        [
          { ...api, ...inMain },
          { ...worker, ...inMain },
          { ...debuggers, ...inMain },
        ],
        {
          EXTENSIONS: "pg_trgm uuid-ossp",
        },
      );
      expect(again).toMatchObject({ failed: false, said: [] });
      expect(await as("api", "SELECT 1", "other")).toContain("permission denied for database");
      expect(await as("restore", "SELECT rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = 'api'")).toBe("f|f");
    });

    it("share what their database holds: the owner role has it, whoever made it, and readers read", async () => {
      expect(
        await as("api", "CREATE TABLE jobs(id int); INSERT INTO jobs VALUES (7); SELECT current_user", "main"),
      ).toBe("main_owner");
      expect(
        await as("worker", "ALTER TABLE jobs ADD done boolean; CREATE SCHEMA work; CREATE TABLE work.items()", "main"),
      ).toBe("");
      expect(await as("debuggers", "SELECT id FROM jobs; SELECT * FROM work.items", "main")).toBe("7");
      expect(await as("debuggers", "INSERT INTO jobs VALUES (8)", "main")).toContain("read-only transaction");
      expect(await as("debuggers", "BEGIN READ WRITE; INSERT INTO jobs VALUES (8)", "main")).toContain(
        "permission denied for table",
      );
      expect(await as("debuggers", "BEGIN READ WRITE; CREATE TABLE mine()", "main")).toContain(
        "permission denied for schema",
      );
    });

    it("go with their services, which leave nothing behind; a service that leaves a database loses it", async () => {
      const { said, failed } = await grant([
        { ...api, databases: ["other"] },
        { ...debuggers, ...inMain },
      ]);
      expect(failed).toBe(false);
      expect(said).toEqual([
        "NOTICE:  role worker: removed, without its service",
        "NOTICE:  role api: may act as main_owner no more",
        "NOTICE:  role api: may act as other_owner",
      ]);
      expect(await as("worker", "SELECT 1", "main")).toContain('role "worker" does not exist');
      expect(await as("api", "SELECT 1", "main")).toContain("permission denied for database");
      expect(await as("api", "SELECT current_user", "other")).toBe("other_owner");
      const settings = "SELECT datname FROM pg_db_role_setting JOIN pg_database d ON d.oid = setdatabase";
      expect(await as("restore", settings)).toBe("other");
    });

    it("are made again for another identity", async () => {
      const objectId = "20000000-0000-4000-8000-000000000001";
      const { said } = await grant([
        { ...api, objectId, ...inMain },
        { ...debuggers, ...inMain },
      ]);
      expect(said).toEqual([
        "NOTICE:  role api: removed, for the new identity of its service",
        `NOTICE:  role api: made for ${objectId}`,
        "NOTICE:  role api: may act as main_owner",
      ]);
      expect(await as("restore", "SELECT object_id FROM principals WHERE role = 'api'")).toBe(objectId);
      await grant([
        { ...api, ...inMain },
        { ...debuggers, ...inMain },
      ]);
    });

    it("stay while they own something, but sign in no more, and every run says so until somebody has decided", async () => {
      await as("api", "RESET ROLE; SET ROLE NONE; CREATE TEMP TABLE t()", "main");
      await as("restore", "CREATE TABLE left_behind(); ALTER TABLE left_behind OWNER TO api", "main");
      const { said, failed } = await grant([{ ...debuggers, ...inMain }]);
      expect(failed).toBe(true);
      expect(said.join("\n")).toContain("not removed because they own something: api");
      expect(await as("api", "SELECT 1", "main")).toContain("not permitted to log in");
      expect((await grant([{ ...debuggers, ...inMain }])).failed).toBe(true);
      await as("restore", "REASSIGN OWNED BY api TO main_owner", "main");
      expect((await grant([{ ...debuggers, ...inMain }])).said).toEqual([
        "NOTICE:  role api: removed, without its service",
      ]);
    });

    // What a service owns may bear the names of what the script calls; a better match of arguments wins over pg_catalog (CVE-2018-1058).
    it("are not given to a service that makes functions and operators for the administrator to run", async () => {
      await grant([{ ...api, ...inMain }], { EXTENSIONS: "" });
      const then = (result: string) =>
        `AS $$ BEGIN GRANT azure_pg_admin TO api; RETURN ${result}; END $$ LANGUAGE plpgsql`;
      const traps = [
        `format(text, text) RETURNS text ${then("pg_catalog.format($1, VARIADIC ARRAY[$2])")}`,
        `format(text, text, text) RETURNS text ${then("pg_catalog.format($1, VARIADIC ARRAY[$2, $3])")}`,
        `set_config(unknown, unknown, boolean) RETURNS text ${then("pg_catalog.set_config($1::text, $2::text, $3)")}`,
        `hashtext(unknown) RETURNS int ${then("7")}`,
        `same(name, text) RETURNS boolean ${then("$1::text OPERATOR(pg_catalog.=) $2")}`,
      ];
      for (const trap of traps) await as("api", `CREATE FUNCTION public.${trap}`, "main");
      const sides = "LEFTARG = name, RIGHTARG = text, FUNCTION = public.same";
      await as("api", `CREATE OPERATOR public.= (${sides})`, "main");
      expect(await as("restore", "SELECT count(*) FROM pg_proc WHERE proname = 'format'", "main")).toBe("4");
      const { failed } = await grant([{ ...api, ...inMain }], { EXTENSIONS: "pg_trgm" });
      const isAdministrator = "SELECT pg_has_role('api', 'azure_pg_admin', 'MEMBER')";
      expect(await as("restore", isAdministrator)).toBe("f");
      expect(failed).toBe(false);
      await grant([{ ...debuggers, ...inMain }]);
    });

    it("are not taken from those who have them for something else", async () => {
      await as("restore", "CREATE ROLE billing LOGIN");
      const { said, failed } = await grant([
        { ...api, role: "billing", ...inMain },
        { ...debuggers, ...inMain },
      ]);
      expect(failed).toBe(true);
      expect(said.join("\n")).toContain(
        "role billing is there and was not made here: rename the service, or drop the role",
      );
    });

    // Since version 16 whoever makes a role is its member, with the right to grant it.
    it("leave the administrator alone that is a member by having made the roles", async () => {
      await as("restore", "GRANT landscape_services TO administrator WITH ADMIN OPTION");
      expect(await grant([{ ...debuggers, ...inMain }])).toMatchObject({ failed: false, said: [] });
      expect(await as("administrator", "SELECT 1")).toBe("1");
    });

    // Source: hashicorp/terraform-provider-azurerm#27895.
    it("are closed out of the schema only, where the database is the service's own", async () => {
      await as("restore", "CREATE DATABASE theirs");
      await as("restore", "ALTER SCHEMA public OWNER TO azure_pg_admin", "theirs");
      const { said, failed } = await grant(
        [
          { ...api, databases: ["theirs"] },
          { ...debuggers, ...inMain },
        ],
        {
          DATABASES: "main other theirs",
        },
      );
      expect(failed).toBe(false);
      expect(said).toContain(
        "WARNING:  database theirs belongs to restore, so that every role of the server may connect to it; its schema public is closed to them",
      );
      expect(await as("api", "CREATE TABLE t(); SELECT current_user", "theirs")).toBe("theirs_owner");
      expect(await as("debuggers", "SELECT * FROM public.t", "theirs")).toContain("denied for schema public");
    });

    it("of a standby are made where writes go, by an administrator of its own, and each job leaves the other's alone", async () => {
      await as("restore", "CREATE ROLE standby LOGIN CREATEROLE CREATEDB IN ROLE azure_pg_admin");
      await as("restore", "INSERT INTO principals VALUES ('standby', 'service', 's', 1)");
      const mayGive = "SELECT pg_has_role('standby', 'main_owner', 'MEMBER WITH ADMIN OPTION')";
      expect(await as("restore", mayGive)).toBe("t");
      const directory = encodeURIComponent(server.directory);
      const standby = await grant([{ ...api, role: "dr-api", ...inMain }], {
        MARKER: "landscape_services_dr",
        // Nobody answers at the first: the primary's region is gone.
        SERVER: `postgresql://standby@${encodeURIComponent("/nowhere")}:5432,${directory}:5432`,
      });
      expect(standby.said).toEqual([
        `NOTICE:  role dr-api: made for ${api.objectId}`,
        "NOTICE:  role dr-api: may act as main_owner",
      ]);
      expect(await as("dr-api", "SELECT current_user", "main")).toBe("main_owner");
      expect((await grant([{ ...debuggers, ...inMain }])).said.join()).not.toContain("dr-api");
      expect(await as("dr-api", "SELECT 1", "main")).toBe("1");
      const gone = await grant([], { MARKER: "landscape_services_dr" });
      expect(gone.said).toEqual(["NOTICE:  role dr-api: removed, without its service"]);
      expect(await as("debuggers", "SELECT 1", "main")).toBe("1");
    });

    it("are not made without a token", async () => {
      const { said, failed } = await grant([], {}, null);
      expect(failed).toBe(true);
      expect(said).toEqual(["error: the identity endpoint's answer has no token"]);
    });
  },
);

it("the script is understood by a POSIX shell", () => {
  execFileSync("sh", ["-n"], { input: script });
});
