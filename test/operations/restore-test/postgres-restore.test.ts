import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { executableOnPath } from "../../../operations/programs/external-program";
import { findPostgresPrograms, ScratchServer } from "../../../operations/restore-test/postgres/scratch-server";
import { testDump } from "../../../operations/restore-test/postgres/test-dumps";

const bin = findPostgresPrograms();
const missing = [
  ...(bin === undefined ? ["a PostgreSQL server"] : []),
  ...(process.getuid?.() === 0 && executableOnPath("setpriv") === undefined ? ["setpriv"] : []),
];
const title = missing.length === 0 ? "" : ` (needs ${missing.join(", ")})`;

describe.skipIf(missing.length > 0)(`dumps of a real PostgreSQL server${title}`, () => {
  let server: ScratchServer;
  let directory: string;
  const dump = (name: string) => join(directory, `${name}.dump`);

  beforeAll(async () => {
    server = await ScratchServer.start(bin ?? "");
    directory = mkdtempSync(join(tmpdir(), "dumps-"));
    const run = async (...[program, args]: Parameters<ScratchServer["client"]>) => {
      const { exitCode, stderr } = await server.client(program, args);
      if (exitCode !== 0) throw new Error(stderr);
    };
    await run("createdb", ["original"]);
    await run("psql", [
      "-Xq",
      "-d",
      "original",
      "-c",
      `CREATE TABLE work(id int PRIMARY KEY, body text); INSERT INTO work SELECT i, md5(i::text) FROM generate_series(1, 3000) i;
       CREATE SCHEMA "Odd"; CREATE TABLE "Odd"."na""me"(x int);`,
    ]);
    await run("pg_dump", ["--format=custom", "-d", "original", "-f", dump("mission_control")]);
    const bytes = readFileSync(dump("mission_control"));
    writeFileSync(dump("truncated"), bytes.subarray(0, bytes.length - 20_000));
    const middle = bytes.length - 20_000;
    writeFileSync(dump("corrupt"), Buffer.from(bytes).fill(bytes.readUInt8(middle) ^ 0x10, middle, middle + 1));
    writeFileSync(dump("nonsense"), "no dump at all ".repeat(100));
    copyFileSync(dump("mission_control"), dump("shrunk"));
  }, 60_000);

  afterAll(async () => {
    await server?.stop();
    if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
    expect(server === undefined || existsSync(server.directory)).toBe(server === undefined);
  });

  const test = (database: string, more: Partial<Parameters<typeof testDump>[1]> = {}) =>
    testDump(server, { database, file: dump(database), now: new Date(), staleAfterSeconds: 90_000, ...more });
  const kinds = async (...args: Parameters<typeof test>) => (await test(...args)).findings.map(({ kind }) => kind);

  it("restore, and their rows are counted", async () => {
    const result = await test("mission_control");
    expect(result).toMatchObject({ findings: [], rows: { "public.work": 3000, 'Odd.na"me': 0 } });
    expect(result.ageSeconds).toBeLessThan(300);
  });

  it("are missing, truncated or corrupt", async () => {
    expect(await kinds("never_made")).toEqual(["missing"]);
    expect(await kinds("truncated")).toEqual(["truncated"]);
    expect(await kinds("corrupt")).toEqual(["corrupt"]);
    expect(await kinds("nonsense")).toEqual(["corrupt"]);
  });

  it("are stale, or lost their rows", async () => {
    const tomorrow = new Date(Date.now() + 2 * 86_400_000);
    expect(await kinds("shrunk", { now: tomorrow, before: { "public.work": 9000, "public.gone": 1 } })).toEqual([
      "stale",
      "shrunk",
      "shrunk",
    ]);
  });
});
