import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { findPostgresPrograms, ScratchServer } from "../../operations/restore-test/postgres/scratch-server";
import { shippedProgram } from "../../programs/bundle";
import { signedHeaders } from "../../programs/jobs/blob-store";
import { type Received, runCommand, runScript, startServer } from "./script-run";

const bin = findPostgresPrograms();

describe("a request to a bucket", () => {
  it("is signed as AWS's example is", () => {
    // Source: AWS, "Authenticating requests: using the authorization header", example "GET bucket (list objects)".
    const key = {
      accessKeyId: "AKIAIOSFODNN7EXAMPLE",
      secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
      region: "us-east-1",
    };
    const { authorization } = signedHeaders(key, {
      ...{ method: "GET", url: new URL("https://examplebucket.s3.amazonaws.com/?max-keys=2&prefix=J") },
      at: new Date("2013-05-24T00:00:00Z"),
      bodySha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    });
    expect(authorization).toContain("Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
  });
});

/** The steps that keep dumps, with a store in memory. */
describe("dumps in a store", () => {
  let directory: string;
  let objects: Map<string, Buffer | string>;
  let url: string;

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), "dumps-"));
    objects = new Map();
    url = (await startServer((request) => answer(request))).url;
    return () => rmSync(directory, { recursive: true, force: true });
  });

  /** A container of blobs, and a bucket, which lists one object a page. Both want to know how long a body is. */
  function answer({ method, url: asked, headers, body }: Received) {
    if (asked.startsWith("/identity")) return { status: 200, body: { access_token: "storage-token" } };
    const { authorization = "" } = headers;
    const isBucket = authorization.startsWith("AWS4-HMAC-SHA256 Credential=key/");
    if (!isBucket && authorization !== "Bearer storage-token") return { status: 403 };
    const { pathname, searchParams } = new URL(asked, "http://store");
    const name = pathname.slice("/store/".length);
    if (method === "PUT") {
      if (headers["content-length"] === undefined) return { status: 411 };
      objects.set(name, body);
      return { status: 201 };
    }
    if (name !== "") return objects.has(name) ? { status: 200, body: objects.get(name) } : { status: 404 };
    const listed = [...objects.keys()].filter((key) => key.startsWith(searchParams.get("prefix") ?? "")).sort();
    if (!isBucket) return { status: 200, body: listed.map((key) => `<Blob><Name>${key}</Name></Blob>`).join("") };
    const [first, ...rest] = listed.filter((key) => key > (searchParams.get("start-after") ?? ""));
    const keys = first === undefined ? "" : `<Contents><Key>${first}</Key></Contents>`;
    return { status: 200, body: `${keys}<IsTruncated>${rest.length > 0}</IsTruncated>` };
  }

  const inBucket = { ACCESS_KEY_ID: "key", SECRET_ACCESS_KEY: "secret" };
  const inContainer = () => ({ IDENTITY_ENDPOINT: `${url}/identity`, IDENTITY_HEADER: "header" });
  const script = shippedProgram("programs/jobs/keep-dumps.ts").text;
  const step = (name: string, more: Readonly<Record<string, string>>) =>
    runScript(script, {
      ...{ STORE_URL: `${url}/store`, DATABASES: '["main"]', WORK: directory, FOLDER: "daily", MONTHLY: "true" },
      ...{ STEP: name, ...more },
    });
  const daysAgo = (days: number) =>
    new Date(Date.now() - days * 86_400_000).toISOString().replaceAll(":", "-").replace(/\.\d+/, "");
  const file = (name: string) => join(directory, name);
  function dumped(text: string): void {
    writeFileSync(file("main.dump"), text);
    writeFileSync(file("main.rows"), "public.work\t3\n");
  }

  const kept = (folder: string) =>
    [...objects].filter(([name]) => name.startsWith(folder) && name.endsWith(".dump")).map(([, body]) => String(body));

  it("are stored by day, the first of a month once more, and before a migration", async () => {
    objects.set(`daily/main/${daysAgo(1)}.dump`, "yesterday's").set(`daily/main/${daysAgo(1)}.rows`, "");
    dumped("today's");
    expect((await step("store", inBucket)).exitCode).toBe(0);
    dumped("before a migration");
    expect((await step("store", { ...inBucket, FOLDER: "pre-migration" })).exitCode).toBe(0);
    expect(kept("daily/")).toEqual(["yesterday's", "today's"]);
    expect(kept("monthly/")).toEqual(["today's"]);
    expect(kept("pre-migration/")).toEqual(["before a migration"]);
  });

  it.each(["container", "bucket"])("are fetched from a %s for a test that restores once a month", async (kind) => {
    const place = kind === "bucket" ? inBucket : inContainer();
    for (const [days, text] of [
      [0.9, "newest"],
      [1.9, "older"],
    ] as const)
      objects.set(`daily/main/${daysAgo(days)}.dump`, text).set(`daily/main/${daysAgo(days)}.rows`, "rows");
    expect((await step("fetch", place)).exitCode).toBe(0);
    expect(readFileSync(file("main.dump"), "utf8")).toBe("newest");
    expect(existsSync(file("restore"))).toBe(true);
    rmSync(file("restore"));
    writeFileSync(file("main.tested"), "restored\n");
    expect((await step("record", place)).exitCode).toBe(0);
    expect((await step("fetch", place)).exitCode).toBe(0);
    expect(existsSync(file("restore"))).toBe(false);
  });

  it("are encrypted with a key, and refused when they were changed", async () => {
    const place = { ...inBucket, DUMPS_KEY: Buffer.alloc(32, 7).toString("base64") };
    dumped("a customer's name");
    writeFileSync(file("main.rows"), "");
    expect((await step("store", place)).exitCode).toBe(0);
    expect([...objects.values()].join()).not.toContain("customer");
    rmSync(file("main.dump"));
    expect((await step("fetch", place)).exitCode).toBe(0);
    expect([readFileSync(file("main.dump"), "utf8"), readFileSync(file("main.rows"), "utf8")]).toEqual([
      "a customer's name",
      "",
    ]);
    const told = async (key: Buffer, message: string) =>
      expect(await step("fetch", { ...place, DUMPS_KEY: key.toString("base64") })).toMatchObject({
        exitCode: 1,
        output: expect.stringContaining(message),
      });
    await told(Buffer.alloc(32, 8), "corrupt: daily/main/");
    await told(Buffer.from("placeholder"), "DUMPS_KEY is not 32 bytes");
  });

  it("are missing, or too old to be tested", async () => {
    expect(await step("fetch", inContainer())).toMatchObject({
      exitCode: 1,
      output: expect.stringContaining("main: missing"),
    });
    objects.set(`daily/main/${daysAgo(1.2)}.dump`, "x").set(`daily/main/${daysAgo(1.2)}.rows`, "x");
    expect(await step("fetch", inContainer())).toMatchObject({
      exitCode: 1,
      output: expect.stringContaining("main: stale"),
    });
  });

  it.each([
    ["never, though there are dumps of nine days", 9, {}, ["not listed for 9 days, 8 are allowed"]],
    ["last week", 60, { listed: 7, restored: 30 }, []],
    ["this week, and too long ago restored", 60, { listed: 2, restored: 39 }, ["not restored for 39 days"]],
  ])("that were tested %s", async (_, dumps, tests, said) => {
    objects.set(`daily/main/${daysAgo(dumps)}.dump`, "x");
    for (const [result, age] of Object.entries(tests)) objects.set(`tests/main/${daysAgo(age)}.${result}`, "");
    dumped("today's");
    const { exitCode, output } = await step("store", inContainer());
    expect(exitCode).toBe(said.length === 0 ? 0 : 1);
    for (const each of said) expect(output).toContain(each);
    expect(output.match(/not (listed|restored)/g) ?? []).toHaveLength(said.length);
    // Whatever is told, the dump is kept.
    expect([...objects.values()].map(String)).toContain("today's");
  });

  it("fail when the store refuses", async () => {
    dumped("x");
    const { exitCode, output } = await step("store", { ...inBucket, ACCESS_KEY_ID: "other" });
    expect({ exitCode, output }).toMatchObject({
      exitCode: 1,
      output: expect.stringContaining("the store answered 403 to PUT"),
    });
  });
});

