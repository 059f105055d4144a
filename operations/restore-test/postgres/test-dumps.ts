import { existsSync } from "node:fs";
import { join } from "node:path";
import type { ProgramResult } from "../../programs/external-program";
import type { DatabaseResult, KnownRows } from "../test-report";
import { type RestoreFinding, rowFindings, span } from "../verdict";
import { ScratchServer } from "./scratch-server";

export interface DumpsTest {
  /** PostgreSQL's programs. */
  readonly bin: string;
  /** Holds `<database>.dump` for each. */
  readonly directory: string;
  readonly databases: readonly string[];
  readonly now: Date;
  readonly staleAfterSeconds: number;
  readonly knownRows?: KnownRows | undefined;
}

/**
 * Restores each dump into a scratch server on this machine.
 *
 * @throws {RestoreTestError} when no server starts
 */
export async function testDumps(test: DumpsTest): Promise<readonly DatabaseResult[]> {
  const server = await ScratchServer.start(test.bin);
  try {
    const results: DatabaseResult[] = [];
    for (const database of test.databases) {
      const file = join(test.directory, `${database}.dump`);
      const { now, staleAfterSeconds } = test;
      const name = resultName(database);
      const before = test.knownRows?.[name];
      results.push({ ...(await testDump(server, { database, file, now, staleAfterSeconds, before })), database: name });
    }
    return results;
  } finally {
    await server.stop();
  }
}

/** A SQLite database may have the same name. @example "postgres/hivemind" */
export function resultName(database: string): string {
  return `postgres/${database}`;
}

interface DumpTest {
  readonly database: string;
  /** An archive of `pg_dump --format=custom`. */
  readonly file: string;
  readonly now: Date;
  /** An older archive is stale. */
  readonly staleAfterSeconds: number;
  /** Rows by table in the last test that found nothing wrong with it. */
  readonly before?: Readonly<Record<string, number>> | undefined;
}

/** Restores a dump into a database of the scratch server that is new, and judges what came back. */
export async function testDump(server: ScratchServer, test: DumpTest): Promise<DatabaseResult> {
  const { database, file } = test;
  const result = (findings: readonly RestoreFinding[]): DatabaseResult => ({ database, tier: "postgres", findings });
  if (!existsSync(file)) return result([{ kind: "missing", message: `there is no ${file}` }]);

  const listed = await server.client("pg_restore", ["--list", file]);
  if (listed.exitCode !== 0) return result([describeUnreadable(listed.stderr)]);
  const createdAt = archiveTime(listed.stdout);
  const ageSeconds = createdAt && Math.round((test.now.getTime() - createdAt.getTime()) / 1000);
  const age = ageFindings(ageSeconds, test.staleAfterSeconds);
  const known = ageSeconds === undefined ? {} : { ageSeconds };

  const started = performance.now();
  const created = await server.client("createdb", ["--template=template0", database]);
  const restored =
    created.exitCode === 0
      ? await server.client("pg_restore", ["--exit-on-error", "--no-owner", "--no-privileges", "-d", database, file])
      : created;
  if (restored.exitCode !== 0) return { ...result([describeUnreadable(restored.stderr), ...age]), ...known };
  const restoreSeconds = (performance.now() - started) / 1000;

  const counted = await tableRows((args) => server.client("psql", args), database);
  if ("problem" in counted) {
    return { ...result([{ kind: "damaged", message: counted.problem }, ...age]), ...known, restoreSeconds };
  }
  const findings = [...age, ...rowFindings(counted.rows, undefined, test.before)];
  return { ...result(findings), ...known, restoreSeconds, rows: counted.rows };
}

function ageFindings(ageSeconds: number | undefined, limit: number): readonly RestoreFinding[] {
  if (ageSeconds === undefined) return [{ kind: "stale", message: "the archive does not say when it was made" }];
  if (ageSeconds <= limit) return [];
  return [{ kind: "stale", message: `the dump is ${span(ageSeconds)} old; ${span(limit)} are allowed` }];
}

/** pg_restore's message, and what it means. A missing extension is this machine's fault; the restore has still failed. */
function describeUnreadable(stderr: string): RestoreFinding {
  const message = lastLine(stderr);
  if (/end of file|unexpected EOF|too short/i.test(stderr)) return { kind: "truncated", message };
  const corrupt = /uncompress|unrecognized|does not appear|invalid|corrupt|magic string|incorrect/i.test(stderr);
  return { kind: corrupt ? "corrupt" : "unrestorable", message };
}

/** The creation time in the archive's header. UTC. */
function archiveTime(list: string): Date | undefined {
  const text = /^;\s+Archive created at (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)/m.exec(list);
  return text === null ? undefined : new Date(`${text[1]}T${text[2]}Z`);
}

type Rows = Readonly<Record<string, number>>;

/** Separates columns; it cannot be part of a name. */
const separator = "\u001f";

const ownSchemas = "schemaname NOT IN ('pg_catalog', 'information_schema') AND schemaname NOT LIKE 'pg\\_toast%'";

/**
 * The rows of every table of a database, by `schema.table`.
 *
 * @param psql runs psql with these arguments
 * @returns the problem, in PostgreSQL's words, when they cannot be counted
 */
export async function tableRows(
  psql: (args: readonly string[]) => Promise<ProgramResult>,
  database: string,
): Promise<{ readonly rows: Rows } | { readonly problem: string }> {
  const ask = (sql: string) => psql(["-XAtq", "-F", separator, "-v", "ON_ERROR_STOP=1", "-d", database, "-c", sql]);
  const tables = await ask(
    `SELECT schemaname || '.' || tablename, format('%I.%I', schemaname, tablename) FROM pg_tables WHERE ${ownSchemas} ORDER BY 1`,
  );
  if (tables.exitCode !== 0) return { problem: lastLine(tables.stderr) };
  const names = tables.stdout.split("\n").flatMap((line) => {
    const [name, quoted] = line.split(separator);
    return name === undefined || quoted === undefined ? [] : [{ name, quoted }];
  });
  if (names.length === 0) return { rows: {} };
  // Numbered: a parallel plan returns the parts of a union in any order.
  const counts = await ask(
    names.map(({ quoted }, index) => `SELECT ${index}, count(*) FROM ${quoted}`).join(" UNION ALL "),
  );
  if (counts.exitCode !== 0) return { problem: lastLine(counts.stderr) };
  const rows = counts.stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split(separator));
  return { rows: Object.fromEntries(rows.map(([index, count]) => [names[Number(index)]?.name ?? "", Number(count)])) };
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}