describe.skipIf(bin === undefined)(
  `dumps of a real PostgreSQL${bin === undefined ? " (needs a PostgreSQL server)" : ""}`,
  () => {
    let server: ScratchServer;
    let directory: string;
    const file = (name: string) => join(directory, name);

    async function sql(database: string, statements: string): Promise<string> {
      const args = ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", statements];
      const { exitCode, stdout, stderr } = await server.client("psql", args);
      if (exitCode !== 0) throw new Error(stderr);
      return stdout.trim();
    }

    /** Runs one of the scripts as a role of the server. */
    async function run(script: "dump-databases" | "test-dumps", role: string) {
      const endpoint = await startServer(() => ({ status: 200, body: { access_token: "t" } }));
      return runCommand("sh", ["-ec", shippedProgram(`programs/scripts/${script}.sh`).text], {
        SERVER: `postgresql://${role}@${encodeURIComponent(server.directory)}:5432`,
        ...{ DATABASES: "main", RESTORE_INTO: "restore_test", WORK: directory },
        ...{ PGSSLMODE: "disable", PGSSLROOTCERT: "", IDENTITY_ENDPOINT: `${endpoint.url}/t`, IDENTITY_HEADER: "h" },
        AZURE_CLIENT_ID: "client",
      });
    }

    beforeAll(async () => {
      server = await ScratchServer.start(bin ?? "");
      directory = mkdtempSync(join(tmpdir(), "dumps-"));
      // What grant-database-roles.sh makes of roles and databases.
      await sql(
        "postgres",
        `CREATE ROLE main_owner; CREATE ROLE restore_test_owner; CREATE ROLE main_reader;
         CREATE ROLE "database-dumps" LOGIN IN ROLE main_reader; ALTER ROLE "database-dumps" SET default_transaction_read_only TO on;
         CREATE ROLE "dump-test" LOGIN IN ROLE restore_test_owner;`,
      );
      for (const name of ["main", "restore_test"]) {
        await sql("postgres", `CREATE DATABASE ${name} TEMPLATE template0`);
        await sql(
          name,
          `GRANT ALL ON SCHEMA public TO ${name}_owner; GRANT CREATE ON DATABASE ${name} TO ${name}_owner;`,
        );
        await sql(name, "CREATE EXTENSION pg_trgm SCHEMA public");
      }
      await sql("postgres", `ALTER ROLE "dump-test" IN DATABASE restore_test SET role TO restore_test_owner`);
      await sql(
        "main",
        `SET ROLE main_owner;
         ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO main_reader; ALTER DEFAULT PRIVILEGES GRANT SELECT ON SEQUENCES TO main_reader;
         ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO main_reader; GRANT USAGE ON SCHEMA public TO main_reader;
         CREATE TYPE mood AS ENUM ('good', 'bad'); CREATE DOMAIN short AS text CHECK (length(VALUE) < 40);
         CREATE TABLE work(id serial PRIMARY KEY, body short, mood mood DEFAULT 'good'); INSERT INTO work(body) SELECT md5(i::text) FROM generate_series(1, 3000) i;
         CREATE INDEX ON work USING gin (body public.gin_trgm_ops);
         CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql AS 'SELECT $1 * 2'; CREATE VIEW much AS SELECT twice(id) FROM work;
         CREATE SCHEMA "Odd"; CREATE TABLE "Odd"."na""me"(x int);
         CREATE TABLE parts(id int) PARTITION BY RANGE (id); CREATE TABLE part PARTITION OF parts FOR VALUES FROM (0) TO (9); INSERT INTO parts VALUES (1);`,
      );
    }, 60_000);

    afterAll(async () => {
      await server?.stop();
      if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
    }, 60_000);

    it("hold the rows of one moment, and restore", async () => {
      expect(await run("dump-databases", "database-dumps")).toMatchObject({ exitCode: 0 });
      expect(readFileSync(file("main.rows"), "utf8")).toBe('Odd.na"me\t0\npublic.part\t1\npublic.work\t3000\n');
      // What is written after the dump is not missed in its restore.
      await sql("main", "SET ROLE main_owner; INSERT INTO work(body) VALUES ('later')");
      writeFileSync(file("restore"), "");
      // Twice: the first leaves nothing that the second falls over.
      for (const _ of [1, 2])
        expect(await run("test-dumps", "dump-test")).toMatchObject({
          exitCode: 0,
          output: expect.stringContaining("main: restored, with the rows of 3 tables"),
        });
      expect(readFileSync(file("main.tested"), "utf8")).toBe("restored\n");
      const left = `SELECT count(*) FROM pg_class WHERE pg_get_userbyid(relowner) = 'restore_test_owner'`;
      expect(await sql("restore_test", left)).toBe("0");
      expect(await sql("restore_test", "SELECT count(*) FROM pg_extension WHERE extname = 'pg_trgm'")).toBe("1");
    }, 30_000);

    it("empty what a test that was stopped left behind", async () => {
      await sql(
        "restore_test",
        "SET ROLE restore_test_owner; CREATE TABLE work(other int); CREATE TYPE mood AS ENUM ('x')",
      );
      expect(await run("test-dumps", "dump-test")).toMatchObject({ exitCode: 0 });
    }, 30_000);

    it("are only listed and read when no restore is due", async () => {
      rmSync(file("restore"));
      const { exitCode, output } = await run("test-dumps", "nobody-signs-in");
      expect({ exitCode, output }).toMatchObject({ exitCode: 0, output: "main: listed, 3 tables\n" });
      expect(readFileSync(file("main.tested"), "utf8")).toBe("listed\n");
    });

    it("have lost rows, are cut off, or are of something else", async () => {
      const whole = readFileSync(file("main.dump"));
      const rows = readFileSync(file("main.rows"), "utf8");
      writeFileSync(file("restore"), "");
      writeFileSync(file("main.rows"), rows.replace("3000", "3001"));
      expect(await run("test-dumps", "dump-test")).toMatchObject({
        exitCode: 1,
        output: expect.stringContaining("shrunk"),
      });
      rmSync(file("restore"));
      writeFileSync(file("main.rows"), `${rows}public.gone\t1\n`);
      expect((await run("test-dumps", "dump-test")).output).toContain("3 tables are in the dump, and 4 were counted");
      writeFileSync(file("main.rows"), rows);
      for (const bytes of [whole.subarray(0, whole.length - 20_000), Buffer.from("no dump at all")]) {
        writeFileSync(file("main.dump"), bytes);
        expect(await run("test-dumps", "dump-test")).toMatchObject({
          exitCode: 1,
          output: expect.stringContaining("corrupt"),
        });
      }
    }, 30_000);

    it("are not made of what may not be read", async () => {
      await sql("main", "CREATE SEQUENCE hidden");
      const { exitCode, output } = await run("dump-databases", "database-dumps");
      expect(output).toContain("main was not dumped");
      expect(exitCode).toBe(1);
    });
  },
);
